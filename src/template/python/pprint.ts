/** pprint.pformat(): like repr() with sorted keys, over several lines where it is longer than 80 columns. */
import { compare } from './compare.ts';
import { dictEntries } from './dict.ts';
import { repr } from './text.ts';
import { Tuple, isDict } from './values.ts';

const WIDTH = 80;

export function prettyPrint(value: unknown): string {
  return format(value, 0, 0);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value instanceof Tuple ? Tuple.fromList(value.map(sorted)) : value.map(sorted);
  if (!isDict(value)) return value;
  const entries = dictEntries(value).map(([key, item]) => [key, sorted(item)] as [unknown, unknown]);
  try {
    entries.sort(([a], [b]) => compare(a, b));
  } catch {
    entries.sort(([a], [b]) => (repr(a) < repr(b) ? -1 : 1));
  }
  return new Map(entries);
}

/** The value from a column on, with `allowance` closing brackets to come after it. */
function format(value: unknown, column: number, allowance: number): string {
  const ordered = sorted(value);
  const line = repr(ordered);
  if (line.length <= WIDTH - column - allowance) return line;
  const separator = `,\n${' '.repeat(column + 1)}`;
  if (isDict(ordered)) {
    const entries = dictEntries(ordered);
    return `{${entries.map(([key, item], index) => {
      const name = repr(key);
      return `${name}: ${format(item, column + name.length + 3, index === entries.length - 1 ? allowance + 1 : 1)}`;
    }).join(separator)}}`;
  }
  if (!Array.isArray(ordered)) return line;
  const [open, close] = ordered instanceof Tuple ? ['(', ')'] : ['[', ']'];
  return open + ordered.map((item, index) => format(item, column + 1, index === ordered.length - 1 ? allowance + 1 : 1)).join(separator) + close;
}
