/** Lookups in CSV, INI and properties files. */
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { compileRegex } from '../python/regex.ts';
import { inlineOptions } from './inline-options.ts';
import { readLocated } from './files.ts';
import { text } from '../python/text.ts';
import { valueError } from '../python/values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

type Options = ReadonlyMap<string, unknown>;

/** The key of a term and all options: the usual ones, those given by name, those written into the term. */
function settings(lookup: string, term: string, usual: Readonly<Record<string, unknown>>, named: Options): { key: string; option: (name: string) => unknown } {
  const { words, options: inline } = inlineOptions(term);
  const key = inline.size > 0 ? words.join(' ') : term;
  const given = new Map<string, unknown>([...Object.entries(usual), ...named, ...inline]);
  const wrong = [...given.keys()].find((name) => !Object.hasOwn(usual, name));
  if (wrong !== undefined) throw valueError(`${lookup}: '${wrong}' is not a valid option`, didYouMean(wrong, Object.keys(usual)));
  if (key === '') throw valueError(`${lookup}: the key to look for is missing`);
  return { key, option: (name) => given.get(name) };
}

/** The rows of RFC 4180 text with any delimiter. */
function parseCsv(source: string, delimiter: string): string[][] {
  const rows: string[][] = [[]];
  let field = '';
  let quoted = false;
  const endField = () => {
    rows.at(-1)!.push(field);
    field = '';
  };
  for (let at = 0; at < source.length; at++) {
    const character = source[at]!;
    if (quoted) {
      if (character !== '"') field += character;
      else if (source[at + 1] === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (character === '"' && field === '') quoted = true;
    else if (character === delimiter) endField();
    else if (character === '\n') {
      endField();
      rows.push([]);
    } else if (character !== '\r') field += character;
  }
  if (field !== '' || rows.at(-1)!.length > 0) endField();
  return rows.filter((row) => row.length > 1 || (row[0] ?? '') !== '');
}

function csv(context: Context, term: string, named: Options): unknown[] {
  const { key, option } = settings('csvfile', term, { file: 'ansible.csv', delimiter: 'TAB', col: 1, default: null, encoding: 'utf-8', keycol: 0 }, named);
  const delimiter = option('delimiter') === 'TAB' ? '\t' : text(option('delimiter'));
  const row = parseCsv(readLocated(context, text(option('file'))), delimiter).find((candidate) => candidate[Number(option('keycol'))] === key);
  if (row === undefined) return option('default') === null ? [] : [option('default')];
  const value = row[Number(option('col'))];
  if (value === undefined) throw valueError(`csvfile: the row of '${key}' has no column ${text(option('col'))}`);
  return [value];
}

type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Sections of 'name = value' lines as Python's configparser reads them: values go on in indented lines. */
function parseIni(source: string, caseSensitive: boolean, section?: string): Sections {
  const sections = new Map<string, Map<string, string>>();
  let current = section === undefined ? undefined : new Map<string, string>();
  if (current !== undefined) sections.set(section!, current);
  let last: string | undefined;
  for (const line of source.split(/\r?\n/)) {
    const header = /^\[([^\]]+)\]/.exec(line);
    const entry = /^([^\s=:#;][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? /^([^\s=:#;[]+)()\s*$/.exec(line);
    if (line.trim() === '' || /^\s*[#;]/.test(line)) continue;
    if (/^\s/.test(line) && last !== undefined) current?.set(last, `${current.get(last)!}\n${line.trim()}`);
    else if (header !== null) {
      current = sections.get(header[1]!) ?? new Map<string, string>();
      sections.set(header[1]!, current);
      last = undefined;
    } else if (entry !== null && current !== undefined) {
      last = caseSensitive ? entry[1]! : entry[1]!.toLowerCase();
      current.set(last, entry[2]!.trim());
    }
  }
  return sections;
}

/** %(name)s stands for another value of the section, %% for a percent sign. */
function interpolate(value: string, section: ReadonlyMap<string, string>, depth = 0): string {
  if (depth > 10) throw valueError('ini: interpolation is too deep');
  return value.replace(/%(?:%|\(([^)]+)\)s)/g, (_, name?: string) => (name === undefined ? '%' : interpolate(section.get(name.toLowerCase()) ?? '', section, depth + 1)));
}

function ini(context: Context, term: string, named: Options): unknown[] {
  const usual = { type: 'ini', file: 'ansible.ini', section: 'global', re: false, encoding: 'utf-8', default: '', case_sensitive: false, allow_no_value: false, allow_none: false };
  const { key, option } = settings('ini', term, usual, named);
  const isProperties = option('type') === 'properties';
  const caseSensitive = option('case_sensitive') === true;
  const file = text(option('file'));
  const section = isProperties ? 'java_properties' : text(option('section'));
  const values = new Map([...(parseIni(readLocated(context, file), caseSensitive, isProperties ? section : undefined).get('DEFAULT') ?? [])]);
  const own = parseIni(readLocated(context, file), caseSensitive, isProperties ? section : undefined).get(section);
  if (own === undefined) throw valueError(`No section '${section}' in ${file}`);
  for (const [name, value] of own) values.set(name, value);
  if (option('re') === true || option('re') === 'true') {
    const pattern = compileRegex(key);
    return [...values].filter(([name]) => {
      pattern.lastIndex = 0;
      return pattern.exec(name)?.index === 0;
    }).map(([, value]) => interpolate(value, values));
  }
  const found = values.get(caseSensitive ? key : key.toLowerCase());
  return [found === undefined ? option('default') : interpolate(found, values)];
}

const onTerms = (body: (context: Context, term: string, options: Options) => unknown[]): Definition =>
  define('*terms, **options', (context, _, terms, options) => (terms as unknown[]).flatMap((term) => body(context, text(term), options as Options)));

export const tableLookups: Readonly<Record<string, Definition>> = {
  csvfile: onTerms(csv),
  ini: onTerms(ini),
};
