/** From a task's arguments as written to what its module takes. */
import { CtplayError } from '../errors.ts';
import type { Source, Task } from '../load/tree.ts';
import { bindArguments } from '../load/bind.ts';
import { defaultsFor } from '../load/module-defaults.ts';
import type { AnyModule } from '../registry.ts';
import { isTemplate, omit, type Templar } from '../template/index.ts';
import type { Chain } from './chain.ts';

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

/** The arguments rendered, with module_defaults under them, checked and completed by the module's schema. */
export function resolveArguments(task: Task, module: AnyModule, chain: Chain, templar: Templar): Record<string, unknown> {
  const properties = module.args.properties as Record<string, RawSchema>;
  const rendered: Record<string, unknown> = {};
  const take = (values: Readonly<Record<string, unknown>>, render: (name: string, value: unknown) => unknown): void => {
    for (const [written, value] of Object.entries(values)) {
      const name = isTemplate(written) ? String(templar.render(written)) : written;
      const result = properties[name]?.raw === true ? value : render(name, value);
      if (result === omit) delete rendered[name];
      else rendered[name] = result;
    }
  };
  for (const defaults of defaultsFor(task.module, chain.keywords.map(({ moduleDefaults }) => moduleDefaults))) {
    const mapping = typeof defaults === 'string' ? templar.render(defaults) : defaults;
    if (typeof mapping === 'object' && mapping !== null) take(mapping as Record<string, unknown>, (_name, value) => templar.render(value));
  }
  if (task.argsTemplate !== undefined) {
    const span = task.source.at(['args']);
    const mapping = templar.render(task.argsTemplate, { span });
    if (mapping === null || typeof mapping !== 'object' || Array.isArray(mapping)) {
      throw new CtplayError('args.type', "'args' must give a mapping", { span, found: JSON.stringify(mapping) });
    }
    take(mapping as Record<string, unknown>, (_name, value) => value);
  }
  take(task.args, (name, value) => renderAt(templar, value, task.source, [...task.argsPath, name]));
  return bindArguments(module, task.module, rendered, task);
}
