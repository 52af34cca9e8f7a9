/** Statements that bring in other files: include, import, from … import, extends. */
import { CtplayError } from '../errors.ts';
import { compileExpression, located } from './compile-expression.ts';
import { Frame } from './frame.ts';
import { isList, isString, NativeObject, Undefined, unmark, valueError, typeName } from './python/values.ts';
import { repr } from './python/text.ts';
import type { Statement } from './ast.ts';
import type { CompiledTemplate, Execute } from './compiled.ts';
import type { Execution } from './frame.ts';

type Node<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** The names that an imported file sets at its top. */
class Module extends NativeObject {
  readonly typeName = 'TemplateModule';
  readonly #frame: Frame;
  readonly #name: string;
  constructor(frame: Frame, name: string) {
    super();
    this.#frame = frame;
    this.#name = name;
  }
  attribute(name: string): unknown {
    return name.startsWith('_') ? undefined : this.#frame.own().get(name);
  }
  names(): string[] {
    return [...this.#frame.own().keys()];
  }
  describe(): string {
    return `<TemplateModule ${repr(this.#name)}>`;
  }
}

/** The first existing template among one or more names; undefined when there is none. */
function load(names: unknown, frame: Frame, from: CompiledTemplate): CompiledTemplate | undefined {
  if (names instanceof Undefined) throw names.error();
  for (const name of isList(names) ? names : [names]) {
    if (!isString(name)) throw valueError(`a template's name must be text, not ${typeName(name)}`);
    const found = frame.rendering.loadTemplate(unmark(name) as string, from);
    if (found !== undefined) return found;
  }
  return undefined;
}

function loadExisting(names: unknown, frame: Frame, from: CompiledTemplate): CompiledTemplate {
  const found = load(names, frame, from);
  if (found === undefined) throw notFound(names, frame);
  return found;
}

function notFound(names: unknown, frame: Frame): CtplayError {
  return new CtplayError('file.missing', `the template ${isList(names) ? names.map(repr).join(', ') : repr(names)} was not found`, {
    expected: `a file in ${frame.rendering.controller.searchPath('templates').join(', ') || 'the search path'}`,
  });
}

/** Runs a file in a frame of its own kind, its parents included. */
export function runTemplate(template: CompiledTemplate, frame: Frame, output: unknown[]): void {
  for (const [name, body] of template.blocks) {
    const bodies = frame.execution.blocks.get(name);
    if (bodies === undefined) frame.execution.blocks.set(name, [body]);
    else bodies.push(body);
  }
  const start = output.length;
  template.execute(frame, output);
  const { parent } = frame.execution;
  if (parent === undefined) return;
  // Only the parent's output counts; the child has filled the blocks.
  output.length = start;
  frame.execution.parent = undefined;
  runTemplate(parent, frame, output);
}

export const newExecution = (): Execution => ({ blocks: new Map(), parent: undefined });

export function compileInclude(statement: Node<'include'>, template: CompiledTemplate): Execute {
  const names = compileExpression(statement.template, template);
  const find = located(template, statement.at, (frame) => {
    const found = load(names(frame), frame, template);
    if (found === undefined && !statement.ignoreMissing) throw notFound(names(frame), frame);
    return found ?? null;
  });
  return (frame, output) => {
    const found = find(frame) as CompiledTemplate | null;
    if (found === null) return;
    const parent = statement.withContext ? frame : undefined;
    runTemplate(found, new Frame(frame.rendering, newExecution(), parent, !statement.withContext), output);
  };
}

function importModule(statement: Node<'import'> | Node<'from'>, template: CompiledTemplate): (frame: Frame) => unknown {
  const names = compileExpression(statement.template, template);
  return located(template, statement.at, (frame) => {
    const found = loadExisting(names(frame), frame, template);
    const scope = new Frame(frame.rendering, newExecution(), statement.withContext ? frame : undefined, !statement.withContext);
    runTemplate(found, scope, []);
    return new Module(scope, found.file ?? '');
  });
}

export function compileImport(statement: Node<'import'>, template: CompiledTemplate): Execute {
  const load = importModule(statement, template);
  return (frame) => frame.set(statement.alias, load(frame));
}

export function compileFrom(statement: Node<'from'>, template: CompiledTemplate): Execute {
  const load = importModule(statement, template);
  return (frame) => {
    const module = load(frame) as Module;
    for (const [name, alias] of statement.names) {
      const value = module.attribute(name);
      frame.set(alias, value === undefined ? new Undefined(`the template does not export '${name}'`, name, () => module.names()) : value);
    }
  };
}

export function compileExtends(statement: Node<'extends'>, template: CompiledTemplate): Execute {
  const names = compileExpression(statement.parent, template);
  const find = located(template, statement.at, (frame) => loadExisting(names(frame), frame, template));
  return (frame) => {
    if (frame.execution.parent !== undefined) throw frame.rendering.locate(valueError('a template can extend one other only'), template, statement.at);
    frame.execution.parent = find(frame) as CompiledTemplate;
  };
}
