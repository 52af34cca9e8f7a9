/** One rendering: runs templates, finds names, files and functions for them, knows where errors are. */
import { dirname } from 'node:path';
import { CtplayError } from '../errors.ts';
import { Secret } from '../shell.ts';
import { compileTemplate } from './compiled.ts';
import { joinNative, joinText } from './concat.ts';
import { findFilter } from './filters/index.ts';
import { findTest } from './tests/index.ts';
import { Frame } from './frame.ts';
import { globals } from './globals.ts';
import { lazily } from './lazy.ts';
import { runLookup } from './lookups/index.ts';
import { newExecution, runTemplate } from './compile-files.ts';
import { TemplateSyntaxError, placeInSpan } from './syntax-error.ts';
import { toPlain } from './plain.ts';
import { truthy } from './python/compare.ts';
import { MarkedText, NativeObject, Undefined, noKwargs, typeName, valueError } from './python/values.ts';
import { Variables } from './variables.ts';
import type { SourceSpan } from '../errors.ts';
import type { CompiledTemplate, Reading } from './compiled.ts';
import type { Context } from './context.ts';
import type { Definition } from './define.ts';
import type { Callable, Kwargs } from './python/values.ts';
import type { LookupContext, RenderOptions, Scope } from './types.ts';

/** Filters whose result stays text even if it looks like a list or dict. */
const textFilters = new Set(['string', 'to_json', 'to_nice_json', 'to_yaml', 'to_nice_yaml']);

export class Rendering implements Context {
  readonly #options: RenderOptions;
  readonly #known: WeakMap<object, boolean>;
  readonly #scope: Scope;
  #variables: Variables;
  /** Where the texts given by the user stand. */
  #spans: Map<CompiledTemplate, SourceSpan> | undefined;
  /** Whether output that looks like a list, dict or bool becomes one. */
  #convert = true;

  constructor(scope: Scope, options: RenderOptions, known: WeakMap<object, boolean>) {
    this.#options = options;
    this.#known = known;
    this.#scope = scope;
    this.#variables = this.#freshVariables();
  }

  #freshVariables(): Variables {
    return new Variables(this.#scope, this.#known, (text) => this.#argument(text, undefined));
  }

  /** A value as a task's argument, at any depth. */
  render(value: unknown): unknown {
    return lazily(value, [], (leaf, path) => {
      if (leaf instanceof Secret) return leaf;
      return this.plain(this.#argument(leaf, this.#options.spanAt?.(path) ?? (path.length === 0 ? this.#options.span : undefined)));
    }, this.#known);
  }

  /** A result as plain data; if a secret has been read for it, its text is secret. */
  plain(value: unknown): unknown {
    const result = toPlain(value);
    if (!this.#variables.tainted) return result;
    // What comes next is secret only if it reads a secret itself.
    this.#variables = this.#freshVariables();
    return toPlain(result, true);
  }

  /** One text as an argument. */
  #argument(text: string, span: SourceSpan | undefined): unknown {
    const single = this.#variables.single(text);
    if (single !== undefined) return single;
    return this.#execute(this.compile(text, { plainBackslashes: true, syntax: this.#options.syntax }, span), true);
  }

  /** A file's text, always as text. */
  file(text: string): unknown {
    const { name, span = name === undefined ? undefined : { file: name, line: 1, column: 1 }, syntax } = this.#options;
    return this.#execute(this.compile(text, { plainBackslashes: false, syntax }, span), false);
  }

  /** The value of a compiled bare expression that stands at `options.span`. */
  evaluate(template: CompiledTemplate): unknown {
    if (this.#options.span !== undefined) (this.#spans ??= new Map<CompiledTemplate, SourceSpan>()).set(template, this.#options.span);
    this.#variables.mutable ||= template.mutates;
    return template.evaluate(new Frame(this, newExecution()));
  }

  compile(text: string, reading: Reading, span: SourceSpan | undefined): CompiledTemplate {
    try {
      const template = compileTemplate(text, reading);
      if (span !== undefined) (this.#spans ??= new Map<CompiledTemplate, SourceSpan>()).set(template, span);
      this.#variables.mutable ||= template.mutates;
      return template;
    } catch (error) {
      const place = reading.file === undefined ? span : { file: reading.file, line: 1, column: 1 };
      throw error instanceof TemplateSyntaxError && place !== undefined ? error.at(placeInSpan(place, text, error.offset)) : error;
    }
  }

  #execute(template: CompiledTemplate, convert: boolean, extra?: ReadonlyMap<string, unknown>): unknown {
    const convertBefore = this.#convert;
    this.#convert = convert;
    try {
      const frame = new Frame(this, newExecution());
      for (const [name, value] of extra ?? []) frame.set(name, value);
      const output: unknown[] = [];
      runTemplate(template, frame, output);
      const result = this.join(output);
      if (!(result instanceof MarkedText)) return typeof result === 'string' ? restoreNewlines(result, template) : result;
      const restored = restoreNewlines(result.text, template);
      return restored === result.text ? result : restored;
    } finally {
      this.#convert = convertBefore;
    }
  }

  /** What captured output becomes: text in files, else as Ansible reads it. */
  join(output: readonly unknown[]): unknown {
    return this.#convert ? joinNative(output) : joinText(output);
  }

  variable(name: string): unknown {
    const value = this.#variables.value(name);
    return value === undefined ? this.global(name) : value;
  }

  variableNames(): Iterable<string> {
    return this.#variables.names();
  }

  /** A function that every template has; Undefined when there is none of this name. */
  global(name: string): unknown {
    if (Object.hasOwn(globals, name)) return globals[name]!(this);
    return new Undefined(`'${name}' is undefined`, name, () => [...this.#variables.names(), ...Object.keys(globals)]);
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
    this.volatile();
    return runLookup(this, name, terms, options);
  }

  get controller(): LookupContext {
    this.volatile();
    if (this.#options.lookups === undefined) throw valueError('lookups and files of the controller are not available here');
    return this.#options.lookups;
  }

  volatile(): void {
    this.#options.volatile?.();
  }

  now(): Date {
    this.volatile();
    return this.#options.lookups?.now() ?? new Date();
  }

  renderFile(text: string, path: string, extra: ReadonlyMap<string, unknown>, convert: boolean, syntax: Readonly<Record<string, string>>): unknown {
    return this.#execute(this.compile(text, { plainBackslashes: false, file: path, syntax }, undefined), convert, extra);
  }

  /** A template file by its name, first beside the file that asks for it; undefined when there is none. */
  loadTemplate(name: string, from: CompiledTemplate): CompiledTemplate | undefined {
    const own = from.file ?? this.#options.span?.file ?? this.#options.name;
    const beside = own === undefined ? undefined : this.controller.find(`${dirname(own)}/${name}`, 'templates');
    const path = beside ?? this.controller.find(name, 'templates');
    if (path === undefined) return undefined;
    return this.compile(new TextDecoder().decode(this.controller.read(path)), { plainBackslashes: false, file: path, syntax: from.syntax }, undefined);
  }

  /** The error with the place of the node in the user's file, if that is known and the error has none yet. */
  locate(error: unknown, template: CompiledTemplate, at: number): unknown {
    if (!(error instanceof CtplayError) || error.details.span !== undefined) return error;
    const span = template.file === undefined ? this.#spans?.get(template) : { file: template.file, line: 1, column: 1 };
    return span === undefined ? error : error.at(placeInSpan(span, template.text, at));
  }
}

/** Jinja2 drops newlines at the end; the result gets as many as the text had. */
function restoreNewlines(result: string, template: CompiledTemplate): string {
  const wanted = trailingNewlines(template.text) - trailingNewlines(result);
  return wanted > 0 ? result + template.syntax.newline.repeat(wanted) : result;
}

function trailingNewlines(text: string): number {
  return /\n*$/.exec(text)![0].length;
}
