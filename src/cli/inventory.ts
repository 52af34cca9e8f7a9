/** `ctplay inventory`: hosts, groups and variables as ansible-inventory prints them. */
import { Argument } from 'commander';
import { stringify } from 'yaml';
import { CtplayError, didYouMean } from '../errors.ts';
import { loadInventory } from '../load/inventory.ts';
import type { Inventory } from '../load/inventory-types.ts';
import { loadConfig } from '../load/config.ts';
import { addVaultOptions, vaultFrom, type VaultFlags } from './vault-options.ts';
import type { Verb } from './verb.ts';

interface Flags extends VaultFlags {
  readonly inventory?: string[];
  readonly list?: boolean;
  readonly graph?: boolean;
  readonly host?: string;
  readonly limit?: string;
  readonly vars?: boolean;
  readonly yaml?: boolean;
  readonly playbookDir?: string;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

const configure: Verb = (command) => {
  addVaultOptions(command)
    .addArgument(new Argument('[group]', 'where --graph starts').default('all'))
    .usage('--list | --graph [group] | --host NAME  -i INVENTORY…')
    .option('-i, --inventory <INVENTORY>', 'inventory file, folder, program, or a comma list of hosts; may be given more than once', collect)
    .option('--list', 'all groups and the variables of all hosts')
    .option('--graph', 'groups and hosts as a tree')
    .option('--host <NAME>', 'the variables of one host')
    .option('-l, --limit <PATTERN>', 'with --list: only these hosts; @FILE reads them from a file')
    .option('--vars', 'with --graph: variables, too')
    .option('-y, --yaml', 'YAML instead of JSON')
    .option('--playbook-dir <FOLDER>', 'also read group_vars/ and host_vars/ of this folder')
    .action(async (group: string, flags: Flags) => {
      process.stdout.write(`${await show(group, flags)}\n`);
    });
};
export default configure;

async function show(group: string, flags: Flags): Promise<string> {
  const chosen = [flags.list === true, flags.graph === true, flags.host !== undefined].filter(Boolean).length;
  if (chosen !== 1) throw new CtplayError('usage.option', 'say what to show', { expected: 'one of --list, --graph and --host NAME' });
  const config = loadConfig();
  const sources = flags.inventory ?? config.inventory;
  if (sources.length === 0) throw new CtplayError('usage.missing', 'no inventory was given', { hint: 'Name one with -i: a file, a folder, or a list such as -i host1,host2' });
  const decrypt = await vaultFrom(flags, config.vaultPasswordFile);
  const loaded = await loadInventory(sources, { decrypt });
  const inventory = flags.playbookDir === undefined ? loaded : loaded.withPlaybookFolder(flags.playbookDir);
  const print = (value: unknown): string => (flags.yaml ? stringify(value).trimEnd() : JSON.stringify(sorted(value), null, 4));
  if (flags.list) return print(listing(inventory, flags.limit));
  if (flags.host !== undefined) return print(variablesOfOne(inventory, flags.host));
  return graph(inventory, group, flags.vars === true).join('\n');
}

/** What ansible-inventory leaves out of a host's variables. */
const internal = new Set(['inventory_dir', 'inventory_file']);

function hostVariables(inventory: Inventory, host: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inventory.variablesOf(host)).filter(([name]) => !internal.has(name)));
}

function variablesOfOne(inventory: Inventory, pattern: string): Record<string, unknown> {
  const hosts = inventory.select(pattern);
  if (hosts.length !== 1) throw new CtplayError('inventory.pattern', '--host takes one host', { found: `${hosts.length} hosts for '${pattern}'` });
  return hostVariables(inventory, hosts[0]!);
}

interface GroupListing {
  children?: readonly string[];
  hosts?: readonly string[];
}

/** The form that inventory programs print for --list. */
function listing(inventory: Inventory, limit: string | undefined): Record<string, unknown> {
  const hosts = limit === undefined ? inventory.hostNames : inventory.select(limit);
  const groups: Record<string, GroupListing> = {};
  for (const { name, children, hosts: members } of inventory.groups.values()) {
    const shown = name === 'all' ? [] : members.filter((host) => hosts.includes(host));
    const group: GroupListing = { ...(children.length > 0 ? { children } : {}), ...(shown.length > 0 ? { hosts: shown } : {}) };
    if (Object.keys(group).length > 0) groups[name] = group;
  }
  const hostvars = Object.fromEntries(hosts.map((host) => [host, hostVariables(inventory, host)] as const).filter(([, vars]) => Object.keys(vars).length > 0));
  return { _meta: { hostvars }, ...groups };
}

function graph(inventory: Inventory, name: string, withVars: boolean, depth = 0): string[] {
  const group = inventory.groups.get(name);
  if (!group) throw new CtplayError('inventory.pattern', `the inventory has no group '${name}'`, { hint: didYouMean(name, inventory.groups.keys()) });
  const line = (text: string, level: number): string => (level === 0 ? text : `${'  |'.repeat(level)}--${text}`);
  const variables = (vars: Readonly<Record<string, unknown>>, level: number): string[] => (withVars ? Object.keys(vars).sort().map((key) => line(`{${key} = ${JSON.stringify(vars[key])}}`, level)) : []);
  return [
    line(`@${name}:`, depth),
    ...group.children.flatMap((child) => graph(inventory, child, withVars, depth + 1)),
    ...(name === 'all' ? [] : group.hosts.flatMap((host) => [line(host, depth + 1), ...variables(hostVariables(inventory, host), depth + 2)])),
    ...variables(group.vars, depth + 1),
  ];
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}
