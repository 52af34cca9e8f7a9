/** Values as the rest of ctplay wants them: plain data that JSON can hold. */
import { Secret } from '../shell.ts';
import { dictEntries } from './python/dict.ts';
import { text } from './python/text.ts';
import { unroll } from './python/iterate.ts';
import { Float, MarkedText, isDict } from './python/values.ts';
import { omit } from './types.ts';

/** A deep copy as plain data; entries whose value is `omit` are left out. With `secret`, all text in it is a Secret. */
export function toPlain(value: unknown, secret = false): unknown {
  switch (typeof value) {
    case 'string':
      return secret ? new Secret(value) : value;
    case 'bigint':
      return Number(value);
    case 'object':
      return value === null ? null : plainObject(value, secret);
    case 'undefined':
      return null;
    case 'function':
      return text(value);
    default:
      return value;
  }
}

function plainObject(value: object, secret: boolean): unknown {
  if (value instanceof Float) return value.value;
  if (value instanceof MarkedText) return toPlain(value.text, secret);
  if (value instanceof Secret) return value;
  if (Array.isArray(value)) return value.filter((item) => item !== omit).map((item) => toPlain(item, secret));
  if (isDict(value)) {
    const result: Record<string, unknown> = {};
    for (const [key, item] of dictEntries(value)) if (item !== omit) setOwn(result, text(key), toPlain(item, secret));
    return result;
  }
  const unrolled = unroll(value);
  return toPlain(unrolled === value ? text(value) : unrolled, secret);
}

/** A key such as `__proto__` is data like any other. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
