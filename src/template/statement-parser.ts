/** Reads whole templates: text, {{ prints }} and {% statements %}. */
import { didYouMean } from '../errors.ts';
import { TemplateSyntaxError } from './syntax-error.ts';
import { ExpressionParser } from './parser.ts';
import { TokenStream } from './token-stream.ts';
import type { Expression, MacroSignature, Statement, Target } from './ast.ts';
import type { Token } from './lexer.ts';

const tags = ['for', 'if', 'set', 'block', 'extends', 'include', 'import', 'from', 'macro', 'call', 'filter', 'with', 'print', 'autoescape', 'raw'];

export class TemplateParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;

  constructor(tokens: readonly Token[]) {
    this.#tokens = new TokenStream(tokens);
    this.#expressions = new ExpressionParser(this.#tokens);
  }

  /** The whole template. */
  template(): readonly Statement[] {
    return this.#body([], undefined);
  }

  /** Statements up to one of the closing words, which is left to the caller; without any, up to the end of the text. */
  #body(ends: readonly string[], opening: Token | undefined): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      const token = this.#tokens.current;
      switch (token.kind) {
        case 'text':
          this.#tokens.advance();
          statements.push({ kind: 'text', text: token.text, at: token.at });
          break;
        case 'variable_begin':
          this.#tokens.advance();
          statements.push({ kind: 'print', expression: this.#expressions.tuple(), at: token.at });
          this.#expect('variable_end');
          break;
        case 'block_begin': {
          this.#tokens.advance();
          if (this.#tokens.current.kind === 'name' && ends.includes(this.#tokens.current.text)) return statements;
          statements.push(this.#statement(opening, ends));
          break;
        }
        default:
          if (opening !== undefined) {
            throw new TemplateSyntaxError(`'${opening.text}' is never closed`, opening.at, `Expected {% ${ends.at(-1)} %} further down.`);
          }
          return statements;
      }
    }
  }

  #expect(kind: 'variable_end' | 'block_end'): void {
    if (this.#tokens.current.kind !== kind) throw this.#tokens.unexpected(kind === 'block_end' ? "'%}'" : "'}}'");
    this.#tokens.advance();
  }

  /** A body after a tag has been closed, with its end tag. */
  #enclosed(end: string, opening: Token): Statement[] {
    this.#expect('block_end');
    const body = this.#body([end], opening);
    this.#tokens.advance();
    return body;
  }

  #statement(opening: Token | undefined, ends: readonly string[]): Statement {
    const tag = this.#tokens.expectName();
    const statement = this.#tag(tag);
    if (statement === undefined) throw unknownTag(tag, opening, ends);
    this.#expect('block_end');
    return statement;
  }

  #tag(tag: Token): Statement | undefined {
    const { at } = tag;
    switch (tag.text) {
      case 'if':
        return this.#if(tag);
      case 'for':
        return this.#for(tag);
      case 'set':
        return this.#set(tag);
      case 'with':
        return this.#with(tag);
      case 'macro':
        return { kind: 'macro', name: this.#tokens.expectName().text, ...this.#signature(), body: this.#enclosed('endmacro', tag), at };
      case 'call':
        return this.#call(tag);
      case 'filter':
        return { kind: 'filter', filter: this.#expressions.filter(undefined), body: this.#enclosed('endfilter', tag), at };
      case 'block':
        return this.#block(tag);
      case 'extends':
        return { kind: 'extends', parent: this.#expressions.expression(), at };
      case 'include':
        return this.#include(at);
      case 'import':
        return this.#import(at);
      case 'from':
        return this.#from(at);
      case 'print':
        return { kind: 'print', expression: this.#expressions.tuple(), at };
      case 'autoescape':
        this.#expressions.expression();
        return { kind: 'scope', body: this.#enclosed('endautoescape', tag), at };
      default:
        return undefined;
    }
  }

  #if(tag: Token): Statement {
    const branches: [Expression, readonly Statement[]][] = [];
    let otherwise: readonly Statement[] = [];
    let test = this.#expressions.tuple(true);
    for (;;) {
      this.#expect('block_end');
      const body = this.#body(['elif', 'else', 'endif'], tag);
      branches.push([test, body]);
      const word = this.#tokens.advance().text;
      if (word === 'elif') {
        test = this.#expressions.tuple(true);
        continue;
      }
      if (word === 'else') otherwise = this.#enclosed('endif', tag);
      return { kind: 'if', branches, otherwise, at: tag.at };
    }
  }

  #for(tag: Token): Statement {
    const target = this.#targets();
    if (!this.#tokens.skipName('in')) throw this.#tokens.unexpected("'in'");
    const items = this.#expressions.tuple(false, (token) => token.kind === 'name' && token.text === 'recursive');
    const filter = this.#tokens.skipName('if') ? this.#expressions.expression() : undefined;
    const recursive = this.#tokens.skipName('recursive');
    this.#expect('block_end');
    const body = this.#body(['endfor', 'else'], tag);
    const otherwise = this.#tokens.advance().text === 'else' ? this.#enclosed('endfor', tag) : [];
    return { kind: 'for', target, items, filter, recursive, body, otherwise, at: tag.at };
  }

  #set(tag: Token): Statement {
    const target = this.#targets(true);
    if (this.#tokens.skipOperator('=')) return { kind: 'set', target, value: this.#expressions.tuple(), at: tag.at };
    const filter = this.#tokens.skipOperator('|') ? this.#expressions.filter(undefined) : undefined;
    return { kind: 'set block', target, filter, body: this.#enclosed('endset', tag), at: tag.at };
  }

  #with(tag: Token): Statement {
    const assignments: [Target, Expression][] = [];
    while (this.#tokens.current.kind !== 'block_end') {
      if (assignments.length > 0) this.#tokens.expectOperator(',');
      const target = this.#target();
      this.#tokens.expectOperator('=');
      assignments.push([target, this.#expressions.expression()]);
    }
    return { kind: 'with', assignments, body: this.#enclosed('endwith', tag), at: tag.at };
  }

  #call(tag: Token): Statement {
    const signature = this.#tokens.isOperator('(') ? this.#signature() : { parameters: [], defaults: [] };
    const call = this.#expressions.expression();
    if (call.kind !== 'call') throw new TemplateSyntaxError('expected a call', call.at, "Write {% call name(arguments) %}.");
    return { kind: 'call', call, ...signature, body: this.#enclosed('endcall', tag), at: tag.at };
  }

  #block(tag: Token): Statement {
    const { text: name } = this.#tokens.expectName();
    const scoped = this.#tokens.skipName('scoped');
    this.#tokens.skipName('required');
    this.#expect('block_end');
    const body = this.#body(['endblock'], tag);
    this.#tokens.advance();
    this.#tokens.skipName(name);
    return { kind: 'block', name, scoped, body, at: tag.at };
  }

  #include(at: number): Statement {
    const template = this.#expressions.expression();
    const ignoreMissing = this.#tokens.isName('ignore') && this.#tokens.peek().text === 'missing';
    if (ignoreMissing) {
      this.#tokens.advance();
      this.#tokens.advance();
    }
    return { kind: 'include', template, ignoreMissing, withContext: this.#context(true), at };
  }

  #import(at: number): Statement {
    const template = this.#expressions.expression();
    if (!this.#tokens.skipName('as')) throw this.#tokens.unexpected("'as'");
    return { kind: 'import', template, alias: this.#tokens.expectName().text, withContext: this.#context(false), at };
  }

  #from(at: number): Statement {
    const template = this.#expressions.expression();
    if (!this.#tokens.skipName('import')) throw this.#tokens.unexpected("'import'");
    const names: [string, string][] = [];
    do {
      if (this.#tokens.current.kind !== 'name' || this.#isContext()) break;
      const { text: name } = this.#tokens.expectName();
      names.push([name, this.#tokens.skipName('as') ? this.#tokens.expectName().text : name]);
    } while (this.#tokens.skipOperator(','));
    return { kind: 'from', template, names, withContext: this.#context(false), at };
  }

  #isContext(): boolean {
    return (this.#tokens.isName('with') || this.#tokens.isName('without')) && this.#tokens.peek().text === 'context';
  }

  #context(usual: boolean): boolean {
    if (!this.#isContext()) return usual;
    const withContext = this.#tokens.advance().text === 'with';
    this.#tokens.advance();
    return withContext;
  }

  #signature(): MacroSignature {
    this.#tokens.expectOperator('(');
    const parameters: string[] = [];
    const defaults: Expression[] = [];
    while (!this.#tokens.isOperator(')')) {
      const { text, at } = this.#tokens.expectName();
      parameters.push(text);
      if (this.#tokens.skipOperator('=')) defaults.push(this.#expressions.expression());
      else if (defaults.length > 0) throw new TemplateSyntaxError('a parameter without a default follows one with a default', at);
      if (!this.#tokens.skipOperator(',')) break;
    }
    this.#tokens.expectOperator(')');
    return { parameters, defaults };
  }

  #target(withNamespace = false): Target {
    if (this.#tokens.skipOperator('(')) {
      const inner = this.#targets();
      this.#tokens.expectOperator(')');
      return inner;
    }
    const { text: name, at } = this.#tokens.expectName();
    if (['true', 'false', 'none', 'True', 'False', 'None'].includes(name)) throw new TemplateSyntaxError(`can't assign to '${name}'`, at);
    if (withNamespace && this.#tokens.skipOperator('.')) return { kind: 'namespace', name, attribute: this.#tokens.expectName().text };
    return { kind: 'name', name };
  }

  #targets(withNamespace = false): Target {
    const items = [this.#target(withNamespace)];
    let isTuple = false;
    while (this.#tokens.skipOperator(',')) {
      isTuple = true;
      if (this.#tokens.current.kind !== 'name' && !this.#tokens.isOperator('(')) break;
      if (this.#tokens.isName('in')) break;
      items.push(this.#target());
    }
    return isTuple ? { kind: 'names', items } : items[0]!;
  }
}

function unknownTag(tag: Token, opening: Token | undefined, ends: readonly string[]): TemplateSyntaxError {
  const expected = ends.length > 0 ? ` Expected ${ends.join(' or ')}, which closes '${opening?.text}'.` : '';
  if (/^(end|else|elif)/.test(tag.text)) return new TemplateSyntaxError(`'${tag.text}' has nothing to close`, tag.at, expected.trim() || undefined);
  return new TemplateSyntaxError(`unknown tag '${tag.text}'`, tag.at, didYouMean(tag.text, [...tags, ...ends]) ?? `Known tags: ${tags.join(', ')}.`);
}
