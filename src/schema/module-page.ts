/** A module's page as data: everything in it comes from the module's definition. */
import type { Schema } from '../load/bind/schema.ts';
import type { AnyModule } from '../registry.ts';
import { argumentDocs, type ArgumentDoc } from './argument-docs.ts';

export interface ModulePage {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly ArgumentDoc[];
  /** The argument that a bare string sets. */
  readonly freeForm: string | undefined;
  /** How the module behaves in a run, in check mode and in a reset. */
  readonly behaviour: readonly (readonly [what: string, how: string])[];
  /** Arguments of Ansible's module that it refuses, with what to do instead. */
  readonly refuses: Readonly<Record<string, string>>;
  /** Return values by name. */
  readonly returns: Readonly<Record<string, string>>;
  /** YAML. */
  readonly examples: string;
}

export function modulePage(name: string, module: AnyModule): ModulePage {
  return {
    name,
    summary: module.summary,
    description: (module.description ?? '').trim(),
    arguments: argumentDocs(module.args as Schema),
    freeForm: module.freeForm,
    behaviour: behaviourOf(module),
    refuses: module.refuses ?? {},
    returns: module.returnValues ?? {},
    examples: (module.examples ?? '').replace(/^\n+|\s+$/g, ''),
  };
}

function behaviourOf(module: AnyModule): [string, string][] {
  if (module.kind === 'action') return [['runs', 'on the machine that ctplay runs on, once for each host; it changes no host by itself']];
  const declarative = module.declarative !== false;
  return [
    ['a second run', declarative ? 'changes nothing' : 'runs it again, unless a guard says that there is nothing to do'],
    ['check mode', declarative ? 'shows what would change' : 'shows that it would run'],
    ['reset', module.revert ? 'puts back what was there before' : 'leaves what it did'],
  ];
}

/** Arguments that are refused, those with the same advice together. */
export function refusals(refuses: ModulePage['refuses']): (readonly [names: readonly string[], advice: string])[] {
  const byAdvice = new Map<string, string[]>();
  for (const [name, advice] of Object.entries(refuses)) byAdvice.set(advice, [...(byAdvice.get(advice) ?? []), name]);
  return [...byAdvice].map(([advice, names]) => [names, advice]);
}
