/** `serial`: how many hosts a play takes at a time. */
import { CtplayError } from '../errors.ts';
import type { Play } from '../load/tree.ts';

/** The hosts in batches: sizes from the list in turn, the last one repeated; percents are of all hosts, at least one. */
export function batches(hosts: readonly string[], play: Pick<Play, 'serial' | 'source'>): readonly (readonly string[])[] {
  if (play.serial.length === 0 || hosts.length === 0) return hosts.length === 0 ? [] : [hosts];
  const sizes = play.serial.map((size) => batchSize(size, hosts.length, play));
  const result: (readonly string[])[] = [];
  for (let start = 0, index = 0; start < hosts.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)]!;
    const count = size <= 0 ? hosts.length : size;
    result.push(hosts.slice(start, start + count));
    start += count;
  }
  return result;
}

function batchSize(size: unknown, total: number, play: Pick<Play, 'source'>): number {
  const text = String(size).trim();
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent) return Math.max(1, Math.floor((Number(percent[1]) / 100) * total));
  if (/^\d+$/.test(text)) return Number(text);
  throw new CtplayError('playbook.keyword', "'serial' must be a number of hosts or a percentage", { span: play.source.at(['serial']), found: JSON.stringify(size), expected: 'such as 2, "30%", or a list of them' });
}
