/** Hosts and groups while sources are merged into them, and the order among groups. */
import { CtplayError, type SourceSpan } from '../../errors.ts';

export interface GroupRecord {
  readonly name: string;
  readonly vars: Record<string, unknown>;
  readonly children: string[];
  readonly hosts: string[];
  priority: number;
}

export interface HostRecord {
  readonly name: string;
  readonly vars: Record<string, unknown>;
  /** The file or folder in which it was first met; undefined for hosts of a comma list and of add_host. */
  readonly source: string | undefined;
}

/** The mutable heart of an inventory. Every group ends up below `all`, every host without a group in `ungrouped`. */
export class InventoryData {
  readonly groups = new Map<string, GroupRecord>();
  readonly hosts = new Map<string, HostRecord>();
  #version = 0;

  /** Grows whenever hosts or groups are put in order: what was derived before may be stale. */
  get version(): number {
    return this.#version;
  }

  constructor() {
    this.group('all');
    this.child('all', 'ungrouped');
  }

  /** Forgets everything for what `other` holds. */
  replaceBy(other: InventoryData): void {
    this.groups.clear();
    this.hosts.clear();
    for (const [name, group] of other.groups) this.groups.set(name, group);
    for (const [name, host] of other.hosts) this.hosts.set(name, host);
  }

  /** The group of that name, made if need be. */
  group(name: string): GroupRecord {
    let group = this.groups.get(name);
    if (!group) {
      group = { name, vars: {}, children: [], hosts: [], priority: 1 };
      this.groups.set(name, group);
    }
    return group;
  }

  /** Adds a host to a group; both are made if need be. */
  host(name: string, group: string, source: string | undefined): HostRecord {
    let host = this.hosts.get(name);
    if (!host) {
      host = { name, vars: {}, source };
      this.hosts.set(name, host);
    }
    add(this.group(group).hosts, name);
    return host;
  }

  /** `ansible_group_priority` sets the group's rank and is no variable. */
  setGroupVariable(name: string, variable: string, value: unknown): void {
    const group = this.group(name);
    if (variable === 'ansible_group_priority' && Number.isInteger(Number(value))) group.priority = Number(value);
    else group.vars[variable] = value;
  }

  /** Throws inventory.syntax when a group would become its own descendant. */
  child(parent: string, child: string, span?: SourceSpan): void {
    if (parent === child || this.descendants(child).includes(parent)) {
      throw new CtplayError('inventory.syntax', parent === child ? `the group '${parent}' can't be a child of itself` : `the groups '${parent}' and '${child}' would contain each other`, { span });
    }
    this.group(child);
    add(this.group(parent).children, child);
  }

  /** Puts groups without a parent below `all`, and keeps `ungrouped` to hosts that are in no other group. */
  reconcile(): void {
    this.#version++;
    const withParent = new Set([...this.groups.values()].flatMap(({ children }) => children));
    for (const name of this.groups.keys()) if (name !== 'all' && !withParent.has(name)) add(this.group('all').children, name);
    const ungrouped = this.group('ungrouped').hosts;
    const grouped = new Set([...this.groups.values()].filter(({ name }) => name !== 'all' && name !== 'ungrouped').flatMap(({ hosts }) => hosts));
    for (const name of this.hosts.keys()) if (!grouped.has(name)) add(ungrouped, name);
    ungrouped.splice(0, ungrouped.length, ...ungrouped.filter((name) => !grouped.has(name)));
  }

  /** A group and all below it, level by level. */
  descendants(name: string): readonly string[] {
    const ordered = [name];
    for (const group of ordered) for (const child of this.groups.get(group)?.children ?? []) add(ordered, child);
    return ordered;
  }

  /** All hosts of a group and of those below it. */
  hostsOf(name: string): readonly string[] {
    return [...new Set(this.descendants(name).flatMap((group) => this.groups.get(group)?.hosts ?? []))];
  }

  /** Groups that hold a host, themselves or by a child, from general to special: by depth, then priority, then name. With `all`. */
  ancestorsOf(host: string): readonly GroupRecord[] {
    const found = new Set([...this.groups.values()].filter((group) => group.hosts.includes(host)).map(({ name }) => name));
    for (const name of found) for (const group of this.groups.values()) if (group.children.includes(name)) found.add(group.name);
    found.add('all');
    const depths = this.#depths();
    return [...found]
      .map((name) => this.groups.get(name)!)
      .sort((a, b) => depths.get(a.name)! - depths.get(b.name)! || a.priority - b.priority || (a.name < b.name ? -1 : 1));
  }

  /** The longest way down from `all`. */
  #depths(): ReadonlyMap<string, number> {
    const depths = new Map<string, number>();
    const visit = (name: string, depth: number): void => {
      if ((depths.get(name) ?? -1) >= depth) return;
      depths.set(name, depth);
      for (const child of this.groups.get(name)?.children ?? []) visit(child, depth + 1);
    };
    visit('all', 0);
    for (const name of this.groups.keys()) if (!depths.has(name)) visit(name, 1);
    return depths;
  }
}

function add(list: string[], item: string): void {
  if (!list.includes(item)) list.push(item);
}
