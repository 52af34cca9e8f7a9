/** Lengths of time as a person writes them. */
import { CtplayError } from '../errors.ts';

const units: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000 };

/** `90`, `90s`, `10m`, `1h30m` in milliseconds. Throws usage.option. */
export function duration(text: string, flag: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smh]?)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) throw new CtplayError('usage.option', `${flag} takes a length of time`, { expected: 'such as 90s, 10m or 1h30m', found: text });
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}
