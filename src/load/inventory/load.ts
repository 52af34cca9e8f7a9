/** Sources → an inventory: files, folders, programs and comma lists, merged in their order. */
import { accessSync, constants, openSync, readdirSync, readSync, closeSync } from 'node:fs';
import path from 'node:path';
import { CtplayError } from '../../errors.ts';
import type { Inventory } from '../inventory-types.ts';
import { Problems } from '../problems.ts';
import { readText } from '../read-file.ts';
import { isFolder, isFile, readYaml } from '../scope.ts';
import type { Decrypt } from '../yaml/tags.ts';
import { InventoryData } from './data.ts';
import { expandHosts } from './host-range.ts';
import { parseIni } from './ini.ts';
import { LoadedInventory } from './inventory.ts';
import { readScript } from './script.ts';
import { VarsFolder } from './vars-folder.ts';
import { readYamlInventory } from './yaml.ts';

export interface InventoryOptions {
  readonly decrypt?: Decrypt | undefined;
  /** Sources without a single host are no error. */
  readonly allowEmpty?: boolean;
}

/** What a folder of inventories may hold besides them. */
const ignored = /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:~|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry))$/;

/**
 * Reads an inventory. A source is a file, a folder, an executable program, or a list of hosts with a comma in it (`host1,`).
 * Without sources only the implicit localhost is known. Throws file.missing, inventory.empty, and CtplayErrors with every
 * inventory.syntax and yaml.syntax in the files.
 */
export async function loadInventory(sources: readonly string[], options: InventoryOptions = {}): Promise<Inventory> {
  const absolute = sources.map((source) => (isHostList(source) ? source : path.resolve(source)));
  const folders = new Set(absolute.filter((source) => !isHostList(source)).map((source) => (isFolder(source) ? source : path.dirname(source))));
  const reread = (): Promise<InventoryData> => readSources(absolute, options);
  const data = await reread();
  if (data.hosts.size === 0 && sources.length > 0 && options.allowEmpty !== true) {
    throw new CtplayError('inventory.empty', 'the inventory holds no host', { found: sources.join(', '), hint: "A host is a line with its name in an INI file, a key under 'hosts:' in a YAML file, or 'name,' on the command line." });
  }
  const problems = new Problems();
  const inventoryFolders = [...folders].map((folder) => new VarsFolder(folder, options.decrypt));
  for (const folder of inventoryFolders) {
    for (const group of data.groups.keys()) attempt(problems, () => folder.group(group));
    for (const host of data.hosts.keys()) attempt(problems, () => folder.host(host));
  }
  problems.throwIfAny();
  return new LoadedInventory({ data, sources: absolute, inventoryFolders, decrypt: options.decrypt, reread, additions: [] });
}

async function readSources(sources: readonly string[], options: InventoryOptions): Promise<InventoryData> {
  const data = new InventoryData();
  const problems = new Problems();
  for (const source of sources) await readSource(source, data, problems, options);
  problems.throwIfAny();
  data.reconcile();
  return data;
}

async function readSource(source: string, data: InventoryData, problems: Problems, options: InventoryOptions): Promise<void> {
  if (isHostList(source)) {
    for (const entry of source.split(',').map((one) => one.trim()).filter((one) => one !== '')) {
      const { names, port } = expandHosts(entry);
      for (const name of names) Object.assign(data.host(name, 'ungrouped', undefined).vars, port === undefined ? {} : { ansible_port: port });
    }
  } else if (isFolder(source)) {
    for (const name of readdirSync(source).filter((one) => !ignored.test(one)).sort()) await readSource(path.join(source, name), data, problems, options);
  } else {
    try {
      await readInventoryFile(source, data, problems, options);
    } catch (error) {
      problems.take(error);
    }
  }
}

/** A `:` in a range is no separator, a comma always is. */
function isHostList(source: string): boolean {
  return source.includes(',') && !isFile(source);
}

async function readInventoryFile(file: string, data: InventoryData, problems: Problems, options: InventoryOptions): Promise<void> {
  if (!isFile(file)) {
    const name = path.basename(file);
    throw new CtplayError('file.missing', `there is no inventory '${file}'`, { hint: `For the host '${name}' itself write '${name},' with a comma.` });
  }
  if (isProgram(file)) return readScript(file, data);
  const extension = path.extname(file).toLowerCase();
  if (['.yml', '.yaml', '.json'].includes(extension)) return readYamlInventory(readYaml(file, 'the inventory', options.decrypt), file, data, problems);
  if (extension === '.toml') throw new CtplayError('inventory.syntax', `${file} is TOML, which is not supported`, { expected: 'INI, YAML, or a program that prints JSON' });
  const text = readText(file, 'the inventory');
  // Without a place, so that no line of it is shown.
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) throw new CtplayError('inventory.syntax', `${file} is a private key, no inventory`, { hint: 'Keep keys out of the inventory\'s folder, or give them a name that begins with a dot.' });
  if (text.startsWith('#!')) throw new CtplayError('inventory.syntax', 'this is a program, and it is not executable', { span: { file, line: 1, column: 1 }, hint: `chmod +x ${file}` });
  if (extension !== '.ini' && looksLikeYaml(text)) return readYamlInventory(readYaml(file, 'the inventory', options.decrypt), file, data, problems);
  return parseIni(text, file, data, problems);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return false;
  }
  const start = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, start, 0, 4, 0);
  } finally {
    closeSync(descriptor);
  }
  return start.toString('latin1', 0, 2) === '#!' || start.toString('latin1') === '\x7fELF';
}

/** By its first line that says anything: a document mark, or a key alone on its line. */
function looksLikeYaml(text: string): boolean {
  const first = text.split('\n').find((line) => !/^\s*(?:#.*|;.*)?$/.test(line)) ?? '';
  return /^(?:---|\{|[^[\s#;][^\s=]*:\s*(?:#.*)?$|[\w-]+:\s)/.test(first);
}

function attempt(problems: Problems, action: () => unknown): void {
  try {
    action();
  } catch (error) {
    problems.take(error);
  }
}
