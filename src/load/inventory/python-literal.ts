/** Values of INI inventories are Python literals where they look like one (ast.literal_eval), else text. */
import { float } from '../../template/python/values.ts';

/** `8080` → 8080, `['a', 1]` → a list, `True` → true, `0644`, `yes` and everything else → the text as it is. */
export function pythonLiteral(text: string): unknown {
  try {
    const reader = new Reader(text);
    const value = reader.value();
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof NotALiteral) return text;
    throw error;
  }
}

class NotALiteral extends Error {}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', "'": "'", '"': '"', '\n': '' };
const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): unknown {
    this.#blank();
    const char = this.#text[this.#at];
    if (char === '[') return this.#items('[', ']');
    if (char === '(') return this.#parenthesis();
    if (char === '{') return this.#braces();
    if (char !== undefined && /['"]/.test(char)) return this.#strings();
    return this.#word();
  }

  /** Only blanks and a Python comment may follow. */
  end(): void {
    this.#blank();
    if (this.#at < this.#text.length && this.#text[this.#at] !== '#') throw new NotALiteral();
  }

  #blank(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #take(expected: string): boolean {
    this.#blank();
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #items(open: string, close: string): unknown[] {
    this.#take(open);
    const items: unknown[] = [];
    while (!this.#take(close)) {
      items.push(this.value());
      if (!this.#take(',')) {
        if (!this.#take(close)) throw new NotALiteral();
        break;
      }
    }
    return items;
  }

  /** `(1)` is 1, `(1,)` and `(1, 2)` are tuples. */
  #parenthesis(): unknown {
    const start = this.#at;
    const items = this.#items('(', ')');
    const isTuple = items.length !== 1 || /,\s*\)$/.test(this.#text.slice(start, this.#at));
    return isTuple ? items : items[0];
  }

  #braces(): unknown {
    this.#take('{');
    const mapping: Record<string, unknown> = {};
    const set: unknown[] = [];
    while (!this.#take('}')) {
      const key = this.value();
      if (this.#take(':')) mapping[String(key)] = this.value();
      else set.push(key);
      if (!this.#take(',')) {
        if (!this.#take('}')) throw new NotALiteral();
        break;
      }
    }
    if (set.length === 0) return mapping;
    if (Object.keys(mapping).length > 0) throw new NotALiteral();
    return set;
  }

  /** Strings that follow each other are one. */
  #strings(): string {
    let value = '';
    do value += this.#string();
    while (this.#quoteFollows());
    return value;
  }

  #quoteFollows(): boolean {
    this.#blank();
    return /['"]/.test(this.#text[this.#at] ?? '');
  }

  #string(): string {
    const quote = this.#text[this.#at++]!;
    let value = '';
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined) throw new NotALiteral();
      if (char === quote) return value;
      if (char !== '\\') {
        value += char;
        continue;
      }
      const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(this.#text.slice(this.#at));
      const octal = /^[0-7]{1,3}/.exec(this.#text.slice(this.#at));
      if (hex) value += String.fromCodePoint(parseInt((hex[1] ?? hex[2] ?? hex[3])!, 16));
      else if (octal) value += String.fromCodePoint(parseInt(octal[0], 8));
      else {
        const escaped = this.#text[this.#at] ?? '';
        value += escapes[escaped] ?? `\\${escaped}`;
      }
      this.#at += hex?.[0].length ?? octal?.[0].length ?? 1;
    }
  }

  #word(): unknown {
    const word = /^[-+\w.]+/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    const constant = constants.get(word);
    this.#at += word.length;
    if (constant !== undefined) return constant;
    const sign = /^[-+]+/.exec(word)?.[0] ?? '';
    const digits = word.slice(sign.length);
    const isNumber = /^(?:0(?:_?0)*|[1-9](?:_?\d)*|0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.?(?:\d(?:_?\d)*)?(?:[eE][-+]?\d(?:_?\d)*)?)$/.test(digits);
    const isInteger = !/[.eE]/.test(digits) || /^0[xX]/.test(digits);
    if (!isNumber || !/\d/.test(digits) || (isInteger && /^0\d*[1-9]/.test(digits))) throw new NotALiteral();
    const value = Number(digits.replaceAll('_', ''));
    if (isInteger && !Number.isSafeInteger(value)) throw new NotALiteral();
    const signed = sign.split('-').length % 2 === 0 ? -value : value;
    return isInteger ? signed : float(signed);
  }
}
