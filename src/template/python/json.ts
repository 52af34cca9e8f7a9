/** Python's json module: its spacing, its order, its floats. */
import { compareText } from './compare.ts';
import { dictEntries } from './dict.ts';
import { formatDateTime } from './datetime.ts';
import { formatFloat, int } from './number.ts';
import { unroll } from './iterate.ts';
import { text } from './text.ts';
import { Float, MarkedText, Undefined, float, isDict, isFloat, isInt, typeName, valueError } from './values.ts';

export interface JsonStyle {
  /** What one level is indented by; null for all on one line. */
  readonly indent?: string | null;
  readonly sortKeys?: boolean;
  readonly itemSeparator?: string;
  readonly keySeparator?: string;
  /** Write only ASCII, everything else as \\u escapes. */
  readonly ensureAscii?: boolean;
}

/** json.dumps(). */
export function dumpJson(value: unknown, style: JsonStyle = {}): string {
  const indent = style.indent ?? null;
  const itemSeparator = style.itemSeparator ?? (indent === null ? ', ' : ',');
  const keySeparator = style.keySeparator ?? ': ';
  const string = (content: string) => (style.ensureAscii === false ? JSON.stringify(content) : asciiOnly(JSON.stringify(content)));

  const collection = (open: string, close: string, parts: readonly string[], depth: number): string => {
    if (parts.length === 0) return open + close;
    if (indent === null) return open + parts.join(itemSeparator) + close;
    const newline = `\n${indent.repeat(depth + 1)}`;
    return open + newline + parts.join(itemSeparator + newline) + `\n${indent.repeat(depth)}` + close;
  };

  const write = (item: unknown, depth: number): string => {
    if (item === null || item === undefined) return 'null';
    if (typeof item === 'boolean') return item ? 'true' : 'false';
    if (typeof item === 'string') return string(item);
    if (isInt(item)) return String(item);
    if (isFloat(item)) return jsonFloat(item instanceof Float ? item.value : item);
    if (item instanceof MarkedText) return string(item.text);
    if (item instanceof Undefined) throw item.error();
    if (item instanceof Date) return string(formatDateTime(item).replace(' ', 'T'));
    if (Array.isArray(item)) return collection('[', ']', item.map((part) => write(part, depth + 1)), depth);
    if (isDict(item)) {
      const entries = dictEntries(item).map(([key, part]) => [jsonKey(key), part] as const);
      if (style.sortKeys === true) entries.sort(([a], [b]) => compareText(a, b));
      return collection('{', '}', entries.map(([key, part]) => string(key) + keySeparator + write(part, depth + 1)), depth);
    }
    const unrolled = unroll(item);
    if (unrolled !== item) return write(unrolled, depth);
    throw valueError(`Object of type ${typeName(item)} is not JSON serializable`);
  };
  return write(value, 0);
}

function asciiOnly(json: string): string {
  return json.replace(/[^\x00-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? formatFloat(value) : value < 0 ? '-Infinity' : 'Infinity';
}

function jsonKey(key: unknown): string {
  if (key === null) return 'null';
  return typeof key === 'boolean' ? String(key) : text(key);
}

/** json.loads(). Throws with line and column where the text is no JSON. */
export function loadJson(source: string): unknown {
  return new JsonReader(source).whole();
}

class JsonReader {
  readonly #source: string;
  #at = 0;
  constructor(source: string) {
    this.#source = source;
  }

  whole(): unknown {
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.#source.length) throw this.#error('Extra data');
    return value;
  }

  #error(message: string, at = this.#at): Error {
    const before = this.#source.slice(0, at);
    const line = before.split('\n').length;
    return valueError(`not valid JSON: ${message}: line ${line} column ${at - before.lastIndexOf('\n')} (char ${at})`);
  }

  #blanks(): void {
    while (/[ \t\n\r]/.test(this.#source[this.#at] ?? '')) this.#at++;
  }

  #value(): unknown {
    this.#blanks();
    switch (this.#source[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #scalar(): unknown {
    const pattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?|true|false|null|NaN|-?Infinity/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match === null) throw this.#error('Expecting value');
    this.#at = pattern.lastIndex;
    const word = match[0];
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === 'null') return null;
    if (match[1] === undefined && match[2] === undefined && /\d/.test(word)) return int(BigInt(word));
    return float(Number(word));
  }

  #string(): string {
    const pattern = /"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match === null) throw this.#error('Unterminated string or invalid character in it');
    this.#at = pattern.lastIndex;
    return JSON.parse(match[0]) as string;
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    this.#blanks();
    if (this.#source[this.#at] === ']') {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value());
      this.#blanks();
      const separator = this.#source[this.#at++];
      if (separator === ']') return items;
      if (separator !== ',') throw this.#error("Expecting ',' delimiter", this.#at - 1);
    }
  }

  #object(): Map<unknown, unknown> {
    const result = new Map<unknown, unknown>();
    this.#at++;
    this.#blanks();
    if (this.#source[this.#at] === '}') {
      this.#at++;
      return result;
    }
    for (;;) {
      this.#blanks();
      if (this.#source[this.#at] !== '"') throw this.#error('Expecting property name enclosed in double quotes');
      const key = this.#string();
      this.#blanks();
      if (this.#source[this.#at] !== ':') throw this.#error("Expecting ':' delimiter");
      this.#at++;
      result.set(key, this.#value());
      this.#blanks();
      const separator = this.#source[this.#at++];
      if (separator === '}') return result;
      if (separator !== ',') throw this.#error("Expecting ',' delimiter", this.#at - 1);
    }
  }
}
