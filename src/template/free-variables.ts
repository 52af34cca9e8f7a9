/** Static analysis: the names that a template takes from outside. */
import { parseExpression, parseTemplate } from './compiled.ts';
import type { Arguments, Expression, Statement, Target } from './ast.ts';

/** The variables that a text with {{ }} or {% %} may read. Throws template.syntax. */
export function freeVariables(template: string): Set<string> {
  return namesIn(parseTemplate(template, { plainBackslashes: true }).statements);
}

/** The same for a bare expression, such as a condition. */
export function freeVariablesOfExpression(expression: string): Set<string> {
  const walk = new Walk();
  walk.expression(parseExpression(expression, false), new Set());
  return walk.free;
}

/** The names that statements take from around them. */
export function namesIn(statements: readonly Statement[]): Set<string> {
  const walk = new Walk();
  walk.body(statements, new Set());
  return walk.free;
}

class Walk {
  readonly free = new Set<string>();

  /** Statements in a scope of their own that begins with what is bound around it. */
  body(statements: readonly Statement[], around: ReadonlySet<string>): void {
    const bound = new Set(around);
    for (const statement of statements) this.#statement(statement, bound);
  }

  #statement(statement: Statement, bound: Set<string>): void {
    switch (statement.kind) {
      case 'text':
        return;
      case 'print':
        return this.expression(statement.expression, bound);
      case 'if':
        for (const [test, body] of statement.branches) {
          this.expression(test, bound);
          // What one branch sets may be unset after it, so the names it binds don't count for the rest.
          this.body(body, bound);
        }
        return this.body(statement.otherwise, bound);
      case 'for': {
        this.expression(statement.items, bound);
        const inner = new Set([...bound, 'loop', ...targetNames(statement.target)]);
        if (statement.filter) this.expression(statement.filter, inner);
        this.body(statement.body, inner);
        return this.body(statement.otherwise, bound);
      }
      case 'set':
        this.expression(statement.value, bound);
        return this.#bind(statement.target, bound);
      case 'set block':
        if (statement.filter) this.expression(statement.filter, bound);
        this.body(statement.body, bound);
        return this.#bind(statement.target, bound);
      case 'with': {
        const inner = new Set(bound);
        for (const [target, value] of statement.assignments) {
          this.expression(value, bound);
          this.#bind(target, inner);
        }
        return this.body(statement.body, inner);
      }
      case 'macro':
      case 'call': {
        if (statement.kind === 'macro') bound.add(statement.name);
        else this.expression(statement.call, bound);
        for (const value of statement.defaults) this.expression(value, bound);
        const own = statement.kind === 'macro' ? ['varargs', 'kwargs', 'caller'] : [];
        return this.body(statement.body, new Set([...bound, ...own, ...statement.parameters]));
      }
      case 'filter':
        this.expression(statement.filter, bound);
        return this.body(statement.body, bound);
      case 'block':
        return this.body(statement.body, new Set([...bound, 'super', 'self']));
      case 'scope':
        return this.body(statement.body, bound);
      case 'extends':
        return this.expression(statement.parent, bound);
      case 'include':
        return this.expression(statement.template, bound);
      case 'import':
        this.expression(statement.template, bound);
        return void bound.add(statement.alias);
      case 'from':
        this.expression(statement.template, bound);
        for (const [, alias] of statement.names) bound.add(alias);
    }
  }

  #bind(target: Target, bound: Set<string>): void {
    if (target.kind === 'namespace') this.#name(target.name, bound);
    else for (const name of targetNames(target)) bound.add(name);
  }

  #name(name: string, bound: ReadonlySet<string>): void {
    if (!bound.has(name)) this.free.add(name);
  }

  expression(node: Expression, bound: ReadonlySet<string>): void {
    const all = (...nodes: (Expression | undefined)[]) => {
      for (const child of nodes) if (child !== undefined) this.expression(child, bound);
    };
    switch (node.kind) {
      case 'literal':
        return;
      case 'name':
        return this.#name(node.name, bound);
      case 'list':
      case 'tuple':
        return all(...node.items);
      case 'dict':
        return all(...node.entries.flat());
      case 'attribute':
        return all(node.target);
      case 'item':
        return all(node.target, node.key);
      case 'slice':
        return all(node.target, node.start, node.stop, node.step);
      case 'call':
        return all(node.callee, ...argumentNodes(node.args));
      case 'filter':
      case 'test':
        return all(node.target, ...argumentNodes(node.args));
      case 'not':
      case 'unary':
        return all(node.operand);
      case 'binary':
      case 'and':
      case 'or':
        return all(node.left, node.right);
      case 'concat':
        return all(...node.parts);
      case 'compare':
        return all(node.first, ...node.rest.map(([, operand]) => operand));
      case 'conditional':
        return all(node.test, node.then, node.otherwise);
    }
  }
}

function argumentNodes(args: Arguments): (Expression | undefined)[] {
  return [...args.positional, ...args.keywords.map(([, value]) => value), args.rest, args.keywordRest];
}

function targetNames(target: Target): string[] {
  if (target.kind === 'names') return target.items.flatMap(targetNames);
  return target.kind === 'name' ? [target.name] : [];
}
