/** A task's arguments in whatever form they are written, and where each of them stands. */
import { CtplayError, type SourceSpan } from '../errors.ts';
import type { AnyModule } from '../registry.ts';
import type { ModuleUse } from './find-module.ts';
import { optionPlace, parseFreeForm } from './free-form.ts';
import type { LoadScope } from './scope.ts';
import type { Source } from './tree.ts';
import { describeNode, nodeAt, sourceOf, valueOf, type YamlMap } from './yaml/node.ts';

interface WrittenArguments {
  readonly args: Readonly<Record<string, unknown>>;
  readonly template?: string;
}

/** A mapping, `k=v` words, a bare string, nothing, or a template for all of it. */
export function writtenArguments(use: ModuleUse, map: YamlMap, module: AnyModule, scope: LoadScope): WrittenArguments | undefined {
  const node = use.args;
  const span = (nodeAt(map, use.argsPath) ?? map).span;
  const fromMap = node?.kind === 'map' ? (valueOf(node) as Record<string, unknown>) : {};
  const scalar = node?.kind === 'scalar' ? node.value : undefined;
  const text = use.argsText ?? (typeof scalar === 'string' ? scalar : typeof scalar === 'number' && module.freeForm !== undefined ? String(scalar) : undefined);
  if (text === undefined) {
    if (node === undefined || node.kind === 'map' || scalar === null) return { args: fromMap };
    scope.problems.add(
      new CtplayError('args.type', `the arguments of ${use.name} must be a mapping`, { span, expected: module.freeForm === undefined ? 'a mapping of arguments' : 'a mapping of arguments, or a string', found: describeNode(node) }),
    );
    return undefined;
  }
  if (module.freeForm === undefined && /^\s*\{\{[^]*\}\}\s*$/.test(text) && !text.includes('=')) return { args: fromMap, template: text };
  const free = attempt(() => parseFreeForm(text, optionTest(module)), span, scope);
  if (!free) return undefined;
  if (free.raw !== undefined && module.freeForm === undefined) {
    const words = free.raw.trim();
    scope.problems.add(
      new CtplayError('args.type', `${use.name} takes named arguments`, { span, expected: 'a mapping of arguments, or words of the form name=value', found: `'${words}'`, hint: `\`ctplay doc ${use.name}\` lists them.` }),
    );
    return undefined;
  }
  return { args: { ...fromMap, ...free.options, ...(free.raw === undefined ? {} : { [module.freeForm!]: free.raw }) } };
}

/** In the command of a free-form module only the module's own arguments count as `name=value`. */
function optionTest(module: AnyModule): (key: string) => boolean {
  if (module.freeForm === undefined) return (key) => /^\w[\w.-]*$/.test(key);
  const names = new Set<string>();
  for (const [name, schema] of Object.entries(module.args.properties)) {
    if (name === module.freeForm) continue;
    names.add(name);
    for (const alias of (schema as { aliases?: readonly string[] }).aliases ?? []) names.add(alias);
  }
  return (key) => names.has(key);
}

function attempt<T>(action: () => T, span: SourceSpan, scope: LoadScope): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CtplayError)) throw error;
    scope.problems.add(error.at(span));
    return undefined;
  }
}

/** Arguments may stand under the module's name or under `args:`. */
export function taskSource(map: YamlMap, argsPath: readonly string[]): Source {
  const source = sourceOf(map);
  const resolve = (path: readonly (string | number)[]): readonly (string | number)[] => {
    if (path.length <= argsPath.length || nodeAt(map, path) !== undefined || !argsPath.every((part, index) => path[index] === part)) return path;
    const inArgs = ['args', ...path.slice(argsPath.length)];
    return nodeAt(map, inArgs.slice(0, 2)) === undefined ? path : inArgs;
  };
  return {
    ...source,
    at: (path) => wordSpan(map, argsPath, path, 'value') ?? source.at(resolve(path)),
    keyAt: (path) => wordSpan(map, argsPath, path, 'name') ?? source.keyAt(resolve(path)),
  };
}

/** The place of an argument that is written as `name=value` in a plain string on one line. */
function wordSpan(map: YamlMap, argsPath: readonly string[], path: readonly (string | number)[], part: 'name' | 'value'): SourceSpan | undefined {
  const node = path.length === argsPath.length + 1 ? nodeAt(map, argsPath) : undefined;
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || !node.plain || node.span.endLine !== node.span.line) return undefined;
  const place = optionPlace(node.value, String(path.at(-1)));
  if (!place) return undefined;
  const [from, to] = part === 'name' ? [place.start, place.equals] : [Math.min(place.equals + 1, place.end - 1), place.end];
  return { ...node.span, column: node.span.column + from, endColumn: node.span.column + to };
}
