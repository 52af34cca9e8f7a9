/**
 * Splits a template into tokens, by Jinja2's rules for whitespace: `-` and `+` beside delimiters, trim_blocks,
 * lstrip_blocks, raw blocks, comments.
 */
import { TemplateSyntaxError } from './syntax-error.ts';
import { int } from './python/number.ts';
import { float } from './python/values.ts';
import { unescape } from './python/unescape.ts';
import type { Syntax } from './types.ts';

export type TokenKind = 'text' | 'block_begin' | 'block_end' | 'variable_begin' | 'variable_end' | 'name' | 'string' | 'number' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The text, name or operator as written; of a string its contents. */
  readonly text: string;
  /** The value of a number. */
  readonly value?: unknown;
  readonly at: number;
}

export const defaultSyntax: Syntax = {
  blockStart: '{%',
  blockEnd: '%}',
  variableStart: '{{',
  variableEnd: '}}',
  commentStart: '{#',
  commentEnd: '#}',
  trimBlocks: true,
  lstripBlocks: false,
  newline: '\n',
};

const name = /[\p{L}_][\p{L}\p{N}_]*/uy;
const number = /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+(?:_\d+)*)?/y;
const whole = /\d+(?:_\d+)*/y;
const string = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/sy;
const operator = /\/\/|\*\*|==|!=|<=|>=|[-+/*%~[\](){}<>=.:|,;]/y;
const blank = /\s+/y;

export class Lexer {
  readonly #source: string;
  readonly #syntax: Syntax;
  /** In Ansible's strings a backslash between {{ }} stands for itself, since YAML has had its turn already. */
  readonly #plainBackslashes: boolean;
  readonly #tokens: Token[] = [];
  #at: number;

  /** Reads `source` from the offset `start` on. */
  constructor(source: string, syntax: Syntax, plainBackslashes: boolean, start = 0) {
    this.#source = source;
    this.#at = start;
    this.#syntax = syntax;
    this.#plainBackslashes = plainBackslashes;
  }

  /** The tokens of the whole template. Throws TemplateSyntaxError. */
  template(): readonly Token[] {
    const { blockStart, variableStart, commentStart } = this.#syntax;
    const starts = [blockStart, variableStart, commentStart].sort((a, b) => b.length - a.length);
    const begin = new RegExp(starts.map((start) => start.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')).join('|'), 'g');
    let textStart = this.#at;
    for (;;) {
      begin.lastIndex = this.#at;
      const match = begin.exec(this.#source);
      if (match === null) break;
      const start = match[0];
      const opening = match.index;
      this.#at = opening + start.length;
      this.#text(textStart, opening, start);
      if (this.#source[this.#at] === '-' || this.#source[this.#at] === '+') this.#at++;
      if (start === commentStart) this.#comment(opening);
      else if (start === variableStart) this.#variable(opening);
      else if (!this.#raw(opening)) this.#block(opening);
      textStart = this.#at;
    }
    this.#text(textStart, this.#source.length, '');
    this.#push('end', '', this.#source.length);
    return this.#tokens;
  }

  /** The tokens of a bare expression. */
  expression(): readonly Token[] {
    this.#expression('', 0);
    this.#push('end', '', this.#source.length);
    return this.#tokens;
  }

  #push(kind: TokenKind, text: string, at: number, value?: unknown): void {
    this.#tokens.push(value === undefined ? { kind, text, at } : { kind, text, at, value });
  }

  /** Text up to a delimiter, with the blanks removed that the delimiter's sign or lstrip_blocks asks for. */
  #text(from: number, to: number, start: string): void {
    let text = this.#source.slice(from, to);
    const sign = start === '' ? '' : this.#source[this.#at];
    if (sign === '-') text = text.trimEnd();
    else if (sign !== '+' && this.#syntax.lstripBlocks && start !== '' && start !== this.#syntax.variableStart) {
      const lineStart = text.lastIndexOf('\n') + 1;
      const isLineStart = lineStart > 0 || from === 0 || this.#source[from - 1] === '\n';
      if (isLineStart && text.slice(lineStart).trim() === '') text = text.slice(0, lineStart);
    }
    if (text !== '') this.#push('text', text, from);
  }

  /** Blanks after a closing delimiter: all after `-`, one newline with trim_blocks unless after `+`. */
  #afterClose(sign: string, trimNewline: boolean): void {
    if (sign === '-') {
      blank.lastIndex = this.#at;
      if (blank.test(this.#source)) this.#at = blank.lastIndex;
    } else if (trimNewline && sign !== '+' && this.#syntax.trimBlocks && this.#source[this.#at] === '\n') this.#at++;
  }

  #comment(opening: number): void {
    const end = this.#source.indexOf(this.#syntax.commentEnd, this.#at);
    if (end < 0) throw new TemplateSyntaxError('the comment is never closed', opening, `End it with '${this.#syntax.commentEnd}'.`);
    const sign = this.#source[end - 1]!;
    this.#at = end + this.#syntax.commentEnd.length;
    this.#afterClose(sign, true);
  }

  #variable(opening: number): void {
    this.#push('variable_begin', this.#syntax.variableStart, opening);
    const sign = this.#expression(this.#syntax.variableEnd, opening);
    this.#push('variable_end', this.#syntax.variableEnd, this.#at);
    this.#afterClose(sign, false);
  }

  #block(opening: number): void {
    this.#push('block_begin', this.#syntax.blockStart, opening);
    const sign = this.#expression(this.#syntax.blockEnd, opening);
    this.#push('block_end', this.#syntax.blockEnd, this.#at);
    this.#afterClose(sign, true);
  }

  #raw(opening: number): boolean {
    const quoted = (text: string) => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
    const start = new RegExp(`\\s*raw\\s*([-+]?)${quoted(this.#syntax.blockEnd)}`, 'y');
    start.lastIndex = this.#at;
    const begun = start.exec(this.#source);
    if (begun === null) return false;
    this.#at = start.lastIndex;
    this.#afterClose(begun[1]!, false);
    const from = this.#at;
    const close = new RegExp(`${quoted(this.#syntax.blockStart)}([-+]?)\\s*endraw\\s*([-+]?)${quoted(this.#syntax.blockEnd)}`, 'g');
    close.lastIndex = from;
    const end = close.exec(this.#source);
    if (end === null) throw new TemplateSyntaxError('the raw block is never closed', opening, 'End it with {% endraw %}.');
    this.#at = end.index + this.#syntax.blockStart.length;
    this.#text(from, end.index, this.#syntax.blockStart);
    this.#at = close.lastIndex;
    this.#afterClose(end[2]!, true);
    return true;
  }

  /** Tokens up to the closing delimiter, which counts only outside brackets. Gives the sign before the delimiter. */
  #expression(end: string, opening: number): string {
    const closers: string[] = [];
    for (;;) {
      this.#skip(blank);
      if (end === '' && this.#at >= this.#source.length) return '';
      if (this.#at >= this.#source.length) {
        throw new TemplateSyntaxError(`'${end}' is missing`, opening, `What starts here is never closed by '${end}'.`);
      }
      if (end !== '' && closers.length === 0) {
        const sign = /[-+]/.test(this.#source[this.#at]!) && this.#source.startsWith(end, this.#at + 1) ? this.#source[this.#at]! : '';
        if (sign !== '' || this.#source.startsWith(end, this.#at)) {
          this.#at += sign.length + end.length;
          return sign;
        }
      }
      this.#token(closers, end);
    }
  }

  #skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[0];
  }

  #token(closers: string[], end: string): void {
    const at = this.#at;
    const isAfterDot = this.#tokens.at(-1)?.text === '.' && this.#tokens.at(-1)?.kind === 'operator';
    const word = this.#skip(name);
    if (word !== undefined) return this.#push('name', word, at);
    const digits = this.#skip(isAfterDot ? whole : number);
    if (digits !== undefined) return this.#push('number', digits, at, parseNumber(digits));
    const quoted = this.#skip(string);
    if (quoted !== undefined) {
      const body = quoted.slice(1, -1);
      const plain = this.#plainBackslashes && end !== this.#syntax.blockEnd;
      return this.#push('string', plain ? body.replace(/\\(['"])/g, '$1') : unescape(body), at);
    }
    const sign = this.#skip(operator);
    if (sign === undefined) {
      const character = String.fromCodePoint(this.#source.codePointAt(at)!);
      const isQuote = character === '"' || character === "'";
      throw new TemplateSyntaxError(isQuote ? 'the string is never closed' : `unexpected character '${character}'`, at);
    }
    if ('([{'.includes(sign)) closers.push(sign === '(' ? ')' : sign === '[' ? ']' : '}');
    else if (')]}'.includes(sign)) {
      const expected = closers.pop();
      if (expected !== sign) throw new TemplateSyntaxError(`unexpected '${sign}'${expected === undefined ? '' : `, expected '${expected}'`}`, at);
    }
    this.#push('operator', sign, at);
  }
}

function parseNumber(digits: string): unknown {
  const plain = digits.replaceAll('_', '');
  if (/^0[xob]/i.test(plain) || !/[.e]/i.test(plain)) return int(BigInt(plain));
  return float(Number(plain));
}
