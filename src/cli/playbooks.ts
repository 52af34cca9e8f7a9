/** Playbooks as a verb that runs or explains them needs them: loaded, with what they are run by. */
import path from 'node:path';
import { loadPlaybook } from '../load/playbook.ts';
import { startAt } from '../load/start-at.ts';
import type { Playbook } from '../load/tree.ts';
import { Registry } from '../registry.ts';
import type { HostFlags } from './host-options.ts';
import { setUp, type Setup } from './settings.ts';

export interface Prepared extends Setup {
  readonly playbooks: readonly Playbook[];
  readonly registry: Registry;
}

/** Throws as setUp and loadPlaybook do, before any host is reached. */
export async function preparePlaybooks(files: readonly string[], flags: HostFlags): Promise<Prepared> {
  const setup = await setUp(flags);
  const registry = registryFor(files);
  const { rolesPath, collectionsPath, vault, extraVars } = setup.settings;
  const options = { registry, rolesPath, collectionsPath, decrypt: vault.decrypt, extraVars };
  const playbooks: Playbook[] = [];
  for (const file of files) playbooks.push(await loadPlaybook(file, options));
  return { ...setup, registry, playbooks: flags.startAtTask === undefined ? playbooks : startAt(playbooks, flags.startAtTask) };
}

/** Modules in `modules/` beside each playbook stand beside the built-in ones. */
function registryFor(files: readonly string[]): Registry {
  return new Registry([...new Set(files.map((file) => path.join(path.dirname(path.resolve(file)), 'modules')))]);
}
