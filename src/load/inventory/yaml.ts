/** YAML inventories: groups with hosts, children and vars. */
import { CtplayError, didYouMean } from '../../errors.ts';
import type { Problems } from '../problems.ts';
import { describeNode, valueOf, type YamlEntry, type YamlMap, type YamlNode } from '../yaml/node.ts';
import type { InventoryData } from './data.ts';
import { expandHosts } from './host-range.ts';

const parts = ['hosts', 'children', 'vars'] as const;

/** Merges a YAML inventory into the data; problems are reported at their place. */
export function readYamlInventory(root: YamlNode, file: string, data: InventoryData, problems: Problems): void {
  if (root.kind === 'scalar' && root.value === null) return;
  if (root.kind !== 'map') {
    const hint = root.kind === 'list' && root.items.some((item) => item.kind === 'map' && item.entries.has('hosts')) ? 'This looks like a playbook; the inventory is another file.' : undefined;
    problems.add(new CtplayError('inventory.syntax', 'a YAML inventory must be a mapping of groups', { span: root.span, expected: "a mapping such as 'all:' with hosts, children and vars", found: describeNode(root), hint }));
    return;
  }
  const misplaced = parts.map((part) => root.entries.get(part)).find((entry) => entry !== undefined);
  if (misplaced) {
    problems.add(new CtplayError('inventory.syntax', `'${misplaced.key}' stands outside a group`, { span: misplaced.keySpan, hint: "Put 'all:' before it and indent what follows." }));
    return;
  }
  const reader = new GroupReader(file, data, problems);
  for (const entry of root.entries.values()) reader.group(entry);
}

class GroupReader {
  readonly #file: string;
  readonly #data: InventoryData;
  readonly #problems: Problems;

  constructor(file: string, data: InventoryData, problems: Problems) {
    this.#file = file;
    this.#data = data;
    this.#problems = problems;
  }

  group({ key: name, value: node }: YamlEntry): void {
    this.#data.group(name);
    const map = this.#mapping(node, `the group '${name}'`, "a mapping with 'hosts', 'children' or 'vars'");
    for (const { key, keySpan, value } of map?.entries.values() ?? []) {
      if (key === 'hosts') this.#hosts(name, value);
      else if (key === 'children') this.#children(name, value);
      else if (key === 'vars') this.#vars(name, value);
      else {
        const unknown = value.kind === 'map' ? `If '${key}' is a group, it stands under 'children:'.` : `If '${key}' is a variable, it stands under 'vars:'.`;
        this.#problems.add(new CtplayError('inventory.syntax', `a group has no '${key}'`, { span: keySpan, expected: 'hosts, children or vars', hint: didYouMean(key, parts) ?? unknown }));
      }
    }
  }

  #hosts(group: string, node: YamlNode): void {
    const map = this.#names(node, `'hosts' of '${group}'`);
    for (const { key, keySpan, value } of map?.entries.values() ?? []) {
      const vars = this.#mapping(value, `the host '${key}'`, 'a mapping of variables, or nothing');
      try {
        const { names, port } = expandHosts(key);
        for (const name of names) Object.assign(this.#data.host(name, group, this.#file).vars, port === undefined ? {} : { ansible_port: port }, vars ? (valueOf(vars) as Record<string, unknown>) : {});
      } catch (error) {
        this.#problems.take(error instanceof CtplayError ? error.at(keySpan) : error);
      }
    }
  }

  #children(group: string, node: YamlNode): void {
    const map = this.#names(node, `'children' of '${group}'`);
    for (const entry of map?.entries.values() ?? []) {
      try {
        this.#data.child(group, entry.key, entry.keySpan);
      } catch (error) {
        this.#problems.take(error);
      }
      this.group(entry);
    }
  }

  #vars(group: string, node: YamlNode): void {
    const map = this.#mapping(node, `'vars' of '${group}'`, 'a mapping of variables');
    for (const { key, value } of map?.entries.values() ?? []) this.#data.setGroupVariable(group, key, valueOf(value));
  }

  /** Hosts and children are mappings; a single name may stand alone. */
  #names(node: YamlNode, what: string): YamlMap | undefined {
    if (node.kind === 'scalar' && typeof node.value === 'string') {
      const nothing: YamlNode = { kind: 'scalar', span: node.span, value: null, plain: true };
      return { kind: 'map', span: node.span, entries: new Map([[node.value, { key: node.value, keySpan: node.span, value: nothing }]]) };
    }
    const first = node.kind === 'list' && node.items[0]?.kind === 'scalar' ? String(node.items[0].value) : 'host1';
    return this.#mapping(node, what, 'a mapping whose keys are the names', node.kind === 'list' ? `Write '${first}:' instead of '- ${first}'.` : undefined);
  }

  #mapping(node: YamlNode, what: string, expected: string, hint?: string): YamlMap | undefined {
    if (node.kind === 'map') return node;
    if (!(node.kind === 'scalar' && node.value === null)) this.#problems.add(new CtplayError('inventory.syntax', `${what} is no mapping`, { span: node.span, expected, found: describeNode(node), hint }));
    return undefined;
  }
}
