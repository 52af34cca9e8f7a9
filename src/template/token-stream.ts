/** A position in a list of tokens, with the small steps that all rules of the grammar are made of. */
import { TemplateSyntaxError } from './syntax-error.ts';
import type { Token } from './lexer.ts';

export class TokenStream {
  readonly #tokens: readonly Token[];
  #next = 0;
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }
  get current(): Token {
    return this.#tokens[this.#next]!;
  }
  peek(ahead = 1): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }
  advance(): Token {
    const token = this.current;
    if (this.#next < this.#tokens.length - 1) this.#next++;
    return token;
  }
  isOperator(text: string): boolean {
    return this.current.kind === 'operator' && this.current.text === text;
  }
  isName(text: string): boolean {
    return this.current.kind === 'name' && this.current.text === text;
  }
  skipOperator(text: string): boolean {
    const found = this.isOperator(text);
    if (found) this.advance();
    return found;
  }
  skipName(text: string): boolean {
    const found = this.isName(text);
    if (found) this.advance();
    return found;
  }
  expectOperator(text: string): Token {
    if (!this.isOperator(text)) throw this.unexpected(`'${text}'`);
    return this.advance();
  }
  expectName(): Token {
    if (this.current.kind !== 'name') throw this.unexpected('a name');
    return this.advance();
  }
  unexpected(expected: string): TemplateSyntaxError {
    const { kind, text, at } = this.current;
    const isEnd = kind === 'end' || kind === 'block_end' || kind === 'variable_end';
    return new TemplateSyntaxError(`expected ${expected}, found ${isEnd ? 'the end of the expression' : `'${text}'`}`, at);
  }
}
