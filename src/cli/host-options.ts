/** Flags that all verbs share which reach hosts, with the meaning they have in Ansible. */
import { Option, type Command } from 'commander';
import { CtplayError } from '../errors.ts';
import type { RunSettings } from '../engine/options.ts';
import { loadVarsFile } from '../load/playbook.ts';
import { askSecret } from './prompt.ts';

export interface HostFlags {
  readonly inventory?: string[];
  readonly limit?: string;
  readonly extraVars?: string[];
  readonly forks?: string;
  readonly become?: boolean;
  readonly becomeUser?: string;
  readonly becomeMethod?: string;
  readonly askBecomePass?: boolean;
  readonly askPass?: boolean;
  readonly user?: string;
  readonly privateKey?: string;
  readonly connection?: string;
  readonly timeout?: string;
  readonly acceptNewHostKeys?: boolean;
  readonly hostKeyChecking?: boolean;
  readonly waitLock?: string;
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly verbose?: number;
  readonly tags?: string[];
  readonly skipTags?: string[];
  readonly startAtTask?: string;
  readonly forceHandlers?: boolean;
}

/** Hosts at work at once. A connection is one process's file descriptor, not a process of its own as with Ansible's 5. */
export const defaultForks = 50;

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
const collectWords = (value: string, before: string[] | undefined): string[] => [...(before ?? []), ...value.split(',').map((word) => word.trim()).filter((word) => word !== '')];

export function addHostOptions(command: Command): Command {
  return command
    .option('-i, --inventory <INVENTORY>', 'inventory file, folder, script, or a comma list of hosts; may be given more than once', collect)
    .option('-l, --limit <PATTERN>', 'only these hosts; @FILE reads them from a file')
    .option('-e, --extra-vars <VARS>', 'KEY=VALUE, JSON or YAML, or @FILE; wins over all other variables', collect)
    .option('-f, --forks <N>', `tasks under way at once (default: ${defaultForks})`)
    .option('-b, --become', 'run as another user (root) where the playbook does not say')
    .option('--become-user <USER>', 'whom to become (default: root)')
    .option('--become-method <METHOD>', 'sudo or su (default: sudo)')
    .option('-K, --ask-become-pass', 'ask for the become password')
    .option('-k, --ask-pass', 'ask for the SSH password')
    .option('-u, --user <USER>', 'log in as this user')
    .option('--private-key <FILE>', 'log in with this key')
    .addOption(new Option('-c, --connection <KIND>', 'how to reach hosts').choices(['ssh', 'local']))
    .option('-T, --timeout <SECONDS>', 'how long a connection may take to be made (default: 10)')
    .option('--accept-new-host-keys', 'record the keys of hosts that are not known yet; a changed key is still refused')
    .option('-v, --verbose', 'more output: results; -vv commands and arguments, -vvv the SSH layer', (_value, before: number | undefined) => (before ?? 0) + 1);
}

export function addChangeOptions(command: Command): Command {
  return command
    .option('-C, --check', 'change nothing, show what would change')
    .option('-D, --diff', 'show differences of texts')
    .option('--wait-lock <SECONDS>', 'wait this long for another run to leave a host');
}

export function addTagOptions(command: Command): Command {
  return command
    .option('-t, --tags <TAGS>', 'only tasks with one of these tags', collectWords)
    .option('--skip-tags <TAGS>', 'no tasks with one of these tags', collectWords);
}

/** The flags as the engine takes them. Asks for passwords at the terminal where told to. Throws usage.option. */
export async function settingsOf(flags: HostFlags): Promise<RunSettings> {
  const password = flags.askPass ? await askSecret('SSH password: ') : undefined;
  const becomePassword = flags.askBecomePass ? await askSecret(`BECOME password${password ? ' (empty: the SSH password)' : ''}: `) : undefined;
  const effective = becomePassword?.reveal() === '' && password ? password : becomePassword;
  return {
    check: flags.check ?? false,
    diff: flags.diff ?? false,
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    tags: flags.tags ?? [],
    skipTags: flags.skipTags ?? [],
    extraVars: extraVariables(flags.extraVars ?? []),
    forks: positive(flags.forks, '--forks', defaultForks),
    become: { enabled: flags.become ?? false, user: flags.becomeUser ?? 'root', method: flags.becomeMethod ?? 'sudo', ...(effective ? { password: effective } : {}) },
    verbosity: flags.verbose ?? 0,
    waitLockMs: positive(flags.waitLock, '--wait-lock', 0) * 1000,
    forceHandlers: flags.forceHandlers ?? false,
    ...(flags.startAtTask === undefined ? {} : { startAtTask: flags.startAtTask }),
    rolesPath: [],
    target: {
      ...(flags.user === undefined ? {} : { user: flags.user }),
      ...(flags.privateKey === undefined ? {} : { privateKeyFile: flags.privateKey }),
      ...(password ? { password } : {}),
      ...(flags.connection === undefined ? {} : { connection: flags.connection as 'ssh' | 'local' }),
      ...(flags.acceptNewHostKeys ? { hostKeyChecking: 'accept-new' as const } : {}),
      ...(flags.timeout === undefined ? {} : { connectTimeoutMs: positive(flags.timeout, '--timeout', 10) * 1000 }),
    },
  };
}

function positive(text: string | undefined, flag: string, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new CtplayError('usage.option', `${flag} must be a number`, { found: text });
  return value;
}

/** -e: `KEY=VALUE …` (strings, as in Ansible), a JSON or YAML mapping, or @FILE. Later ones win. */
export function extraVariables(given: readonly string[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const text of given) {
    if (text.startsWith('@')) Object.assign(all, loadVarsFile(text.slice(1)));
    else if (/^\s*[{[]/.test(text)) Object.assign(all, jsonVariables(text));
    else Object.assign(all, keyValues(text));
  }
  return all;
}

function jsonVariables(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, with what was found.
  }
  throw new CtplayError('usage.option', '-e takes KEY=VALUE, a JSON mapping or @FILE', { found: text, hint: 'Quote the whole of it for your shell: -e \'{"name": "value"}\'.' });
}

function keyValues(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const word = /\s*([A-Za-z_]\w*)=((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])*)/gy;
  let end = 0;
  for (let match = word.exec(text); match; match = word.exec(text)) {
    values[match[1]!] = match[2]!.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_whole, double: string | undefined, single: string | undefined) => double?.replace(/\\(.)/g, '$1') ?? single ?? '');
    end = word.lastIndex;
  }
  if (text.slice(end).trim() !== '') throw new CtplayError('usage.option', '-e takes KEY=VALUE, a JSON mapping or @FILE', { found: text.slice(end).trim() });
  return values;
}
