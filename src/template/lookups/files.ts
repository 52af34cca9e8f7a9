/** Lookups of files and commands of the controller. */
import { basename, dirname, join } from 'node:path';
import { CtplayError } from '../../errors.ts';
import { define } from '../define.ts';
import { dictEntries } from '../python/dict.ts';
import { glob } from './glob.ts';
import { splitLines } from '../python/str-methods.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { templateVariables } from '../template-variables.ts';
import { isDict, isList, isString, MarkedText, valueError } from '../python/values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';
import type { SearchKind } from '../types.ts';

const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** The path of a file in the search path. Throws when it is nowhere. */
export function located(context: Context, name: string, kind: SearchKind): string {
  const path = context.controller.find(name, kind);
  if (path === undefined) {
    throw new CtplayError('file.missing', `could not locate file in lookup: ${name}`, { expected: `a file in ${context.controller.searchPath(kind).join(', ')}` });
  }
  return path;
}

export const readLocated = (context: Context, name: string): string => decode(context.controller.read(located(context, name, 'files')));

function globbed(context: Context, pattern: string): string[] {
  const name = basename(pattern);
  const folder = dirname(pattern);
  const found = context.controller.find(folder, 'files');
  const folders = name === pattern ? context.controller.searchPath('files') : found === undefined ? [] : [found];
  for (const candidate of folders) {
    const files = glob(join(candidate, name));
    if (files.length > 0) return files;
  }
  return [];
}

interface Search {
  readonly names: string[];
  skip: boolean;
}

/** The names that terms, lists of names, or dicts of files and paths ask for. */
function candidates(terms: readonly unknown[], usual: ReadonlyMap<string, unknown>): Search {
  const search: Search = { names: [], skip: truthy(usual.get('skip') ?? false) };
  for (const term of terms) {
    if (isList(term)) {
      const inner = candidates(term, usual);
      search.names.push(...inner.names);
      search.skip ||= inner.skip;
      continue;
    }
    const options = isDict(term) ? new Map(dictEntries(term).map(([key, value]) => [text(key), value])) : usual;
    const files = words(options.get('files'), /[,;]/);
    const paths = words(options.get('paths'), /[,:;]/);
    search.skip ||= truthy(options.get('skip') ?? false);
    if (paths.length > 0) search.names.push(...paths.flatMap((path) => (files.length > 0 ? files : [text(term)]).map((file) => join(path, file))));
    else if (files.length > 0) search.names.push(...files);
    else if (isString(term)) search.names.push(text(term));
    else throw valueError('first_found: a term must be text, a list, or a dict with files');
  }
  return search;
}

function words(value: unknown, separator: RegExp): string[] {
  if (value === undefined || value === null) return [];
  const all = isList(value) ? value.map(text) : [text(value)];
  return all.flatMap((item) => item.split(separator)).map((item) => item.trim()).filter((item) => item !== '');
}

function firstFound(context: Context, terms: unknown, options: unknown): unknown[] {
  const usual = options as ReadonlyMap<string, unknown>;
  const search = candidates(terms as unknown[], usual);
  if ((terms as unknown[]).length === 0 && usual.has('files')) search.names.push(...candidates([new Map(usual)], usual).names);
  for (const name of search.names) {
    const path = context.controller.find(name, 'files') ?? context.controller.find(name, 'templates') ?? context.controller.find(name, 'vars');
    if (path !== undefined) return [path];
  }
  if (search.skip) return [];
  throw new CtplayError('file.missing', 'No file was found when using first_found', { expected: `one of ${search.names.join(', ')}`, hint: "Pass skip=true (or errors='ignore') where none need exist." });
}

const templateOptions = 'convert_data=True, template_vars=None, jinja2_native=False, variable_start_string="{{", variable_end_string="}}", comment_start_string="{#", comment_end_string="#}"';

function template(context: Context, terms: unknown, convert: unknown, extra: unknown, delimiters: readonly unknown[]): unknown[] {
  const [variableStart, variableEnd, commentStart, commentEnd] = delimiters.map(text) as [string, string, string, string];
  return (terms as unknown[]).map((term) => {
    const path = located(context, text(term), 'templates');
    const managed = context.controller.settings['DEFAULT_MANAGED_STR'];
    const variables = new Map<string, unknown>(Object.entries(templateVariables(path, typeof managed === 'string' ? managed : undefined)));
    if (isDict(extra)) for (const [key, value] of dictEntries(extra)) variables.set(text(key), value);
    const result = context.renderFile(decode(context.controller.read(path)), path, variables, truthy(convert), { variableStart, variableEnd, commentStart, commentEnd });
    return truthy(convert) ? result : new MarkedText(text(result), 'text');
  });
}

export const fileLookups: Readonly<Record<string, Definition>> = {
  env: define('*terms, default=""', (context, _, terms, fallback) => (terms as unknown[]).map((term) => context.controller.env[text(term).split(/\s/)[0]!] ?? fallback)),
  file: define('*terms, lstrip=False, rstrip=True', (context, _, terms, lstrip, rstrip) => (terms as unknown[]).map((term) => {
    const contents = readLocated(context, text(term));
    const trimmed = truthy(rstrip) ? contents.trimEnd() : contents;
    return truthy(lstrip) ? trimmed.trimStart() : trimmed;
  })),
  fileglob: define('*terms', (context, _, terms) => (terms as unknown[]).flatMap((term) => globbed(context, text(term)))),
  first_found: define('*terms, **options', (context, _, terms, options) => firstFound(context, terms, options)),
  lines: define('*terms', (context, _, terms) => (terms as unknown[]).flatMap((term) => splitLines(context.controller.run(text(term))))),
  pipe: define('*terms', (context, _, terms) => (terms as unknown[]).map((term) => context.controller.run(text(term)).trimEnd())),
  template: define(`*terms, ${templateOptions}`, (context, _, terms, convert, extra, _native, ...delimiters) => template(context, terms, convert, extra, delimiters)),
  unvault: define('*terms', (context, _, terms) => (terms as unknown[]).map((term) => readLocated(context, text(term)))),
};
