/** From a task's arguments as written to what its module takes. */
import { CtplayError } from '../errors.ts';
import { getOrAdd } from '../get-or-add.ts';
import type { Source, Task } from '../load/tree.ts';
import { bindArguments } from '../load/bind.ts';
import { defaultsFor } from '../load/module-defaults.ts';
import type { AnyModule } from '../registry.ts';
import { isTemplate, omit, type Templar } from '../template/index.ts';
import { perChain, type Chain } from './chain.ts';

/** What module_defaults around a task say of a module. */
const defaultArguments = perChain((chain) => {
  const levels = chain.keywords.map(({ moduleDefaults }) => moduleDefaults).filter((level) => level !== undefined);
  return (module: string): readonly unknown[] => (levels.length === 0 ? [] : defaultsFor(module, levels));
});

interface RawSchema {
  readonly raw?: boolean;
}

/** Renders a value deeply; errors point at the very value. Entries that render to `omit` are left out. */
export function renderAt(templar: Templar, value: unknown, source: Source, path: readonly (string | number)[]): unknown {
  if (typeof value === 'string') return isTemplate(value) ? templar.render(value, { span: source.at(path) }) : value;
  if (Array.isArray(value)) return value.map((item, index) => renderAt(templar, item, source, [...path, index])).filter((item) => item !== omit);
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => [isTemplate(key) ? String(templar.render(key, { span: source.at(path) })) : key, renderAt(templar, item, source, [...path, key])]);
    return Object.fromEntries(entries.filter(([, item]) => item !== omit));
  }
  return value;
}

/** Gives a value for a host, rendered by its variables. */
type Rendered = (templar: Templar) => unknown;

/**
 * A value taken apart: what of it holds templates, and where that stands, is found out once for all hosts. Rendering it is as renderAt
 * has it.
 */
function taken(value: unknown, source: Source, path: readonly (string | number)[]): Rendered {
  if (typeof value === 'string' && isTemplate(value)) {
    const options = { span: source.at(path) };
    return (templar) => templar.render(value, options);
  }
  if (typeof value === 'object' && value !== null) return (templar) => renderAt(templar, value, source, path);
  return () => value;
}

interface Argument {
  readonly name: string;
  readonly value: unknown;
  readonly rendered: Rendered;
}

const takenArguments = new WeakMap<Task, readonly Argument[]>();

function argumentsOf(task: Task): readonly Argument[] {
  return getOrAdd(takenArguments, task, () => Object.entries(task.args).map(([name, value]) => ({ name, value, rendered: taken(value, task.source, [...task.argsPath, name]) })));
}

/** The arguments rendered, with module_defaults under them, checked and completed by the module's schema. */
export function resolveArguments(task: Task, module: AnyModule, chain: Chain, templar: Templar): Record<string, unknown> {
  const properties = module.args.properties as Record<string, RawSchema>;
  const rendered: Record<string, unknown> = {};
  const take = (written: string, value: unknown, render: Rendered): void => {
    const name = isTemplate(written) ? String(templar.render(written)) : written;
    const result = properties[name]?.raw === true ? value : render(templar);
    if (result === omit) delete rendered[name];
    else rendered[name] = result;
  };
  for (const defaults of defaultArguments(chain)(task.module)) {
    const mapping = typeof defaults === 'string' ? templar.render(defaults) : defaults;
    if (typeof mapping === 'object' && mapping !== null) for (const [name, value] of Object.entries(mapping)) take(name, value, () => templar.render(value));
  }
  if (task.argsTemplate !== undefined) {
    const span = task.source.at(['args']);
    const mapping = templar.render(task.argsTemplate, { span });
    if (mapping === null || typeof mapping !== 'object' || Array.isArray(mapping)) {
      throw new CtplayError('args.type', "'args' must give a mapping", { span, found: JSON.stringify(mapping) });
    }
    for (const [name, value] of Object.entries(mapping)) take(name, value, () => value as unknown);
  }
  for (const { name, value, rendered: render } of argumentsOf(task)) take(name, value, render);
  return bindArguments(module, task.module, rendered, task);
}
