/** How YAML 1.1, as PyYAML reads it, gives plain scalars their type (yaml.org/type; yaml/resolver.py). */
import { int, negate } from './number.ts';
import { CalendarDate } from './datetime.ts';
import { float } from './values.ts';

const bool = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const floating = /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const integer = /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const nothing = /^(?:~|null|Null|NULL|)$/;
const timestamp = /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;
const shortDate = /^\d{4}-\d\d-\d\d$/;

export type YamlType = 'bool' | 'float' | 'int' | 'null' | 'timestamp' | 'merge' | 'str';

/** The type that a plain scalar has by how it looks. */
export function implicitType(written: string): YamlType {
  if (bool.test(written)) return 'bool';
  if (floating.test(written)) return 'float';
  if (integer.test(written)) return 'int';
  if (nothing.test(written)) return 'null';
  if (shortDate.test(written) || (written.includes(':') && timestamp.test(written))) return 'timestamp';
  return written === '<<' || written === '=' ? 'merge' : 'str';
}

/** The value of a plain scalar. */
export function plainValue(written: string, type: YamlType = implicitType(written)): unknown {
  switch (type) {
    case 'bool':
      return /^(?:yes|true|on)$/i.test(written);
    case 'int':
      return parseInteger(written.replaceAll('_', ''));
    case 'float':
      return parseFloating(written.replaceAll('_', '').toLowerCase());
    case 'null':
      return null;
    case 'timestamp':
      return parseTimestamp(written);
    default:
      return written;
  }
}

function parseInteger(written: string): unknown {
  const sign = written.startsWith('-') ? -1n : 1n;
  const digits = written.replace(/^[-+]/, '');
  if (digits.includes(':')) return int(sign * sexagesimal(digits, BigInt));
  if (/^0[bx]/.test(digits) || digits === '0') return int(sign * BigInt(digits));
  return int(sign * BigInt(digits.startsWith('0') ? `0o${digits.slice(1)}` : digits));
}

function sexagesimal(digits: string, convert: (part: string) => bigint): bigint {
  return digits.split(':').reduce((total, part) => total * 60n + convert(part), 0n);
}

function parseFloating(written: string): unknown {
  const digits = written.replace(/^[-+]/, '');
  const value = digits === '.inf' ? float(Infinity) : digits === '.nan' ? float(NaN) : digits.includes(':')
    ? float(digits.split(':').reduce((total, part) => total * 60 + Number(part), 0))
    : float(Number(digits));
  return written.startsWith('-') ? negate(value) : value;
}

function parseTimestamp(written: string): Date | string {
  const match = timestamp.exec(written);
  if (match === null) return written;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', , sign, zoneHour = '0', zoneMinute = '0'] = match;
  if (shortDate.test(written)) return new CalendarDate(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1);
  const milliseconds = Math.floor(Number(`0.${fraction || '0'}`) * 1000);
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute) - offset, Number(second), milliseconds));
}
