/** An inventory as the engine asks it: hosts, groups, and each host's variables by Ansible's precedence. */
import path from 'node:path';
import type { Inventory, InventoryGroup } from '../inventory-types.ts';
import type { Decrypt } from '../yaml/tags.ts';
import type { InventoryData } from './data.ts';
import { localNames, selectHosts } from './pattern.ts';
import { VarsFolder } from './vars-folder.ts';

export interface InventoryParts {
  readonly data: InventoryData;
  readonly sources: readonly string[];
  /** Beside the inventory's files. */
  readonly inventoryFolders: readonly VarsFolder[];
  readonly playbookFolder?: VarsFolder | undefined;
  readonly decrypt?: Decrypt | undefined;
}

export class LoadedInventory implements Inventory {
  readonly sources: readonly string[];
  readonly #parts: InventoryParts;

  constructor(parts: InventoryParts) {
    this.#parts = parts;
    this.sources = parts.sources;
  }

  get hostNames(): readonly string[] {
    return this.#parts.data.hostsOf('all');
  }

  get groups(): ReadonlyMap<string, InventoryGroup> {
    return this.#parts.data.groups;
  }

  groupsOf(host: string): readonly string[] {
    return this.#parts.data.ancestorsOf(host).map(({ name }) => name).filter((name) => name !== 'all').sort();
  }

  members(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#parts.data.groups.keys()].map((name) => [name, this.#parts.data.hostsOf(name)]));
  }

  /**
   * Weakest first, as Ansible's VARIABLE_PRECEDENCE has it: the inventory's vars of all, then of other groups; group_vars/all,
   * then group_vars/ of other groups, each beside the inventory before beside the playbook; the host's own, then host_vars/.
   */
  variablesOf(host: string): Readonly<Record<string, unknown>> {
    const { data, inventoryFolders, playbookFolder } = this.#parts;
    const beside = playbookFolder ? [playbookFolder] : [];
    const groups = data.ancestorsOf(host);
    const others = groups.filter(({ name }) => name !== 'all');
    const record = data.hosts.get(host);
    const implicit = record === undefined && localNames.includes(host) ? { ansible_connection: 'local' } : {};
    return Object.assign(
      {},
      ...groups.map(({ vars }) => vars),
      ...[...inventoryFolders, ...beside].map((folder) => folder.group('all')),
      ...inventoryFolders.flatMap((folder) => others.map(({ name }) => folder.group(name))),
      ...beside.flatMap((folder) => others.map(({ name }) => folder.group(name))),
      placeOf(record?.source),
      record?.vars ?? implicit,
      ...[...inventoryFolders, ...beside].map((folder) => folder.host(host)),
    ) as Record<string, unknown>;
  }

  withPlaybookFolder(folder: string): Inventory {
    const playbookFolder = new VarsFolder(folder, this.#parts.decrypt);
    for (const group of this.groups.keys()) playbookFolder.group(group);
    for (const host of this.hostNames) playbookFolder.host(host);
    return new LoadedInventory({ ...this.#parts, playbookFolder });
  }

  select(pattern: string | readonly string[]): readonly string[] {
    return selectHosts(pattern, this.#parts.data);
  }

  addHost(name: string, groups: readonly string[], variables: Readonly<Record<string, unknown>>): void {
    const { data } = this.#parts;
    for (const group of groups.length > 0 ? groups : data.hosts.has(name) ? [] : ['ungrouped']) data.host(name, group, undefined);
    Object.assign(data.hosts.get(name)!.vars, variables);
    data.reconcile();
  }

  addGroup(name: string, parents: readonly string[]): void {
    const { data } = this.#parts;
    data.group(name);
    for (const parent of parents) if (parent !== 'all') data.child(parent, name);
    data.reconcile();
  }
}

function placeOf(source: string | undefined): Record<string, unknown> {
  return { inventory_file: source ?? null, inventory_dir: source === undefined ? null : path.dirname(source) };
}
