/** One rendering: where names come from, what has been rendered already, where errors are. */
import { dirname } from 'node:path';
import { CtplayError } from '../errors.ts';
import { Secret } from '../shell.ts';
import { compileTemplate } from './compiled.ts';
import { joinNative, joinText } from './concat.ts';
import { findFilter } from './filters/index.ts';
import { findTest } from './tests/index.ts';
import { Frame } from './frame.ts';
import { globals } from './globals.ts';
import { deepCopy, lazily } from './lazy.ts';
import { runLookup } from './lookups/index.ts';
import { newExecution, runTemplate } from './compile-files.ts';
import { placeInSpan } from './syntax-error.ts';
import { truthy } from './python/compare.ts';
import { MarkedText, NativeObject, Undefined, isNumber, noKwargs, typeName, valueError } from './python/values.ts';
import type { CompiledTemplate } from './compiled.ts';
import type { Context } from './context.ts';
import type { Definition } from './define.ts';
import type { Callable, Kwargs } from './python/values.ts';
import type { LookupContext, RenderOptions, Scope } from './types.ts';

/** Filters whose result stays text even if it looks like a list or dict. */
const textFilters = new Set(['string', 'to_json', 'to_nice_json', 'to_yaml', 'to_nice_yaml']);

const singleVariable = /^\{\{\s*(\w+)\s*\}\}$/;

export class Rendering implements Context {
  /** Whether a secret has been read; what comes out is then secret too. */
  tainted = false;
  readonly #scope: Scope;
  readonly #options: RenderOptions;
  readonly #known: WeakMap<object, boolean>;
  readonly #variables = new Map<string, unknown>();
  /** The variables being rendered, the outermost first. */
  readonly #chain: string[] = [];
  /** The text that `options.span` belongs to. */
  #root: CompiledTemplate | undefined;
  #convert = true;
  #mutable = false;

  constructor(scope: Scope, options: RenderOptions, known: WeakMap<object, boolean>) {
    this.#scope = scope;
    this.#options = options;
    this.#known = known;
  }

  /** The value of a compiled template; errors point into `options.span`. */
  run(template: CompiledTemplate, convert: boolean): unknown {
    this.#root ??= template;
    return this.#execute(template, convert, undefined);
  }

  /** The value of a compiled bare expression. */
  evaluate(template: CompiledTemplate): unknown {
    this.#root ??= template;
    this.#mutable ||= template.mutates;
    return template.evaluate(new Frame(this, newExecution()));
  }

  #execute(template: CompiledTemplate, convert: boolean, extra: ReadonlyMap<string, unknown> | undefined): unknown {
    const convertBefore = this.#convert;
    this.#convert = convert;
    this.#mutable ||= template.mutates;
    try {
      const frame = new Frame(this, newExecution());
      for (const [name, value] of extra ?? []) frame.set(name, value);
      const output: unknown[] = [];
      runTemplate(template, frame, output);
      const result = this.join(output);
      return typeof result === 'string' ? restoreNewlines(result, template) : result;
    } finally {
      this.#convert = convertBefore;
    }
  }

  /** What captured output becomes: text in files, else as Ansible reads it. */
  join(output: readonly unknown[]): unknown {
    return this.#convert ? joinNative(output) : joinText(output);
  }

  /** The value of a text as a task's argument. */
  renderText(text: string): unknown {
    const only = singleVariable.exec(text)?.[1];
    if (only !== undefined) {
      const variable = this.#scope.lookup(only);
      // A single variable keeps its type if it is a number, a bool or nothing.
      if (variable !== undefined) {
        const { value } = variable;
        if (isNumber(value) || typeof value === 'boolean' || typeof value === 'symbol' || value === null) return value;
      }
    }
    return this.run(compileTemplate(text, { plainBackslashes: true, syntax: this.#options.syntax }), true);
  }

  render(value: unknown): unknown {
    return lazily(value, '', (leaf) => this.#leaf(leaf), this.#known);
  }

  /** A text or secret inside a value that is rendered as a whole. */
  #leaf(leaf: string | Secret): unknown {
    if (leaf instanceof Secret) return this.#reveal(leaf);
    return this.renderText(leaf);
  }

  #reveal(secret: Secret): string {
    this.tainted = true;
    return secret.reveal();
  }

  variable(name: string): unknown {
    const before = this.#variables.get(name);
    if (before !== undefined) return before;
    const variable = this.#scope.lookup(name);
    if (variable === undefined) return this.global(name);
    const { value, literal } = variable;
    const rendered = literal === true ? (value instanceof Secret ? this.#reveal(value) : value) : this.#lazily(value, name);
    if (!this.#mutable || typeof rendered !== 'object') {
      if (rendered !== undefined) this.#variables.set(name, rendered);
      return rendered ?? null;
    }
    // Set before it is copied: its parts may refer to each other.
    this.#variables.set(name, rendered);
    const copy = deepCopy(rendered);
    this.#variables.set(name, copy);
    return copy;
  }

  #lazily(value: unknown, name: string): unknown {
    return lazily(value, name, (leaf, path) => {
      if (leaf instanceof Secret) return this.#reveal(leaf);
      return this.#nested(leaf, path);
    }, this.#known);
  }

  /** The value of a template inside a variable. What is undefined in it makes it undefined, which `default` may mend. */
  #nested(text: string, path: string): unknown {
    if (this.#chain.includes(path)) {
      throw valueError(`recursive loop in variables: ${[...this.#chain.slice(this.#chain.indexOf(path)), path].join(' → ')}`, 'A variable is defined by itself; break the circle.');
    }
    this.#chain.push(path);
    try {
      return this.#nestedText(text);
    } catch (error) {
      if (!(error instanceof CtplayError)) throw error;
      const explained = error.details.detail === undefined
        ? new CtplayError(error.code, error.message, { ...error.details, detail: `in the value of '${path}': ${text}` }, error.exitStatus)
        : error;
      if (error.code === 'template.undefined') return new Undefined(error.message, undefined, undefined, explained);
      throw explained;
    } finally {
      this.#chain.pop();
    }
  }

  #nestedText(text: string): unknown {
    const only = singleVariable.exec(text)?.[1];
    if (only !== undefined) {
      const value = this.#scope.lookup(only)?.value;
      if (isNumber(value) || typeof value === 'boolean' || typeof value === 'symbol' || value === null) return value;
    }
    const template = compileTemplate(text, { plainBackslashes: true });
    return this.#execute(template, true, undefined);
  }

  /** A function that every template has; Undefined when there is none of this name. */
  global(name: string): unknown {
    const found = Object.hasOwn(globals, name) ? globals[name] : undefined;
    if (found !== undefined) return found(this);
    return new Undefined(`'${name}' is undefined`, name, () => [...this.#scope.names(), ...Object.keys(globals)]);
  }

  variableNames(): Iterable<string> {
    return this.#scope.names();
  }

  apply(definition: Definition, name: string, value: unknown, args: readonly unknown[], kwargs: Kwargs): unknown {
    const result = definition.call(this, name, value, args, kwargs);
    return textFilters.has(name) && typeof result === 'string' ? new MarkedText(result, 'text') : result;
  }

  filter(name: string, value: unknown, args: readonly unknown[] = [], kwargs: Kwargs = noKwargs): unknown {
    const definition = findFilter(name);
    if (definition === undefined) throw valueError(`there is no filter '${name}'`);
    return definition.call(this, name, value, args, kwargs);
  }

  test(name: string, value: unknown, args: readonly unknown[] = [], kwargs: Kwargs = noKwargs): boolean {
    const definition = findTest(name);
    if (definition === undefined) throw valueError(`there is no test '${name}'`);
    return truthy(definition.call(this, name, value, args, kwargs));
  }

  hasTest(name: string): boolean {
    return findTest(name) !== undefined;
  }

  hasFilter(name: string): boolean {
    return findFilter(name) !== undefined;
  }

  call(callee: unknown, args: readonly unknown[], kwargs: Kwargs): unknown {
    if (typeof callee === 'function') return (callee as Callable)(args, kwargs);
    if (callee instanceof Undefined) throw callee.error();
    if (callee instanceof NativeObject && 'call' in callee) return (callee as unknown as { call: Callable }).call(args, kwargs);
    throw valueError(`'${typeName(callee)}' object is not callable`);
  }

  lookup(name: string, terms: readonly unknown[], options: Kwargs): readonly unknown[] {
    return runLookup(this, name, terms, options);
  }

  get controller(): LookupContext {
    if (this.#options.lookups === undefined) throw valueError('lookups and files of the controller are not available here');
    return this.#options.lookups;
  }

  now(): Date {
    return this.#options.lookups?.now() ?? new Date();
  }

  renderFile(text: string, path: string, extra: ReadonlyMap<string, unknown>, convert: boolean, syntax: Readonly<Record<string, string>>): unknown {
    const template = compileTemplate(text, { plainBackslashes: false, file: path, syntax });
    return this.#execute(template, convert, extra);
  }

  /** A template file by its name, first beside the file that asks for it; undefined when there is none. */
  loadTemplate(name: string, from: CompiledTemplate): CompiledTemplate | undefined {
    const own = from.file ?? this.#options.span?.file;
    const beside = own === undefined ? undefined : this.controller.find(`${dirname(own)}/${name}`, 'templates');
    const path = beside ?? this.controller.find(name, 'templates');
    if (path === undefined) return undefined;
    const template = compileTemplate(new TextDecoder().decode(this.controller.read(path)), { plainBackslashes: false, file: path, syntax: from.syntax });
    this.#mutable ||= template.mutates;
    return template;
  }

  /** The error with the place of the node in the user's file, if that is known and the error has none yet. */
  locate(error: unknown, template: CompiledTemplate, at: number): unknown {
    if (!(error instanceof CtplayError) || error.details.span !== undefined) return error;
    const span = template.file !== undefined ? { file: template.file, line: 1, column: 1 } : template === this.#root ? this.#options.span : undefined;
    return span === undefined ? error : error.at(placeInSpan(span, template.text, at));
  }
}

/** Jinja2 drops newlines at the end; the result gets as many as the text had. */
function restoreNewlines(result: string, template: CompiledTemplate): string {
  const wanted = trailingNewlines(template.text);
  const found = trailingNewlines(result);
  return wanted > found ? result + template.syntax.newline.repeat(wanted - found) : result;
}

function trailingNewlines(text: string): number {
  let count = 0;
  while (count < text.length && text[text.length - 1 - count] === '\n') count++;
  return count;
}

