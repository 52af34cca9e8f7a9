/** Inventories that are programs: JSON on standard output for `--list` and `--host NAME`. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { CtplayError } from '../../errors.ts';
import { describeValue } from '../yaml/node.ts';
import type { InventoryData } from './data.ts';

const run = promisify(execFile);

/** Runs the program and merges what it says. Throws inventory.syntax when it fails or prints something else. */
export async function readScript(file: string, data: InventoryData): Promise<void> {
  const list = mapping(await call(file, ['--list']), file, 'an object of groups');
  const meta = list._meta;
  for (const [name, group] of Object.entries(list)) if (name !== '_meta') addGroup(name, group, file, data);
  const given = isMapping(meta) && isMapping(meta.hostvars) ? meta.hostvars : undefined;
  for (const host of given ? Object.keys(given) : [...data.hosts.keys()]) {
    const vars = given ? given[host] : await call(file, ['--host', host]);
    if (!data.hosts.has(host) && given) data.host(host, 'ungrouped', file);
    Object.assign(data.hosts.get(host)!.vars, mapping(vars ?? {}, file, `an object of variables for '${host}'`));
  }
}

function addGroup(name: string, given: unknown, file: string, data: InventoryData): void {
  const group = Array.isArray(given) ? { hosts: given as unknown[] } : mapping(given ?? {}, file, `a list of hosts, or an object with hosts, vars and children, for the group '${name}'`);
  data.group(name);
  const strings = (part: 'hosts' | 'children'): readonly string[] => {
    const value = group[part] ?? [];
    if (!Array.isArray(value)) throw wrong(file, `a list as '${part}' of '${name}'`, value);
    return value.map(String);
  };
  for (const host of strings('hosts')) data.host(host, name, file);
  for (const [variable, value] of Object.entries(mapping(group.vars ?? {}, file, `an object as 'vars' of '${name}'`))) data.setGroupVariable(name, variable, value);
  for (const child of strings('children')) data.child(name, child, { file, line: 1, column: 1 });
}

async function call(file: string, args: readonly string[]): Promise<unknown> {
  let stdout: string;
  try {
    ({ stdout } = await run(file, [...args], { cwd: path.dirname(file), maxBuffer: 1 << 28 }));
  } catch (error) {
    const failure = error as Error & { stderr?: string; code?: number | string };
    throw new CtplayError('inventory.syntax', `the inventory program '${path.basename(file)} ${args.join(' ')}' failed`, {
      span: { file, line: 1, column: 1 },
      found: typeof failure.code === 'number' ? `exit status ${failure.code}` : String(failure.code ?? failure.message),
      detail: failure.stderr?.trim() === '' ? undefined : failure.stderr?.trim(),
    });
  }
  try {
    return JSON.parse(stdout === '' ? '{}' : stdout) as unknown;
  } catch (error) {
    throw new CtplayError('inventory.syntax', `the inventory program '${path.basename(file)} ${args.join(' ')}' printed no JSON`, { span: { file, line: 1, column: 1 }, detail: `${(error as Error).message}\n${stdout.slice(0, 400)}` });
  }
}

function mapping(value: unknown, file: string, expected: string): Record<string, unknown> {
  if (!isMapping(value)) throw wrong(file, expected, value);
  return value;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(file: string, expected: string, value: unknown): CtplayError {
  return new CtplayError('inventory.syntax', `the inventory program '${path.basename(file)}' said something else than an inventory`, { span: { file, line: 1, column: 1 }, expected, found: describeValue(value) });
}
