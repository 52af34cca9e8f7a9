/** Arguments against a module's schema: before any SSH as far as they hold no template, and once more when they are rendered. */
import { CtplayError } from '../errors.ts';
import type { AnyModule } from '../registry.ts';
import { shapeArguments, type Problem } from './bind/shape.ts';
import type { Schema } from './bind/schema.ts';
import { validateArguments } from './bind/validate.ts';
import { holdsTemplate } from './has-template.ts';
import type { Task } from './tree.ts';

/**
 * What is wrong with a task's arguments as written: unknown and missing ones, wrong types and values, and what the module's own
 * `validate` says. Values that hold templates are taken to be right, the shape around them is checked. `defaults` are the
 * module's from module_defaults. Needs no host and no variables.
 */
export function checkArguments(module: AnyModule, task: Task, defaults: Readonly<Record<string, unknown>> = {}): CtplayError[] {
  const schema = module.args as Schema;
  const { value, problems, written } = shapeArguments(schema, { ...defaults, ...task.args }, { pending: true, module: task.module, refused: module.refuses });
  const found = withoutEchoes([...problems, ...validateArguments(schema, value, task.module, true)]);
  const known = task.argsTemplate === undefined ? found : found.filter(({ code }) => code !== 'args.missing');
  if (known.length === 0 && task.argsTemplate === undefined && !templated(schema, value)) known.push(...ownProblems(module, value));
  return known.map((problem) => located(problem, task, written));
}

/**
 * Rendered arguments as the module reads them: aliases folded, types coerced as Ansible does, defaults filled in. `name` is the
 * module's, for messages. Throws one CtplayError; where several things are wrong, the others stand in its detail.
 */
export function bindArguments(module: AnyModule, name: string, rendered: Readonly<Record<string, unknown>>, task: Task): Record<string, unknown> {
  const schema = module.args as Schema;
  const { value, problems, written } = shapeArguments(schema, rendered, { pending: false, module: name, refused: module.refuses });
  const found = [...problems, ...validateArguments(schema, value, name, false)];
  if (found.length === 0) found.push(...ownProblems(module, value));
  const [first, ...others] = found.map((problem) => located(problem, task, written));
  if (!first) return value;
  if (others.length === 0) throw first;
  throw new CtplayError(first.code, first.message, { ...first.details, detail: others.map(({ message, details }) => [message, details.expected && `expected ${details.expected}`, details.found && `found ${details.found}`].filter(Boolean).join(', ')).join('\n') });
}

/** A missing argument that an unknown one is the misspelling of needs no line of its own. */
function withoutEchoes(problems: readonly Problem[]): Problem[] {
  const suggested = new Set(problems.filter(({ code }) => code === 'args.unknown').map(({ hint }) => /^Did you mean '(.*)'\?$/.exec(hint ?? '')?.[1]));
  return problems.filter(({ code, message }) => code !== 'args.missing' || ![...suggested].some((name) => name !== undefined && message.endsWith(`'${name}'`)));
}

/** Expressions (`raw` arguments) are no templates whatever they hold. */
function templated(schema: Schema, value: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(value).some(([name, item]) => schema.properties?.[name]?.raw !== true && holdsTemplate(item));
}

function ownProblems(module: AnyModule, value: Record<string, unknown>): Problem[] {
  return [...(module.validate?.(value) ?? [])].map(({ path, message, hint }) => ({ code: 'args.value' as const, path, message, hint }));
}

function located({ code, path, message, expected, found, hint, atKey }: Problem, task: Task, written: ReadonlyMap<string, string>): CtplayError {
  const [first, ...rest] = path;
  const inFile = [...task.argsPath, ...(first === undefined ? [] : [typeof first === 'string' ? (written.get(first) ?? first) : first, ...rest])];
  const secret = task.keywords.noLog === true;
  return new CtplayError(code, message, {
    span: atKey === true ? task.source.keyAt(inFile) : task.source.at(inFile),
    expected,
    found: secret && found !== undefined ? 'a value that no_log hides' : found,
    hint,
  });
}
