/** Reads a Python literal, with JSON's true, false and null besides (ast.literal_eval as Ansible calls it). */
import { CtplayError } from '../errors.ts';
import { int, negate } from './python/number.ts';
import { unescape } from './python/unescape.ts';
import { newDict } from './python/dict.ts';
import { Tuple, float } from './python/values.ts';

const words: Readonly<Record<string, unknown>> = { True: true, true: true, False: false, false: false, None: null, null: null };

/** Thrown inside; literals are tried on text that mostly is none. */
class NoLiteral extends Error {}

/** The value, or the JavaScript value `undefined` when the text is no literal. */
export function parseLiteral(text: string): unknown {
  try {
    return new LiteralReader(text).whole();
  } catch (error) {
    // What fails is either no literal or one that has no value, such as a dict with a list as key.
    if (error instanceof NoLiteral || error instanceof RangeError || error instanceof CtplayError) return undefined;
    throw error;
  }
}

class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    // Python takes leading blanks for an indentation that doesn't belong there.
    if (/^\s/.test(this.#text)) throw new NoLiteral();
    const items = [this.#value()];
    let isTuple = false;
    for (this.#blanks(); this.#text[this.#at] === ','; this.#blanks()) {
      isTuple = true;
      this.#at++;
      this.#blanks();
      if (this.#at < this.#text.length && this.#text[this.#at] !== '\n') items.push(this.#value());
    }
    this.#blanks(true);
    if (this.#at < this.#text.length) throw new NoLiteral();
    return isTuple ? Tuple.fromList(items) : items[0];
  }

  #blanks(newlines = this.#depth > 0): void {
    const pattern = newlines ? /(?:[ \t\f\r\n]|#[^\n]*)*/y : /[ \t\f]*/y;
    pattern.lastIndex = this.#at;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at = pattern.lastIndex;
    return match;
  }

  #value(): unknown {
    this.#blanks();
    switch (this.#text[this.#at]) {
      case '[':
        return this.#sequence(']').items;
      case '(':
        return this.#parentheses();
      case '{':
        return this.#braces();
      case '-':
      case '+': {
        const sign = this.#text[this.#at++];
        const operand = this.#value();
        if (typeof operand === 'object' || typeof operand === 'string' || typeof operand === 'boolean') throw new NoLiteral();
        return sign === '-' ? negate(operand) : operand;
      }
      default:
        return this.#scalar();
    }
  }

  #scalar(): unknown {
    const number = this.#match(/0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?/y)?.[0];
    if (number !== undefined) {
      if (/^[\p{L}_]/u.test(this.#text[this.#at] ?? '') || /^0\d/.test(number) && !/[.eE]/.test(number)) throw new NoLiteral();
      const plain = number.replaceAll('_', '');
      return /[.eE]/.test(plain) && !/^0x/i.test(plain) ? float(Number(plain)) : int(BigInt(plain));
    }
    const string = this.#strings();
    if (string !== undefined) return string;
    const word = this.#match(/[\p{L}_][\p{L}\p{N}_]*/uy)?.[0];
    if (word === undefined || !Object.hasOwn(words, word)) throw new NoLiteral();
    return words[word];
  }

  /** One or more strings side by side. */
  #strings(): string | undefined {
    let result: string | undefined;
    for (;;) {
      const match = this.#match(/([rRuU]?)(?:'''([\s\S]*?)'''|"""([\s\S]*?)"""|'((?:[^'\\\n]|\\[\s\S])*)'|"((?:[^"\\\n]|\\[\s\S])*)")/y);
      if (match === undefined) return result;
      const body = match[2] ?? match[3] ?? match[4] ?? match[5]!;
      result = (result ?? '') + (/r/i.test(match[1]!) ? body : unescape(body));
      const before = this.#at;
      this.#blanks();
      if (!/['"rRuU]/.test(this.#text[this.#at] ?? '')) {
        this.#at = before;
        return result;
      }
    }
  }

  #sequence(close: string): { items: unknown[]; comma: boolean } {
    this.#at++;
    this.#depth++;
    const items: unknown[] = [];
    let comma = false;
    for (;;) {
      this.#blanks();
      if (this.#text[this.#at] === close) break;
      if (items.length > 0 && !comma) throw new NoLiteral();
      items.push(this.#value());
      this.#blanks();
      comma = this.#text[this.#at] === ',';
      if (comma) this.#at++;
    }
    this.#at++;
    this.#depth--;
    return { items, comma };
  }

  #parentheses(): unknown {
    const { items, comma } = this.#sequence(')');
    return items.length === 1 && !comma ? items[0] : Tuple.fromList(items);
  }

  #braces(): unknown {
    const start = this.#at;
    this.#at++;
    this.#depth++;
    const entries: [unknown, unknown][] = [];
    for (;;) {
      this.#blanks();
      if (this.#text[this.#at] === '}') break;
      if (entries.length > 0) {
        if (this.#text[this.#at] !== ',') throw new NoLiteral();
        this.#at++;
        this.#blanks();
        if (this.#text[this.#at] === '}') break;
      }
      const key = this.#value();
      this.#blanks();
      if (this.#text[this.#at] !== ':') {
        // A set; there are none in this engine, a list keeps its items.
        this.#at = start;
        this.#depth--;
        return this.#sequence('}').items;
      }
      this.#at++;
      entries.push([key, this.#value()]);
    }
    this.#at++;
    this.#depth--;
    return newDict(entries);
  }
}
