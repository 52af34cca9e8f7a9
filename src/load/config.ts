/** The part of ansible.cfg that means something here, with the environment variables that stand for the same settings. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { CtplayError, type SourceSpan } from '../errors.ts';
import { USUAL_PERSIST_MS } from '../transport/ssh/sharing.ts';

export interface AnsibleConfig {
  /** The file that was read. */
  readonly file?: string;
  /** Said on the user's behalf, such as a file that was left out on purpose. */
  readonly warnings: readonly string[];
  readonly inventory: readonly string[];
  readonly rolesPath: readonly string[];
  readonly collectionsPath: readonly string[];
  readonly forks?: number;
  readonly remoteUser?: string;
  readonly privateKeyFile?: string;
  readonly hostKeyChecking?: boolean;
  readonly timeoutSeconds?: number;
  readonly forceHandlers?: boolean;
  readonly anyErrorsFatal?: boolean;
  readonly diff?: boolean;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  /** What `ansible_managed` says in templates. */
  readonly managedText?: string;
  readonly vaultPasswordFile?: string;
  readonly become?: boolean;
  readonly becomeUser?: string;
  readonly becomeMethod?: string;
  readonly becomeExe?: string;
  readonly becomeFlags?: string;
  readonly becomeAskPass?: boolean;
  /** Options of ssh(1): ssh_args and ssh_common_args. */
  readonly sshArgs?: string;
  /** How long connections are kept where nothing is said of it, in milliseconds: the default of ssh_args, which any of one's own replaces. */
  readonly usualPersistMs?: number;
}

export interface ConfigPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly home: string;
}

interface Setting {
  readonly value: string;
  readonly span?: SourceSpan;
}

const defaultRolesPath = ['~/.ansible/roles', '/usr/share/ansible/roles', '/etc/ansible/roles'];
const defaultCollectionsPath = ['~/.ansible/collections', '/usr/share/ansible/collections'];

/**
 * Reads the first of $ANSIBLE_CONFIG, ./ansible.cfg, ~/.ansible.cfg and /etc/ansible/ansible.cfg. Environment variables
 * (ANSIBLE_INVENTORY, ANSIBLE_ROLES_PATH, …) win over the file. As in Ansible, ./ansible.cfg is left out in a folder that
 * everybody may write to. Throws usage.option for values of a wrong type.
 */
export function loadConfig({ env, folder, home }: ConfigPlaces = { env: process.env, folder: process.cwd(), home: homedir() }): AnsibleConfig {
  const { file, warnings } = findConfig(env, folder, home);
  const settings = file === undefined ? new Map<string, Setting>() : parseConfig(readFileSync(file, 'utf8'), file);
  const base = file === undefined ? folder : path.dirname(file);
  const find = (variable: string, ...keys: string[]): Setting | undefined => {
    const fromEnv = env[variable];
    if (fromEnv !== undefined && fromEnv !== '') return { value: fromEnv };
    return keys.map((key) => settings.get(key)).find((setting) => setting !== undefined);
  };
  const absolute = (setting: Setting, value = setting.value): string => path.resolve(setting.span ? base : folder, value.startsWith('~/') ? path.join(home, value.slice(2)) : value);
  const text = (name: keyof AnsibleConfig, setting: Setting | undefined): Partial<AnsibleConfig> => (setting === undefined ? {} : { [name]: setting.value });
  const place = (name: keyof AnsibleConfig, setting: Setting | undefined): Partial<AnsibleConfig> => (setting === undefined ? {} : { [name]: absolute(setting) });
  const inventory = find('ANSIBLE_INVENTORY', 'defaults.inventory');
  const roles = find('ANSIBLE_ROLES_PATH', 'defaults.roles_path');
  const collections = find('ANSIBLE_COLLECTIONS_PATH', 'defaults.collections_path') ?? find('ANSIBLE_COLLECTIONS_PATHS', 'defaults.collections_paths');
  const searchPath = (setting: Setting | undefined, preset: readonly string[]): string[] =>
    (setting?.value.split(':').filter((one) => one !== '') ?? preset).map((one) => absolute(setting ?? { value: one }, one));
  const ownSshArgs = find('ANSIBLE_SSH_ARGS', 'ssh_connection.ssh_args');
  const sshArgs = [ownSshArgs, find('ANSIBLE_SSH_COMMON_ARGS', 'ssh_connection.ssh_common_args')].filter((setting) => setting !== undefined);
  return {
    ...(file === undefined ? {} : { file }),
    warnings: [...warnings, ...passedOver(settings)],
    inventory: inventory === undefined ? [] : inventorySources(inventory.value, (part) => absolute(inventory, part)),
    rolesPath: searchPath(roles, defaultRolesPath),
    collectionsPath: searchPath(collections, defaultCollectionsPath),
    ...number('forks', find('ANSIBLE_FORKS', 'defaults.forks')),
    ...text('remoteUser', find('ANSIBLE_REMOTE_USER', 'defaults.remote_user')),
    ...place('privateKeyFile', find('ANSIBLE_PRIVATE_KEY_FILE', 'defaults.private_key_file')),
    ...boolean('hostKeyChecking', find('ANSIBLE_HOST_KEY_CHECKING', 'defaults.host_key_checking', 'ssh_connection.host_key_checking')),
    ...number('timeoutSeconds', find('ANSIBLE_TIMEOUT', 'defaults.timeout')),
    ...boolean('forceHandlers', find('ANSIBLE_FORCE_HANDLERS', 'defaults.force_handlers')),
    ...boolean('anyErrorsFatal', find('ANSIBLE_ANY_ERRORS_FATAL', 'defaults.any_errors_fatal')),
    ...boolean('diff', find('ANSIBLE_DIFF_ALWAYS', 'diff.always')),
    ...words('tags', find('ANSIBLE_RUN_TAGS', 'tags.run')),
    ...words('skipTags', find('ANSIBLE_SKIP_TAGS', 'tags.skip')),
    ...text('managedText', settings.get('defaults.ansible_managed')),
    ...place('vaultPasswordFile', find('ANSIBLE_VAULT_PASSWORD_FILE', 'defaults.vault_password_file')),
    ...boolean('become', find('ANSIBLE_BECOME', 'privilege_escalation.become')),
    ...text('becomeUser', find('ANSIBLE_BECOME_USER', 'privilege_escalation.become_user')),
    ...text('becomeMethod', find('ANSIBLE_BECOME_METHOD', 'privilege_escalation.become_method')),
    ...text('becomeExe', find('ANSIBLE_BECOME_EXE', 'privilege_escalation.become_exe')),
    ...text('becomeFlags', find('ANSIBLE_BECOME_FLAGS', 'privilege_escalation.become_flags')),
    ...boolean('becomeAskPass', find('ANSIBLE_BECOME_ASK_PASS', 'privilege_escalation.become_ask_pass')),
    ...(ownSshArgs === undefined ? { usualPersistMs: USUAL_PERSIST_MS } : {}),
    ...(sshArgs.length === 0 ? {} : { sshArgs: sshArgs.map(({ value }) => value).join(' ') }),
  };
}

/** A path, several separated by commas, or a list of hosts with a comma in it. */
function inventorySources(value: string, absolute: (part: string) => string): readonly string[] {
  const parts = value.split(',').map((part) => part.trim()).filter((part) => part !== '');
  return !value.includes(',') || parts.some((part) => existsSync(absolute(part))) ? parts.map(absolute) : [value];
}

function findConfig(env: ConfigPlaces['env'], folder: string, home: string): { file?: string; warnings: string[] } {
  const named = env['ANSIBLE_CONFIG'];
  const warnings: string[] = [];
  if (named !== undefined && named !== '') {
    const file = existsSync(named) && statSync(named).isDirectory() ? path.join(named, 'ansible.cfg') : path.resolve(folder, named);
    if (existsSync(file)) return { file, warnings };
  }
  const local = path.join(folder, 'ansible.cfg');
  if (existsSync(local)) {
    const writableByAll = (statSync(folder).mode & 0o002) !== 0;
    if (!writableByAll) return { file: local, warnings };
    warnings.push(`${local} is left out, because everybody may write to its folder`);
  }
  const file = [path.join(home, '.ansible.cfg'), '/etc/ansible/ansible.cfg'].find((one) => existsSync(one));
  return file === undefined ? { warnings } : { file, warnings };
}

/** `section.key` → value, as Python's configparser reads it: `;` after a blank starts a comment, deeper lines go on. */
function parseConfig(text: string, file: string): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  let section = '';
  let last: string | undefined;
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.replace(/\s+;.*$/, '').trimEnd();
    if (/^\s*(?:[#;].*)?$/.test(line)) return;
    const header = /^\[([^\]]+)\]/.exec(line);
    if (header) {
      section = header[1]!.trim();
      last = undefined;
      return;
    }
    if (/^\s/.test(line) && last !== undefined) {
      const before = settings.get(last)!;
      settings.set(last, { ...before, value: `${before.value} ${line.trim()}`.trim() });
      return;
    }
    const assignment = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line);
    const span = { file, line: index + 1, column: 1, endLine: index + 1, endColumn: line.length + 1 };
    if (!assignment) throw new CtplayError('usage.option', 'this is no setting', { span, expected: 'name = value' });
    last = `${section}.${assignment[1]!.trim().toLowerCase()}`;
    settings.set(last, { value: assignment[2]!.trim(), span });
  });
  return settings;
}

/** Settings that change what playbooks mean and that ctplay has not, with the values that mean what it does anyway. */
const unknownHere: Readonly<Record<string, RegExp>> = {
  'defaults.hash_behaviour': /^replace$/i,
  'defaults.error_on_undefined_vars': /^(?:true|yes|on|1)$/i,
  'defaults.jinja2_native': /^(?:false|no|off|0)$/i,
  'defaults.private_role_vars': /^(?:false|no|off|0)$/i,
  'defaults.strategy': /^(?:ansible\.builtin\.)?(?:free|host_pinned)$/,
};

function passedOver(settings: ReadonlyMap<string, Setting>): string[] {
  return [...settings].filter(([key, { value }]) => unknownHere[key]?.test(value) === false).map(([key, { value, span }]) => {
    const place = span ? `${span.file}:${span.line}: ` : '';
    return `${place}'${key.slice(key.indexOf('.') + 1)} = ${value}' is passed over${key === 'defaults.strategy' ? "; plays may say 'strategy: linear'" : ''}`;
  });
}

function words(name: keyof AnsibleConfig, setting: Setting | undefined): Partial<AnsibleConfig> {
  return setting === undefined ? {} : { [name]: setting.value.split(',').map((word) => word.trim()).filter((word) => word !== '') };
}

function number(name: keyof AnsibleConfig, setting: Setting | undefined): Partial<AnsibleConfig> {
  if (setting === undefined) return {};
  const value = Number(setting.value);
  if (!Number.isFinite(value) || setting.value === '') throw new CtplayError('usage.option', `'${name}' must be a number`, { span: setting.span, found: `'${setting.value}'` });
  return { [name]: value };
}

function boolean(name: keyof AnsibleConfig, setting: Setting | undefined): Partial<AnsibleConfig> {
  if (setting === undefined) return {};
  const word = setting.value.toLowerCase();
  if (['true', 'yes', 'on', '1', 't', 'y'].includes(word)) return { [name]: true };
  if (['false', 'no', 'off', '0', 'f', 'n'].includes(word)) return { [name]: false };
  throw new CtplayError('usage.option', `'${name}' must be true or false`, { span: setting.span, found: `'${setting.value}'` });
}
