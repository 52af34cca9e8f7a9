/** Reads expressions: Jinja2's grammar, from the loosest operator to the tightest. */
import { TemplateSyntaxError } from './syntax-error.ts';
import type { Arguments, CompareOperator, Expression } from './ast.ts';
import type { Token } from './lexer.ts';
import type { TokenStream } from './token-stream.ts';

const constants: Readonly<Record<string, unknown>> = { true: true, True: true, false: false, False: false, none: null, None: null };
const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
/** Words that end a test rather than being its argument. */
const afterTest = new Set(['else', 'or', 'and', 'if', 'in', 'not', 'is', 'recursive']);

export class ExpressionParser {
  readonly tokens: TokenStream;
  constructor(tokens: TokenStream) {
    this.tokens = tokens;
  }

  /** One expression; with `conditional: false` an `if` after it belongs to the statement around it. */
  expression(conditional = true): Expression {
    return conditional ? this.#conditional() : this.#or();
  }

  /** `a, b`: a tuple when there is a comma, else the expression itself. */
  tuple(conditional = true, endsAt: (token: Token) => boolean = () => false): Expression {
    const at = this.tokens.current.at;
    const items = [this.expression(conditional)];
    let isTuple = false;
    while (this.tokens.skipOperator(',')) {
      isTuple = true;
      const { kind, text } = this.tokens.current;
      if (kind === 'block_end' || kind === 'variable_end' || kind === 'end' || (kind === 'operator' && /^[)\]}=]$/.test(text)) || endsAt(this.tokens.current)) break;
      items.push(this.expression(conditional));
    }
    return isTuple ? { kind: 'tuple', items, at } : items[0]!;
  }

  #conditional(): Expression {
    let result = this.#or();
    while (this.tokens.isName('if')) {
      const { at } = this.tokens.advance();
      const test = this.#or();
      const otherwise = this.tokens.skipName('else') ? this.#conditional() : undefined;
      result = { kind: 'conditional', test, then: result, otherwise, at };
    }
    return result;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.tokens.isName('or')) {
      const { at } = this.tokens.advance();
      left = { kind: 'or', left, right: this.#and(), at };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.tokens.isName('and')) {
      const { at } = this.tokens.advance();
      left = { kind: 'and', left, right: this.#not(), at };
    }
    return left;
  }

  #not(): Expression {
    if (!this.tokens.isName('not')) return this.#compare();
    const { at } = this.tokens.advance();
    return { kind: 'not', operand: this.#not(), at };
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: [CompareOperator, Expression][] = [];
    for (;;) {
      const { kind, text } = this.tokens.current;
      if (kind === 'operator' && comparisons.has(text)) {
        this.tokens.advance();
        rest.push([text as CompareOperator, this.#sum()]);
      } else if (this.tokens.skipName('in')) {
        rest.push(['in', this.#sum()]);
      } else if (this.tokens.isName('not') && this.tokens.peek().kind === 'name' && this.tokens.peek().text === 'in') {
        this.tokens.advance();
        this.tokens.advance();
        rest.push(['not in', this.#sum()]);
      } else break;
    }
    return rest.length === 0 ? first : { kind: 'compare', first, rest, at: first.at };
  }

  #sum(): Expression {
    let left = this.#concat();
    while (this.tokens.isOperator('+') || this.tokens.isOperator('-')) {
      const { text, at } = this.tokens.advance();
      left = { kind: 'binary', operator: text as '+', left, right: this.#concat(), at };
    }
    return left;
  }

  #concat(): Expression {
    const parts = [this.#product()];
    while (this.tokens.skipOperator('~')) parts.push(this.#product());
    return parts.length === 1 ? parts[0]! : { kind: 'concat', parts, at: parts[0]!.at };
  }

  #product(): Expression {
    let left = this.#power();
    while (['*', '/', '//', '%'].some((sign) => this.tokens.isOperator(sign))) {
      const { text, at } = this.tokens.advance();
      left = { kind: 'binary', operator: text as '*', left, right: this.#power(), at };
    }
    return left;
  }

  #power(): Expression {
    let left = this.#unary(true);
    while (this.tokens.isOperator('**')) {
      const { at } = this.tokens.advance();
      left = { kind: 'binary', operator: '**', left, right: this.#unary(true), at };
    }
    return left;
  }

  #unary(withFilters: boolean): Expression {
    const { at } = this.tokens.current;
    let result: Expression;
    if (this.tokens.isOperator('-') || this.tokens.isOperator('+')) {
      const operator = this.tokens.advance().text as '-' | '+';
      result = { kind: 'unary', operator, operand: this.#unary(false), at };
    } else result = this.#primary();
    result = this.#postfix(result);
    return withFilters ? this.#filters(result) : result;
  }

  #primary(): Expression {
    const token = this.tokens.current;
    const { at } = token;
    switch (token.kind) {
      case 'name':
        this.tokens.advance();
        return Object.hasOwn(constants, token.text) ? { kind: 'literal', value: constants[token.text], at } : { kind: 'name', name: token.text, at };
      case 'number':
        this.tokens.advance();
        return { kind: 'literal', value: token.value, at };
      case 'string': {
        let value = '';
        while (this.tokens.current.kind === 'string') value += this.tokens.advance().text;
        return { kind: 'literal', value, at };
      }
      default:
    }
    if (this.tokens.isOperator('(')) return this.#parentheses();
    if (this.tokens.isOperator('[')) return { kind: 'list', items: this.#listItems(), at };
    if (this.tokens.isOperator('{')) return { kind: 'dict', entries: this.#dictEntries(), at };
    throw this.tokens.unexpected('a value');
  }

  #parentheses(): Expression {
    const { at } = this.tokens.advance();
    if (this.tokens.skipOperator(')')) return { kind: 'tuple', items: [], at };
    const inner = this.tuple();
    this.tokens.expectOperator(')');
    return inner;
  }

  #listItems(): Expression[] {
    this.tokens.advance();
    const items: Expression[] = [];
    while (!this.tokens.isOperator(']')) {
      items.push(this.expression());
      if (!this.tokens.skipOperator(',')) break;
    }
    this.tokens.expectOperator(']');
    return items;
  }

  #dictEntries(): [Expression, Expression][] {
    this.tokens.advance();
    const entries: [Expression, Expression][] = [];
    while (!this.tokens.isOperator('}')) {
      const key = this.expression();
      this.tokens.expectOperator(':');
      entries.push([key, this.expression()]);
      if (!this.tokens.skipOperator(',')) break;
    }
    this.tokens.expectOperator('}');
    return entries;
  }

  #postfix(start: Expression): Expression {
    let result = start;
    for (;;) {
      const { at } = this.tokens.current;
      if (this.tokens.skipOperator('.')) {
        const token = this.tokens.current;
        if (token.kind === 'name') result = { kind: 'attribute', target: result, name: token.text, at: token.at };
        else if (token.kind === 'number') result = { kind: 'item', target: result, key: { kind: 'literal', value: token.value, at: token.at }, at: token.at };
        else throw this.tokens.unexpected('a name or number');
        this.tokens.advance();
      } else if (this.tokens.isOperator('[')) result = this.#subscript(result);
      else if (this.tokens.isOperator('(')) result = { kind: 'call', callee: result, args: this.arguments(), at };
      else return result;
    }
  }

  #subscript(target: Expression): Expression {
    const { at } = this.tokens.advance();
    const bound = () => (this.tokens.isOperator(':') || this.tokens.isOperator(']') ? undefined : this.expression());
    const start = this.tokens.isOperator(':') ? undefined : this.tuple();
    if (!this.tokens.skipOperator(':')) {
      this.tokens.expectOperator(']');
      return { kind: 'item', target, key: start!, at };
    }
    const stop = bound();
    const step = this.tokens.skipOperator(':') ? bound() : undefined;
    this.tokens.expectOperator(']');
    return { kind: 'slice', target, start, stop, step, at };
  }

  /** Filters, tests and calls that follow a value, from left to right. */
  #filters(start: Expression): Expression {
    let result = start;
    for (;;) {
      const { at } = this.tokens.current;
      if (this.tokens.isOperator('|')) result = this.filter(result);
      else if (this.tokens.isName('is')) result = this.#test(result);
      else if (this.tokens.isOperator('(')) result = { kind: 'call', callee: result, args: this.arguments(), at };
      else return result;
    }
  }

  /** One or more `| name(args)`; without a target for filter blocks, whose first filter has no bar. */
  filter(target: Expression | undefined): Expression {
    let result = target;
    let first = target === undefined;
    while (first || this.tokens.isOperator('|')) {
      if (!first) this.tokens.advance();
      first = false;
      const { at } = this.tokens.current;
      const name = this.#dottedName();
      const args = this.tokens.isOperator('(') ? this.arguments() : noArguments;
      result = { kind: 'filter', name, target: result, args, at };
    }
    return result!;
  }

  #dottedName(): string {
    let name = this.tokens.expectName().text;
    while (this.tokens.skipOperator('.')) name += `.${this.tokens.expectName().text}`;
    return name;
  }

  #test(target: Expression): Expression {
    this.tokens.advance();
    const negated = this.tokens.skipName('not');
    const { at } = this.tokens.current;
    const name = this.#dottedName();
    let args = noArguments;
    const { kind, text } = this.tokens.current;
    if (this.tokens.isOperator('(')) args = this.arguments();
    else if (kind === 'string' || kind === 'number' || (kind === 'operator' && (text === '[' || text === '{')) || (kind === 'name' && !afterTest.has(text))) {
      args = { positional: [this.#postfix(this.#primary())], keywords: [] };
    }
    const test: Expression = { kind: 'test', name, target, args, at };
    return negated ? { kind: 'not', operand: test, at } : test;
  }

  /** `(a, b=1, *c, **d)`. */
  arguments(): Arguments {
    this.tokens.expectOperator('(');
    const positional: Expression[] = [];
    const keywords: [string, Expression][] = [];
    let rest: Expression | undefined;
    let keywordRest: Expression | undefined;
    while (!this.tokens.isOperator(')')) {
      const token = this.tokens.current;
      if (this.tokens.skipOperator('**')) keywordRest = this.expression();
      else if (this.tokens.skipOperator('*')) rest = this.expression();
      else if (token.kind === 'name' && this.tokens.peek().kind === 'operator' && this.tokens.peek().text === '=') {
        this.tokens.advance();
        this.tokens.advance();
        keywords.push([token.text, this.expression()]);
      } else {
        if (keywords.length > 0) throw new TemplateSyntaxError('an argument without a name follows one with a name', token.at);
        positional.push(this.expression());
      }
      if (!this.tokens.skipOperator(',')) break;
    }
    this.tokens.expectOperator(')');
    return { positional, keywords, ...(rest && { rest }), ...(keywordRest && { keywordRest }) };
  }
}

const noArguments: Arguments = { positional: [], keywords: [] };
