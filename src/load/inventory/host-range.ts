/** Host names as inventories write them: `web[01:10].lab`, `db-[a:f]`, `host:2222`, `[2001:db8::1]:22`. */
import { CtplayError } from '../../errors.ts';

export interface HostNames {
  readonly names: readonly string[];
  readonly port?: number;
}

/** The hosts that one entry stands for. Throws inventory.syntax for a range that is none. */
export function expandHosts(entry: string): HostNames {
  const { name, port } = splitPort(entry.trim());
  const names = isIpv6(name) ? [name] : expandRange(name);
  return port === undefined ? { names } : { names, port };
}

function splitPort(entry: string): { name: string; port?: number } {
  const bracketed = /^\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::(\d+))?$/.exec(entry);
  if (bracketed) return bracketed[2] === undefined ? { name: bracketed[1]! } : { name: bracketed[1]!, port: Number(bracketed[2]) };
  const outside = entry.replace(/\[[^\]]*\]/g, '');
  const match = /^(.*):(\d+)$/.exec(entry);
  if (match && outside.split(':').length === 2) return { name: match[1]!, port: Number(match[2]) };
  if (outside.endsWith(':')) throw new CtplayError('inventory.syntax', `'${entry}' ends with a colon`, { hint: 'After the colon a port is expected. In an INI inventory a group stands in brackets: [group].' });
  return { name: entry };
}

function isIpv6(name: string): boolean {
  return !name.includes('[') && name.split(':').length > 2;
}

function expandRange(name: string): string[] {
  const match = /^(.*?)\[([^[\]]*:[^[\]]*)\](.*)$/.exec(name);
  if (!match) return [name];
  const [, head, range, tail] = match;
  const rest = expandRange(tail!);
  return rangeItems(range!, name).flatMap((item) => rest.map((end) => `${head!}${item}${end}`));
}

function rangeItems(range: string, name: string): string[] {
  const parts = range.split(':');
  const [from = '', to = '', stepText = '1'] = parts;
  const wrong = (message: string, hint?: string): CtplayError => new CtplayError('inventory.syntax', `in '${name}': ${message}`, { hint: hint ?? 'Ranges are written as [01:10], [a:f] or [1:9:2].' });
  const step = Number(stepText);
  if (parts.length > 3 || to === '' || !Number.isInteger(step) || step < 1) throw wrong(`'[${range}]' is no range`);
  const start = from === '' ? '0' : from;
  if (/^\d+$/.test(start) && /^\d+$/.test(to)) {
    if (Number(start) > Number(to)) throw wrong(`the range '[${range}]' runs backwards`);
    const padded = start.length > 1 && start.startsWith('0');
    if (padded && start.length !== to.length) throw wrong(`both ends of '[${range}]' must have the same number of digits`, `Such as [${start}:${to.padStart(start.length, '0')}].`);
    return count(Number(start), Number(to), step).map((number) => (padded ? String(number).padStart(start.length, '0') : String(number)));
  }
  if (/^[A-Za-z]$/.test(start) && /^[A-Za-z]$/.test(to)) {
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
    const [first, last] = [letters.indexOf(start), letters.indexOf(to)];
    if (first > last) throw wrong(`the range '[${range}]' runs backwards`);
    return count(first, last, step).map((index) => letters[index]!);
  }
  throw wrong(`'[${range}]' is no range`);
}

function count(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}
