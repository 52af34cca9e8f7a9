/** The template engine as the rest of ctplay uses it. */
import { CtplayError } from '../errors.ts';
import { Secret } from '../shell.ts';
import { compileBareExpression } from './compiled.ts';
import { isTemplate, needsRendering } from './lazy.ts';
import { placeInSpan, TemplateSyntaxError } from './syntax-error.ts';
import { toPlain } from './plain.ts';
import { Rendering } from './rendering.ts';
import { finalize } from './concat.ts';
import { truthy } from './python/compare.ts';
import { text } from './python/text.ts';
import { defined } from './python/values.ts';
import { omit } from './types.ts';
import type { SourceSpan } from '../errors.ts';
import type { RenderOptions, Scope } from './types.ts';

export class Templar {
  readonly #scope: Scope;
  readonly #options: RenderOptions;
  /** Which values hold templates, so that large ones are searched once. */
  readonly #known = new WeakMap<object, boolean>();

  constructor(scope: Scope, options: RenderOptions = {}) {
    this.#scope = scope;
    this.#options = options;
  }

  /**
   * A value with all templates in it rendered, as Ansible does with a task's arguments: text with {{ }} or {% %} becomes
   * text, or a list, dict or bool if it looks like one; a single variable keeps its type. Gives plain data (`omit` itself
   * when the whole value is that). Throws CtplayError template.syntax, template.undefined or template.value.
   */
  render(value: unknown, options: RenderOptions = {}): unknown {
    if (!needsRendering(value, this.#known)) return typeof value === 'object' ? toPlain(value) : value;
    return this.#guarded(options, undefined, (rendering) => rendering.render(value));
  }

  /**
   * A template file's text: the result is text whatever it looks like, backslashes in strings escape, `#jinja2:` may change
   * the syntax, and the newlines at the end stay. `options.name` or `options.span.file` is where includes start from.
   */
  renderText(source: string, options: RenderOptions = {}): string {
    const result = this.#guarded(options, undefined, (rendering) => rendering.file(source));
    return result instanceof Secret ? result.reveal() : text(result);
  }

  /** The value of a bare expression, with its type. */
  evaluate(expression: string, options: RenderOptions = {}): unknown {
    return this.#guarded(options, expression, (rendering) => {
      const value = defined(rendering.evaluate(compileBareExpression(expression, true)));
      return value === null ? null : finalize(value);
    });
  }

  /** Whether a condition holds: an expression, a bool, or a list of conditions of which all must hold. Nothing holds. */
  condition(condition: unknown, options: RenderOptions = {}): boolean {
    if (Array.isArray(condition)) return condition.every((part) => this.condition(part, options));
    if (condition === null || condition === undefined || condition === '') return true;
    if (typeof condition !== 'string') return truthy(condition);
    if (!isTemplate(condition)) return this.#holds(condition, options);
    const span = options.span ?? this.#options.span;
    (options.warn ?? this.#options.warn)?.(`the condition '${condition}' should not be in braces: it is an expression already`, span);
    const rendered = this.render(condition, options);
    if (rendered instanceof Secret) return this.#holds(rendered.reveal(), options);
    if (typeof rendered !== 'string') return truthy(rendered);
    return rendered === '' ? false : this.#holds(rendered, options);
  }

  /**
   * What a lookup plugin gives for terms that are rendered already, as `with_<name>` loops need it: plain data.
   * Throws CtplayError when there is no such lookup or it finds nothing.
   */
  lookup(name: string, terms: readonly unknown[], lookupOptions: ReadonlyMap<string, unknown> = new Map(), options: RenderOptions = {}): unknown[] {
    return this.#guarded(options, undefined, (rendering) => [...rendering.lookup(name, terms, lookupOptions)]) as unknown[];
  }

  #holds(expression: string, options: RenderOptions): boolean {
    // As in a statement, backslashes in the strings of a condition escape.
    return this.#guarded(options, expression, (rendering) => truthy(rendering.evaluate(compileBareExpression(expression, false)))) === true;
  }

  /** Runs a rendering and makes its result plain; syntax errors get their place. */
  #guarded(options: RenderOptions, source: string | undefined, run: (rendering: Rendering) => unknown): unknown {
    const merged = { ...this.#options, ...options };
    const rendering = new Rendering(this.#scope, merged, this.#known);
    try {
      const value = run(rendering);
      return value === omit ? omit : rendering.plain(value);
    } catch (error) {
      throw explain(error, source, merged.span, merged.name);
    }
  }
}

/** A user's error with its place; anything else, such as the engine's own signals, as it is. */
function explain(error: unknown, source: string | undefined, span: SourceSpan | undefined, name: string | undefined): unknown {
  if (error instanceof RangeError && /call stack/.test(error.message)) {
    return new CtplayError('template.value', 'the template refers to itself without end', { span });
  }
  if (!(error instanceof CtplayError)) return error;
  if (error instanceof TemplateSyntaxError && source !== undefined && span !== undefined) return error.at(placeInSpan(span, source, error.offset));
  if (span !== undefined) return error.at(span);
  if (name === undefined || error.details.detail !== undefined) return error;
  return new CtplayError(error.code, error.message, { ...error.details, detail: `in ${name}` }, error.exitStatus);
}
