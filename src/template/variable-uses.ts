/** Static analysis: which parts of which variables templates and expressions may look at. */
import { parseExpression, parseTemplate } from './compiled.ts';
import { dictMethods } from './python/dict-methods.ts';
import { resultTests } from './tests/results.ts';
import type { Expression, Statement } from './ast.ts';

/** A part of a variable that is looked at: `motd.stat.size` is the part `['stat', 'size']` of `motd`. No keys stand for all of it. */
export interface VariableUse {
  readonly name: string;
  readonly keys: readonly string[];
  /** Only whether it is there matters, or what every task's result says, such as `changed`. */
  readonly shallow: boolean;
}

type Node = Expression | Statement;
type Access = Extract<Expression, { kind: 'name' | 'attribute' | 'item' }>;

/** Functions of templates that run lookups. */
const lookupFunctions: ReadonlySet<string> = new Set(['lookup', 'query', 'q']);

/** Mappings of hosts to all of their variables. */
const variablesByHost: ReadonlySet<string> = new Set(['hostvars', 'ansible_delegated_vars']);

/** Tests that ask only whether a value is there. */
const presenceTests: ReadonlySet<string> = new Set(['defined', 'undefined']);

/** Found in every text that may come to variables which it doesn't name, or to other texts. */
export const indirection = /\b(?:lookup|query|q|vars|hostvars|ansible_delegated_vars|include|import|from|extends)\b/;

/** Whether a lookup (its name, with or without its collection) evaluates variables or texts that it is not given. */
export function isOpenLookup(name: string): boolean {
  return ['vars', 'template'].includes(withoutCollection(name));
}

/** Gathers what texts use. More than they really do is possible, such as names that they bind themselves; less is not. */
export class VariableUses {
  readonly #uses: VariableUse[] = [];
  #isOpen = false;

  get uses(): readonly VariableUse[] {
    return this.#uses;
  }

  /** Whether some text may come to any variable at all, or could not be understood. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @param plainBackslashes as in the text of arguments and variables, not in that of files */
  addTemplate(text: string, plainBackslashes: boolean): void {
    this.#add(() => parseTemplate(text, { plainBackslashes }).statements);
  }

  /** A bare expression, such as a condition. */
  addExpression(text: string): void {
    this.#add(() => parseExpression(text, false));
  }

  #add(parse: () => Expression | readonly Statement[]): void {
    try {
      this.#visit(parse());
    } catch {
      this.#isOpen = true;
    }
  }

  /** A node, a list of them, or whatever nodes consist of. */
  #visit(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    switch (node.kind) {
      case 'include':
      case 'extends':
      case 'import':
      case 'from':
        this.#isOpen = true;
        return;
      case 'name':
      case 'attribute':
      case 'item':
        return this.#visitAccess(node, false);
      case 'test':
        if (!this.#visitTest(node)) this.#visit(node.target);
        return this.#visit(node.args);
      case 'call':
        if (!('callee' in node)) return this.#visitParts(node);
        if (!isHarmlessLookup(node)) this.#visit(node.callee);
        return this.#visit(node.args);
      default:
        return this.#visitParts(node);
    }
  }

  #visitParts(node: object): void {
    for (const part of Object.values(node)) this.#visit(part);
  }

  /** Tests that don't look into what they are given. False for others. */
  #visitTest({ name, target }: Extract<Expression, { kind: 'test' }>): boolean {
    const test = withoutCollection(name);
    const isPresence = presenceTests.has(test);
    if (isPresence ? !isAccess(target) : target.kind !== 'name' || !Object.hasOwn(resultTests, test)) return false;
    this.#visitAccess(target as Access, true);
    return true;
  }

  #visitAccess(access: Access, shallow: boolean): void {
    const keys: (string | undefined)[] = [];
    let base: Expression = access;
    while (base.kind === 'attribute' || base.kind === 'item') {
      if (base.kind === 'attribute') keys.unshift(base.name);
      else {
        keys.unshift(literalKey(base.key));
        this.#visit(base.key);
      }
      base = base.target;
    }
    if (base.kind !== 'name') return this.#visit(base);
    if (base.name === 'vars') this.#useIndirectly(keys, shallow);
    else if (variablesByHost.has(base.name)) this.#useIndirectly(keys.slice(1), shallow);
    else if (lookupFunctions.has(base.name)) this.#isOpen = true;
    else this.#use(base.name, keys, shallow);
  }

  /** The first of the keys is a variable's name. */
  #useIndirectly([name, ...keys]: readonly (string | undefined)[], shallow: boolean): void {
    if (name === undefined || isMethod(name)) this.#isOpen = true;
    else this.#use(name, keys, shallow);
  }

  #use(name: string, keys: readonly (string | undefined)[], shallow: boolean): void {
    const end = keys.findIndex((key) => key === undefined || isMethod(key));
    this.#uses.push({ name, keys: (end < 0 ? keys : keys.slice(0, end)) as readonly string[], shallow: shallow && end < 0 });
  }
}

/** A method of a dictionary may give all of it. */
function isMethod(key: string): boolean {
  return Object.hasOwn(dictMethods, key);
}

function isAccess(node: Expression): node is Access {
  return node.kind === 'name' || node.kind === 'attribute' || node.kind === 'item';
}

function literalKey(key: Expression): string | undefined {
  return key.kind === 'literal' && (typeof key.value === 'string' || typeof key.value === 'number') ? String(key.value) : undefined;
}

/** The call of a lookup that sees no more than its arguments. */
function isHarmlessLookup({ callee, args }: Extract<Expression, { kind: 'call' }>): boolean {
  const [name] = args.positional;
  return callee.kind === 'name' && lookupFunctions.has(callee.name) && name?.kind === 'literal' && typeof name.value === 'string' && !isOpenLookup(name.value);
}

function withoutCollection(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
