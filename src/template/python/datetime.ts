/**
 * Python's naive datetime as a Date whose UTC fields are the written ones, timedelta, and the formats of strftime(3) and
 * strptime(3). Resolution is a millisecond.
 */
import { NativeObject, float, valueError } from './values.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAY = 86_400_000;

const pad = (value: number, width = 2, fill = '0') => String(value).padStart(width, fill);

/** The wall clock of this machine at an instant, as a naive datetime. */
export function localTime(instant: Date): Date {
  return new Date(instant.getTime() - instant.getTimezoneOffset() * 60_000);
}

/** A day without a time: what YAML's 2024-01-02 is. */
export class CalendarDate extends Date {}

/** str() of a datetime: ISO 8601 with a blank. */
export function formatDateTime(date: Date): string {
  if (date instanceof CalendarDate) return strftime('%Y-%m-%d', date);
  const fraction = date.getUTCMilliseconds() === 0 ? '' : `.${pad(date.getUTCMilliseconds(), 3)}000`;
  return strftime('%Y-%m-%d %H:%M:%S', date) + fraction;
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY) + 1;
}

/** Year and week by ISO 8601: week 1 holds the year's first Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY);
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}

const directives: Readonly<Record<string, (date: Date) => string>> = {
  Y: (d) => String(d.getUTCFullYear()),
  y: (d) => pad(d.getUTCFullYear() % 100),
  C: (d) => pad(Math.floor(d.getUTCFullYear() / 100)),
  m: (d) => pad(d.getUTCMonth() + 1),
  d: (d) => pad(d.getUTCDate()),
  e: (d) => pad(d.getUTCDate(), 2, ' '),
  H: (d) => pad(d.getUTCHours()),
  I: (d) => pad(d.getUTCHours() % 12 || 12),
  M: (d) => pad(d.getUTCMinutes()),
  S: (d) => pad(d.getUTCSeconds()),
  f: (d) => `${pad(d.getUTCMilliseconds(), 3)}000`,
  p: (d) => (d.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (d) => pad(dayOfYear(d), 3),
  a: (d) => DAYS[d.getUTCDay()]!.slice(0, 3),
  A: (d) => DAYS[d.getUTCDay()]!,
  b: (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3),
  h: (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3),
  B: (d) => MONTHS[d.getUTCMonth()]!,
  u: (d) => String(d.getUTCDay() || 7),
  w: (d) => String(d.getUTCDay()),
  U: (d) => pad(Math.floor((dayOfYear(d) + 6 - d.getUTCDay()) / 7)),
  W: (d) => pad(Math.floor((dayOfYear(d) + 6 - ((d.getUTCDay() + 6) % 7)) / 7)),
  V: (d) => pad(isoWeek(d).week),
  G: (d) => String(isoWeek(d).year),
  s: (d) => String(Math.floor((d.getTime() + new Date(d.getTime()).getTimezoneOffset() * 60_000) / 1000)),
  c: (d) => strftime('%a %b %e %H:%M:%S %Y', d),
  x: (d) => strftime('%m/%d/%y', d),
  X: (d) => strftime('%H:%M:%S', d),
  D: (d) => strftime('%m/%d/%y', d),
  F: (d) => strftime('%Y-%m-%d', d),
  T: (d) => strftime('%H:%M:%S', d),
  R: (d) => strftime('%H:%M', d),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

/** strftime(3) in the C locale; `zone` answers %Z and %z. */
export function strftime(format: string, date: Date, zone: { name: string; offset: string } = { name: '', offset: '' }): string {
  return format.replace(/%([-_0^#]?)([A-Za-z%])/g, (whole, flag: string, letter: string) => {
    if (letter === 'Z') return zone.name;
    if (letter === 'z') return zone.offset;
    const directive = directives[letter];
    if (directive === undefined) return whole;
    const value = directive(date);
    if (flag === '-') return value.replace(/^[0 ]+(?=.)/, '');
    if (flag === '_') return value.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length));
    return flag === '^' || flag === '#' ? value.toUpperCase() : value;
  });
}

const fields: Readonly<Record<string, string>> = {
  Y: '\\d{4}', y: '\\d{2}', m: '1[0-2]|0?[1-9]', d: '3[01]|[12]\\d|0?[1-9]| [1-9]', H: '2[0-3]|[01]?\\d', I: '1[0-2]|0?[1-9]',
  M: '[0-5]?\\d', S: '6[01]|[0-5]?\\d', f: '\\d{1,6}', p: 'AM|PM', j: '[0-3]?\\d?\\d', z: '[+-]\\d\\d:?\\d\\d|Z', Z: '[A-Za-z]+',
  a: DAYS.map((day) => day.slice(0, 3)).join('|'), A: DAYS.join('|'),
  b: MONTHS.map((month) => month.slice(0, 3)).join('|'), B: MONTHS.join('|'),
};

/** Python's datetime.strptime(): the whole text must match the format. */
export function strptime(source: string, format: string): Date {
  const order: string[] = [];
  const expanded = format.replaceAll('%F', '%Y-%m-%d').replaceAll('%T', '%H:%M:%S').replaceAll('%D', '%m/%d/%y');
  const pattern = expanded.replace(/%(.)|(\s+)|([\\^$.|?*+()[\]{}])/g, (_, letter?: string, blanks?: string, special?: string) => {
    if (blanks !== undefined) return '\\s+';
    if (special !== undefined) return `\\${special}`;
    if (letter === '%') return '%';
    const field = fields[letter!];
    if (field === undefined) throw valueError(`'${letter}' is a bad directive in format '${format}'`);
    order.push(letter!);
    return `(${field})`;
  });
  const match = new RegExp(`^(?:${pattern})$`, 'i').exec(source);
  if (match === null) throw valueError(`time data '${source}' does not match format '${format}'`);
  return assemble(new Map(order.map((letter, index) => [letter, match[index + 1]!])));
}

function assemble(parts: ReadonlyMap<string, string>): Date {
  const number = (letter: string, fallback: number) => (parts.has(letter) ? Number(parts.get(letter)) : fallback);
  const short = (name: string | undefined) => name?.slice(0, 3).toLowerCase();
  const named = MONTHS.findIndex((month) => short(month) === short(parts.get('b') ?? parts.get('B')));
  const twoDigits = number('y', -1);
  const year = twoDigits >= 0 ? twoDigits + (twoDigits < 69 ? 2000 : 1900) : number('Y', 1900);
  const month = named >= 0 ? named : number('m', 1) - 1;
  const day = parts.has('j') ? number('j', 1) : number('d', 1);
  const half = parts.get('p')?.toUpperCase();
  const hour = parts.has('I') ? (number('I', 0) % 12) + (half === 'PM' ? 12 : 0) : number('H', 0);
  const milliseconds = Math.floor(Number((parts.get('f') ?? '0').padEnd(6, '0')) / 1000);
  const date = new Date(0);
  date.setUTCFullYear(year, parts.has('j') ? 0 : month, day);
  if (!parts.has('j') && date.getUTCDate() !== day) throw valueError('day is out of range for month');
  date.setUTCHours(hour, number('M', 0), number('S', 0), milliseconds);
  return date;
}

/** The difference of two datetimes. */
export class TimeDelta extends NativeObject {
  readonly typeName = 'timedelta';
  readonly milliseconds: number;
  constructor(milliseconds: number) {
    super();
    this.milliseconds = milliseconds;
  }
  attribute(name: string): unknown {
    const days = Math.floor(this.milliseconds / DAY);
    const rest = this.milliseconds - days * DAY;
    if (name === 'days') return days;
    if (name === 'seconds') return Math.floor(rest / 1000);
    if (name === 'microseconds') return (rest % 1000) * 1000;
    if (name === 'total_seconds') return () => float(this.milliseconds / 1000);
    return name === '_order' ? this.milliseconds : undefined;
  }
  describe(): string {
    const days = Math.floor(this.milliseconds / DAY);
    const rest = new Date(this.milliseconds - days * DAY);
    const clock = `${rest.getUTCHours()}:${strftime('%M:%S', rest)}${rest.getUTCMilliseconds() === 0 ? '' : `.${pad(rest.getUTCMilliseconds(), 3)}000`}`;
    return days === 0 ? clock : `${days} day${Math.abs(days) === 1 ? '' : 's'}, ${clock}`;
  }
}

/** What a datetime offers: its fields and its methods. */
export function dateAttribute(date: Date, name: string): unknown {
  switch (name) {
    case 'year':
      return date.getUTCFullYear();
    case 'month':
      return date.getUTCMonth() + 1;
    case 'day':
      return date.getUTCDate();
    case 'hour':
      return date.getUTCHours();
    case 'minute':
      return date.getUTCMinutes();
    case 'second':
      return date.getUTCSeconds();
    case 'microsecond':
      return date.getUTCMilliseconds() * 1000;
    case 'strftime':
      return (args: readonly unknown[]) => strftime(String(args[0]), date);
    case 'isoformat':
      return (args: readonly unknown[]) => formatDateTime(date).replace(' ', args.length > 0 ? String(args[0]) : 'T');
    case 'weekday':
      return () => (date.getUTCDay() + 6) % 7;
    case 'isoweekday':
      return () => date.getUTCDay() || 7;
    case 'timestamp':
      return () => float((date.getTime() + new Date(date.getTime()).getTimezoneOffset() * 60_000) / 1000);
    default:
      return undefined;
  }
}
