/** How to reach a host: Ansible's connection variables, with command-line options where the inventory says nothing. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { CtplayError } from '../errors.ts';
import { Secret } from '../shell.ts';
import { Float } from '../template/python/values.ts';
import type { HostTarget } from '../transport/types.ts';
import { sshOptions, type SshOptions } from './ssh-options.ts';
import { describeValue } from './yaml/node.ts';

/** What the command line and ansible.cfg say; the inventory's variables win over all of it, as in Ansible. */
export interface TargetOverrides {
  readonly user?: string;
  readonly port?: number;
  readonly privateKeyFile?: string;
  readonly password?: Secret;
  readonly connection?: 'ssh' | 'local';
  readonly hostKeyChecking?: HostTarget['hostKeyChecking'];
  readonly connectTimeoutMs?: number;
  /** Options of ssh(1), as in `--ssh-common-args`; those of the inventory win. */
  readonly sshArgs?: string;
  /** How long connections are kept where nothing is said of it, in milliseconds; not at all by default. ansible_ssh_args stand in its place. */
  readonly usualPersistMs?: number;
}

/** The variables that say how to connect: all that `targetOf` asks for. */
export const connectionVariables = [
  'ansible_connection', 'ansible_host', 'ansible_ssh_host', 'ansible_port', 'ansible_ssh_port', 'ansible_user', 'ansible_ssh_user',
  'ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password', 'ansible_ssh_private_key_file', 'ansible_private_key_file',
  'ansible_ssh_private_key_passphrase', 'ansible_private_key_passphrase', 'ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args',
  'ansible_host_key_checking', 'ansible_ssh_host_key_checking', 'ansible_timeout', 'ansible_ssh_timeout', 'ctplay_known_hosts_file', 'inventory_dir',
] as const;
type ConnectionVariable = (typeof connectionVariables)[number];

type Variables = Readonly<Partial<Record<ConnectionVariable, unknown>>>;

const defaultTimeoutMs = 10_000;

/**
 * The target of a host. `variables` are the host's, rendered: ansible_host, _port, _user, _password, _connection,
 * _ssh_private_key_file, _ssh_common_args, _ssh_extra_args, _host_key_checking, _timeout, and ctplay_known_hosts_file
 * (relative to the inventory's folder). Throws ssh.config for values that can't be used.
 */
export function targetOf(host: string, variables: Variables, overrides: TargetOverrides = {}): HostTarget {
  const read = new VariableReader(host, variables);
  const options = { ...sshOptions(overrides.sshArgs ?? '', host), ...sshOptions(read.text('ansible_ssh_args') ?? '', host), ...sshOptions(read.text('ansible_ssh_common_args') ?? '', host), ...sshOptions(read.text('ansible_ssh_extra_args') ?? '', host) };
  const user = read.text('ansible_user', 'ansible_ssh_user') ?? options.user ?? overrides.user;
  const port = read.integer('ansible_port', 'ansible_ssh_port') ?? options.port ?? overrides.port;
  const password = read.text('ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password');
  const secret = password === undefined ? overrides.password : new Secret(password);
  const keyFile = read.text('ansible_ssh_private_key_file', 'ansible_private_key_file') ?? options.identityfile;
  const passphrase = read.text('ansible_ssh_private_key_passphrase', 'ansible_private_key_passphrase');
  const knownHosts = read.text('ctplay_known_hosts_file');
  const knownHostsFile = knownHosts === undefined ? fromOption(options.userknownhostsfile) : besideInventory(knownHosts, variables);
  const privateKeyFile = keyFile === undefined ? (overrides.privateKeyFile === undefined ? undefined : path.resolve(expandHome(overrides.privateKeyFile))) : besideInventory(keyFile, variables);
  const jump = options.proxyjump;
  const address = read.text('ansible_host', 'ansible_ssh_host');
  return {
    name: host,
    connection: connectionOf(read.text('ansible_connection'), host) ?? overrides.connection ?? 'ssh',
    // Unless somebody says otherwise, ansible_host is the host's name.
    address: address === undefined || address === host ? (options.hostname ?? host) : address,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(secret ? { password: secret } : {}),
    ...(privateKeyFile === undefined ? {} : { privateKeyFile }),
    ...(passphrase === undefined ? {} : { passphrase: new Secret(passphrase) }),
    ...(jump === undefined || jump === 'none' ? {} : { proxyJump: jump }),
    ...(knownHostsFile === undefined ? {} : { knownHostsFile }),
    ...sharingOf(options, read.text('ansible_ssh_args') === undefined ? overrides.usualPersistMs : undefined),
    hostKeyChecking: checkingOf(read, options, overrides),
    connectTimeoutMs: seconds(read.number('ansible_timeout', 'ansible_ssh_timeout') ?? options.connecttimeout) ?? overrides.connectTimeoutMs ?? defaultTimeoutMs,
  };
}

class VariableReader {
  readonly #host: string;
  readonly #variables: Variables;

  constructor(host: string, variables: Variables) {
    this.#host = host;
    this.#variables = variables;
  }

  /** The first of these that is set and not empty. */
  #find(names: readonly ConnectionVariable[]): { name: ConnectionVariable; value: unknown } | undefined {
    const name = names.find((one) => this.#variables[one] !== undefined && this.#variables[one] !== null && this.#variables[one] !== '');
    if (name === undefined) return undefined;
    const value = this.#variables[name];
    return { name, value: value instanceof Secret ? value.reveal() : value instanceof Float ? value.value : value };
  }

  text(...names: ConnectionVariable[]): string | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    if (typeof found.value === 'object') throw this.#wrong(found.name, 'a string', found.value);
    return String(found.value);
  }

  number(...names: ConnectionVariable[]): number | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const value = Number(found.value);
    if (typeof found.value === 'object' || !Number.isFinite(value) || value < 0) throw this.#wrong(found.name, 'a number', found.value);
    return value;
  }

  integer(...names: ConnectionVariable[]): number | undefined {
    const value = this.number(...names);
    if (value !== undefined && (!Number.isInteger(value) || value < 1 || value > 65_535)) throw this.#wrong(names[0]!, 'an integer from 1 to 65535', value);
    return value;
  }

  boolean(...names: ConnectionVariable[]): boolean | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const word = String(found.value).toLowerCase();
    if (['true', 'yes', 'on', '1', 'y', 't'].includes(word)) return true;
    if (['false', 'no', 'off', '0', 'n', 'f'].includes(word)) return false;
    throw this.#wrong(found.name, 'true or false', found.value);
  }

  #wrong(name: ConnectionVariable, expected: string, value: unknown): CtplayError {
    const found = /pass/.test(name) ? 'a value that is kept secret' : describeValue(value);
    return new CtplayError('ssh.config', `wrong value for '${name}' of the host '${this.#host}'`, { expected, found });
  }
}

function checkingOf(read: VariableReader, options: SshOptions, overrides: TargetOverrides): HostTarget['hostKeyChecking'] {
  const wanted = read.boolean('ansible_host_key_checking', 'ansible_ssh_host_key_checking');
  if (wanted !== undefined) return wanted ? 'strict' : 'off';
  const option = options.stricthostkeychecking?.toLowerCase();
  if (option === 'no' || option === 'off') return 'off';
  return option === 'accept-new' ? 'accept-new' : (overrides.hostKeyChecking ?? 'strict');
}

function sharingOf({ controlmaster: master, controlpersist: persistMs }: SshOptions, usualMs: number | undefined): Pick<HostTarget, 'sharing'> {
  if (master === undefined && persistMs === undefined && usualMs === undefined) return {};
  return { sharing: { ...(master === undefined ? {} : { master }), ...(persistMs === undefined ? {} : { persistMs }), ...(usualMs === undefined ? {} : { usualMs }) } };
}

function connectionOf(name: string | undefined, host: string): 'ssh' | 'local' | undefined {
  const short = name?.replace(/^ansible\.builtin\./, '');
  if (short === undefined) return undefined;
  if (short === 'local') return 'local';
  if (['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(short)) return 'ssh';
  throw new CtplayError('ssh.config', `the connection '${short}' of the host '${host}' is not supported`, { expected: 'ssh or local' });
}

/** Relative paths start at the inventory, where a file is there; else at the working folder. */
function besideInventory(file: string, variables: Variables): string {
  const expanded = expandHome(file);
  const folder = variables.inventory_dir;
  const beside = typeof folder === 'string' ? path.resolve(folder, expanded) : path.resolve(expanded);
  return existsSync(beside) || !existsSync(expanded) ? beside : path.resolve(expanded);
}

function fromOption(file: string | undefined): string | undefined {
  return file === undefined || file === '/dev/null' ? file : path.resolve(expandHome(file.split(' ')[0]!));
}

function expandHome(file: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homedir(), file.slice(1)) : file;
}

function seconds(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : value * 1000;
}
