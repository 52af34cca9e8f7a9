/** What the engine asks of an inventory, whatever its form. */

export interface InventoryGroup {
  readonly name: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly children: readonly string[];
  /** Direct members. */
  readonly hosts: readonly string[];
  /** `ansible_group_priority`, 1 by default. */
  readonly priority: number;
}

export interface Inventory {
  /** Files and folders it came from, for messages and `inventory_dir`. */
  readonly sources: readonly string[];
  /** Grows whenever hosts, groups or their variables change. */
  readonly version: number;
  /** All hosts, in the order of the files. */
  readonly hostNames: readonly string[];
  readonly groups: ReadonlyMap<string, InventoryGroup>;
  /** Groups a host is in, also by children, without `all`, sorted by name. */
  groupsOf(host: string): readonly string[];
  /** Group name → all its hosts, also those of children, in inventory order; with `all` and `ungrouped`. */
  members(): Readonly<Record<string, readonly string[]>>;
  /**
   * A host's variables from the inventory by Ansible's precedence: all, parents, children (depth, then priority, then name),
   * group_vars/ and host_vars/ beside the inventory, the host's own. `inventory_file`, `inventory_dir` included.
   */
  variablesOf(host: string): Readonly<Record<string, unknown>>;
  /** All that any host's variables come from, the implicit localhost's included: each group's and host's own, and those of their files. */
  variableSets(): Iterable<Readonly<Record<string, unknown>>>;
  /** Variables of group_vars/ and host_vars/ beside a playbook, which rank above the inventory's own of the same level. */
  withPlaybookFolder(folder: string): Inventory;
  /**
   * Hosts that a pattern names, in the order of its parts, those of a group in inventory order: `a:b`, `a,b`, `a:&b`, `a:!b`, globs, `~regex`, `group[0]`, `group[1:3]`, lists of them,
   * `localhost` even where no file names it. Throws inventory.pattern, with the nearest name, when a plain part of it matches nothing.
   */
  select(pattern: string | readonly string[]): readonly string[];
  /** add_host and group_by: a new inventory is not made; hosts and groups are added to this one. */
  addHost(name: string, groups: readonly string[], variables: Readonly<Record<string, unknown>>): void;
  addGroup(name: string, parents: readonly string[]): void;
  /** meta: refresh_inventory: reads the sources anew; what was added stays. Throws as loadInventory. */
  refresh(): Promise<void>;
}
