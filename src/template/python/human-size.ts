/** Sizes for people, as Ansible writes and reads them: powers of 1024 under the names KB, MB, … or Kb, Mb, … for bits. */
import { exactFixed, int, isArithmetic, roundHalfEven, toNumber } from './number.ts';
import { text } from './text.ts';
import { valueError } from './values.ts';

const letters = ['Y', 'Z', 'E', 'P', 'T', 'G', 'M', 'K', 'B'];
const factor = (letter: string) => 1024 ** (letters.length - 1 - letters.indexOf(letter));

/** '1.00 KB' for 1024; with a unit, in that unit. */
export function humanReadable(value: unknown, isBits: boolean, unit: unknown): string {
  const size = isArithmetic(value) ? toNumber(value) : Number(text(value).trim() || NaN);
  if (Number.isNaN(size)) throw valueError(`human_readable() can't interpret following string: ${text(value)}`);
  const base = isBits ? 'bits' : 'Bytes';
  const wanted = unit === null ? undefined : text(unit).slice(0, 1).toUpperCase();
  const letter = letters.find((candidate) => (wanted === undefined ? size >= factor(candidate) : candidate === wanted)) ?? 'B';
  const suffix = letter === 'B' ? base : letter + (isBits ? 'b' : 'B');
  return `${exactFixed(size / factor(letter), 2)} ${suffix}`;
}

/** The number of bytes (or bits) that '2 GB', '10K' or '512' stand for. */
export function humanToBytes(value: unknown, defaultUnit: unknown, isBits: boolean): number | bigint {
  const source = text(value);
  const match = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?/.exec(source);
  if (match === null || match[1] === '') throw valueError(`human_to_bytes() can't interpret following string: ${source}`);
  const amount = Number(match[1]);
  const unit = match[2] ?? (defaultUnit === null ? undefined : text(defaultUnit));
  if (unit === undefined) return roundHalfEven(amount, 0);
  const letter = unit.slice(0, 1).toUpperCase();
  const whole = isBits ? 'bits?' : 'bytes?';
  const mark = isBits ? 'b' : 'B';
  const isKnown = letters.includes(letter) && (unit.length === 1 || new RegExp(`^${whole}$`, 'i').test(unit) || (unit.length === 2 && unit[1] === mark && letter !== 'B'));
  if (!isKnown) throw valueError(`human_to_bytes() can't interpret following string: ${source}`);
  return int(BigInt(roundHalfEven(amount * factor(letter), 0)));
}
