/** The lookup `sequence`: numbers from start to end, formatted. */
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { inlineOptions } from './inline-options.ts';
import { percentFormat } from '../python/percent.ts';
import { text } from '../python/text.ts';
import { valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

const short = /^(?:(?:0x)?([0-9a-f]+)-)?((?:0x)?[0-9a-f]+)(?:\/((?:0x)?[0-9a-f]+))?(?::(.+))?$/i;
const names = ['start', 'end', 'count', 'stride', 'format'];

/** '5', '2-10/2:host%02d', or 'start=1 end=5 stride=2 format=%02d'. */
function settings(term: string): Map<string, string> {
  const match = short.exec(term.trim());
  if (match !== null) {
    const [, start, end, stride, format] = match;
    return new Map(Object.entries({ start, end, stride, format }).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
  const { words, options } = inlineOptions(term);
  if (words.length > 0) throw valueError(`sequence: unrecognized argument '${words[0]!}'`);
  return new Map(options);
}

function whole(written: string, name: string): number {
  const value = /^-?(?:0x[0-9a-f]+|0[0-7]+|[0-9]+)$/i.test(written) ? Number(written.replace(/^(-?)0(?=[0-7])/, '$10o')) : NaN;
  if (Number.isNaN(value)) throw valueError(`sequence: can't parse ${name}=${written} as integer`);
  return value;
}

function sequence(given: ReadonlyMap<string, string>): string[] {
  for (const name of given.keys()) if (!names.includes(name)) throw valueError(`sequence: unrecognized argument '${name}'`, didYouMean(name, names));
  const number = (name: string) => (given.has(name) ? whole(given.get(name)!, name) : undefined);
  const start = number('start') ?? 1;
  const stride = number('stride') ?? 1;
  const count = number('count');
  const endGiven = number('end');
  const format = given.get('format') ?? '%d';
  if (count === undefined && endGiven === undefined) throw valueError('must specify count or end in with_sequence');
  if (count !== undefined && endGiven !== undefined) throw valueError("can't specify both count and end in with_sequence");
  if (count === 0 || stride === 0) return [];
  const end = endGiven ?? start + count! * stride - 1;
  if (stride > 0 && end < start) throw valueError('to count backwards make stride negative');
  if (stride < 0 && end > start) throw valueError("to count forward don't make stride negative");
  if (format.split('%').length !== 2) throw valueError(`bad formatting string: ${format}`);
  const size = Math.floor((end - start) / stride) + 1;
  if (size > 1_000_000) throw valueError('the sequence is too long');
  return Array.from({ length: size }, (_, index) => percentFormat(format, start + index * stride));
}

export const sequenceLookups: Readonly<Record<string, Definition>> = {
  sequence: define('*terms, **options', (_, _value, terms, options) => {
    const named = new Map([...(options as ReadonlyMap<string, unknown>)].map(([name, value]) => [name, text(value)]));
    const all = terms as unknown[];
    return all.length === 0 ? sequence(named) : all.flatMap((term) => sequence(new Map([...settings(text(term)), ...named])));
  }),
};
