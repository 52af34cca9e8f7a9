/** Command line, environment and ansible.cfg together: what a run is asked to do, and where its inventory is. */
import { CtplayError } from '../errors.ts';
import type { RunSettings } from '../engine/options.ts';
import { settingsByName } from '../load/config-names.ts';
import { loadConfig, type AnsibleConfig } from '../load/config.ts';
import type { TargetOverrides } from '../load/target.ts';
import { VaultOpener } from '../load/vault-opener.ts';
import type { Secret } from '../shell.ts';
import { extraVariables } from './extra-vars.ts';
import { defaultForks, type HostFlags } from './host-options.ts';
import { passwordFrom } from './password-file.ts';
import { askSecret } from './prompt.ts';
import { vaultSecrets } from './vault-options.ts';

export interface Setup {
  readonly settings: RunSettings;
  /** The inventory's sources; empty when neither the command line nor ansible.cfg names one. */
  readonly sources: readonly string[];
}

/** The command line wins over the environment, that over ansible.cfg. Asks for passwords at the terminal where told to. Throws usage.option. */
export async function setUp(flags: HostFlags, config: AnsibleConfig = loadConfig()): Promise<Setup> {
  for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`);
  const vault = new VaultOpener(await vaultSecrets(flags, config.vaultPasswordFile));
  const password = await connectionPassword(flags);
  const becomePassword = await becomePasswordOf(flags, config, password);
  const settings: RunSettings = {
    check: flags.check ?? false,
    diff: flags.diff ?? config.diff ?? false,
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    tags: flags.tags ?? config.tags ?? [],
    skipTags: flags.skipTags ?? config.skipTags ?? [],
    extraVars: extraVariables(flags.extraVars ?? [], vault.decrypt),
    forks: wholeNumber(flags.forks, '--forks', config.forks ?? defaultForks),
    ...(flags.threads === undefined ? {} : { threads: wholeNumber(flags.threads, '--threads', 1) }),
    become: {
      enabled: flags.become ?? config.become ?? false,
      user: flags.becomeUser ?? config.becomeUser ?? 'root',
      method: flags.becomeMethod ?? config.becomeMethod ?? 'sudo',
      ...(config.becomeExe === undefined ? {} : { program: config.becomeExe }),
      ...(config.becomeFlags === undefined ? {} : { flags: config.becomeFlags }),
      ...(becomePassword ? { password: becomePassword } : {}),
    },
    verbosity: flags.verbose ?? 0,
    waitLockMs: seconds(flags.waitLock, '--wait-lock', 0) * 1000,
    forceHandlers: flags.forceHandlers ?? config.forceHandlers ?? false,
    ...(config.anyErrorsFatal === undefined ? {} : { anyErrorsFatal: config.anyErrorsFatal }),
    guard: { seconds: guardSeconds(flags.guardTimeout), ...(flags.guard === undefined ? {} : { mode: flags.guard ? 'always' : 'off' }) },
    rolesPath: config.rolesPath,
    collectionsPath: config.collectionsPath,
    ansible: settingsByName(config),
    target: targetOverrides(flags, config, password),
    vault,
  };
  return { settings, sources: flags.inventory ?? config.inventory };
}

function targetOverrides(flags: HostFlags, config: AnsibleConfig, password: Secret | undefined): TargetOverrides {
  const user = flags.user ?? config.remoteUser;
  const privateKeyFile = flags.privateKey ?? config.privateKeyFile;
  const sshArgs = [config.sshArgs, flags.sshCommonArgs, flags.sshExtraArgs].filter((args) => args !== undefined).join(' ');
  const timeout = flags.timeout === undefined ? config.timeoutSeconds : seconds(flags.timeout, '--timeout', 10);
  const checking = flags.acceptNewHostKeys ? 'accept-new' : config.hostKeyChecking === false ? 'off' : undefined;
  return {
    ...(user === undefined ? {} : { user }),
    ...(privateKeyFile === undefined ? {} : { privateKeyFile }),
    ...(password ? { password } : {}),
    ...(flags.connection === undefined ? {} : { connection: flags.connection }),
    ...(checking === undefined ? {} : { hostKeyChecking: checking }),
    ...(timeout === undefined ? {} : { connectTimeoutMs: timeout * 1000 }),
    ...(sshArgs === '' ? {} : { sshArgs }),
    // Threads that somebody asks for hold connections themselves, which end with them.
    ...(config.usualPersistMs === undefined || flags.threads !== undefined ? {} : { usualPersistMs: config.usualPersistMs }),
  };
}

async function connectionPassword(flags: HostFlags): Promise<Secret | undefined> {
  if (flags.connectionPasswordFile !== undefined) return passwordFrom(flags.connectionPasswordFile, 'the SSH password', 'usage.option');
  return flags.askPass ? askSecret('SSH password: ') : undefined;
}

/** An empty answer stands for the SSH password, as in Ansible. */
async function becomePasswordOf(flags: HostFlags, config: AnsibleConfig, sshPassword: Secret | undefined): Promise<Secret | undefined> {
  if (flags.becomePasswordFile !== undefined) return passwordFrom(flags.becomePasswordFile, 'the become password', 'usage.option');
  if (!(flags.askBecomePass ?? config.becomeAskPass ?? false)) return undefined;
  const answer = await askSecret(`BECOME password${sshPassword ? ' (empty: the SSH password)' : ''}: `);
  return answer.reveal() === '' && sshPassword ? sshPassword : answer;
}

function seconds(text: string | undefined, flag: string, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new CtplayError('usage.option', `${flag} takes a number of seconds`, { found: text });
  return value;
}

/** Less than a login takes would take back every change. */
function guardSeconds(text: string | undefined): number {
  const value = seconds(text, '--guard-timeout', 30);
  if (value < 5) throw new CtplayError('usage.option', '--guard-timeout takes 5 seconds at least', { found: String(value) });
  return Math.ceil(value);
}

function wholeNumber(text: string | undefined, flag: string, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < 1) throw new CtplayError('usage.option', `${flag} takes a number from 1`, { found: text ?? String(fallback) });
  return value;
}
