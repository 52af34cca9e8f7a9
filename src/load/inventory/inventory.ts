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
  /** Reads the sources anew. */
  readonly reread: () => Promise<InventoryData>;
  /** What the run added, to be done again after the sources were read anew. */
  readonly additions: ((data: InventoryData) => void)[];
}

/** What is derived from the data, until they change. */
class Derived {
  readonly version: number;
  readonly variables = new Map<string, Readonly<Record<string, unknown>>>();
  readonly groups = new Map<string, readonly string[]>();
  readonly hostNames: readonly string[];
  readonly members: Readonly<Record<string, readonly string[]>>;

  constructor(data: InventoryData) {
    this.version = data.version;
    this.hostNames = data.hostsOf('all');
    this.members = Object.fromEntries([...data.groups.keys()].map((name) => [name, data.hostsOf(name)]));
  }
}

export class LoadedInventory implements Inventory {
  readonly sources: readonly string[];
  readonly #parts: InventoryParts;
  #derived: Derived | undefined;

  constructor(parts: InventoryParts) {
    this.#parts = parts;
    this.sources = parts.sources;
  }

  get #now(): Derived {
    const { data } = this.#parts;
    if (this.#derived?.version !== data.version) this.#derived = new Derived(data);
    return this.#derived;
  }

  get version(): number {
    return this.#parts.data.version;
  }

  get hostNames(): readonly string[] {
    return this.#now.hostNames;
  }

  get groups(): ReadonlyMap<string, InventoryGroup> {
    return this.#parts.data.groups;
  }

  groupsOf(host: string): readonly string[] {
    return remembered(this.#now.groups, host, () => this.#parts.data.ancestorsOf(host).map(({ name }) => name).filter((name) => name !== 'all').sort());
  }

  members(): Readonly<Record<string, readonly string[]>> {
    return this.#now.members;
  }

  variablesOf(host: string): Readonly<Record<string, unknown>> {
    return remembered(this.#now.variables, host, () => this.#mergedVariables(host));
  }

  /**
   * Weakest first, as Ansible's VARIABLE_PRECEDENCE has it: the inventory's vars of all, then of other groups; group_vars/all,
   * then group_vars/ of other groups, each beside the inventory before beside the playbook; the host's own, then host_vars/.
   */
  #mergedVariables(host: string): Readonly<Record<string, unknown>> {
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

  *variableSets(): Iterable<Readonly<Record<string, unknown>>> {
    const { data, inventoryFolders, playbookFolder } = this.#parts;
    const folders = [...inventoryFolders, ...(playbookFolder ? [playbookFolder] : [])];
    for (const { name, vars } of data.groups.values()) yield* [vars, ...folders.map((folder) => folder.group(name))];
    for (const { name, vars } of data.hosts.values()) yield* [vars, ...folders.map((folder) => folder.host(name))];
    for (const name of localNames) yield* folders.map((folder) => folder.host(name));
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
    this.#add((data) => {
      for (const group of groups.length > 0 ? groups : data.hosts.has(name) ? [] : ['ungrouped']) data.host(name, group, undefined);
      Object.assign(data.hosts.get(name)!.vars, variables);
    });
  }

  addGroup(name: string, parents: readonly string[]): void {
    this.#add((data) => {
      data.group(name);
      for (const parent of parents) if (parent !== 'all') data.child(parent, name);
    });
  }

  async refresh(): Promise<void> {
    const { data, reread, additions, inventoryFolders, playbookFolder } = this.#parts;
    data.replaceBy(await reread());
    for (const folder of inventoryFolders) folder.forget();
    playbookFolder?.forget();
    for (const add of additions) add(data);
    data.reconcile();
  }

  #add(addition: (data: InventoryData) => void): void {
    const { data, additions } = this.#parts;
    addition(data);
    additions.push(addition);
    data.reconcile();
  }
}

function remembered<T>(known: Map<string, T>, key: string, derive: () => T): T {
  let value = known.get(key);
  if (value === undefined) {
    value = derive();
    known.set(key, value);
  }
  return value;
}

function placeOf(source: string | undefined): Record<string, unknown> {
  return { inventory_file: source ?? null, inventory_dir: source === undefined ? null : path.dirname(source) };
}
