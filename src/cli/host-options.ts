/** Options that all verbs share which reach hosts, with the names and the meaning they have in Ansible. */
import { Option, type Command } from 'commander';
import { addVaultOptions, type VaultFlags } from './vault-options.ts';

export interface HostFlags extends VaultFlags {
  readonly inventory?: string[];
  readonly limit?: string;
  readonly extraVars?: string[];
  readonly forks?: string;
  readonly threads?: string;
  readonly become?: boolean;
  readonly becomeUser?: string;
  readonly becomeMethod?: string;
  readonly askBecomePass?: boolean;
  readonly becomePasswordFile?: string;
  readonly askPass?: boolean;
  readonly connectionPasswordFile?: string;
  readonly user?: string;
  readonly privateKey?: string;
  readonly connection?: 'ssh' | 'local';
  readonly timeout?: string;
  readonly sshCommonArgs?: string;
  readonly sshExtraArgs?: string;
  readonly acceptNewHostKeys?: boolean;
  readonly waitLock?: string;
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly verbose?: number;
  readonly tags?: string[];
  readonly skipTags?: string[];
  readonly startAtTask?: string;
  readonly forceHandlers?: boolean;
  readonly guard?: boolean;
  readonly guardTimeout?: string;
}

/** Hosts at work at once. A connection is one process's file descriptor, not a process of its own as with Ansible's 5. */
export const defaultForks = 50;

export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
export const collectWords = (value: string, before: string[] | undefined): string[] => [...(before ?? []), ...value.split(',').map((word) => word.trim()).filter((word) => word !== '')];

/** The inventory, how to connect and as whom: what every verb needs that reaches hosts. */
export function addHostOptions(command: Command): Command {
  command
    .optionsGroup('Hosts and variables:')
    .option('-i, --inventory <INVENTORY>', 'inventory file, folder, program, or hosts with commas; may be given more than once; without it that of ansible.cfg', collect)
    .option('-l, --limit <PATTERN>', 'only these hosts; @FILE reads them from a file')
    .option('-e, --extra-vars <VARS>', 'NAME=VALUE, a JSON or YAML mapping in braces, or @FILE; wins over all other variables', collect)
    .optionsGroup('Connection:')
    .option('-u, --user <USER>', 'log in as this user')
    .option('--private-key <FILE>', 'log in with this key')
    .option('-k, --ask-pass', 'ask for the SSH password')
    .option('--connection-password-file <FILE>', 'file with the SSH password; a program is run and prints it')
    .addOption(new Option('-c, --connection <KIND>', 'how to reach hosts').choices(['ssh', 'local']))
    .option('-T, --timeout <SECONDS>', 'how long it may take to connect (default: 10)')
    .option('--ssh-common-args <ARGS>', 'options as for ssh: -o Name=value, -J, -i, -p, -l')
    .option('--ssh-extra-args <ARGS>', 'further ones, which win over the common ones')
    .option('--accept-new-host-keys', 'record the keys of hosts that are not known yet; a changed key is still refused')
    .option('-f, --forks <N>', `tasks under way at once (default: ${defaultForks})`)
    .option('--threads <N>', 'threads that SSH connections are spread over, none of which is kept; by default 1, from 200 hosts on up to 2 where none is kept anyway');
  command
    .optionsGroup('Privileges:')
    .option('-b, --become', 'act as another user where the playbook does not say')
    .option('--become-user <USER>', 'whom to become (default: root)')
    .addOption(new Option('--become-method <METHOD>', 'how; sudo if nothing else is said').choices(['sudo', 'su']))
    .option('-K, --ask-become-pass', 'ask for the password for it')
    .option('--become-password-file <FILE>', 'file with that password; a program is run and prints it')
    .optionsGroup('Encrypted files and values:');
  return addVaultOptions(command);
}

/** How much is told, and in which form. */
export function addOutputOptions(command: Command, kinds: readonly string[], preset: string): Command {
  return command
    .optionsGroup('Output:')
    .addOption(new Option('--output <KIND>', preset).choices(kinds))
    .option('-v, --verbose', 'results; -vv also arguments and commands, -vvv also the SSH layer', (_value, before: number | undefined) => (before ?? 0) + 1);
}

export function addChangeOptions(command: Command): Command {
  return command
    .optionsGroup('What to do:')
    .option('-C, --check', 'change nothing, show what would change')
    .option('-D, --diff', 'show how texts differ')
    .option('--guard', 'have the host take back any change after which nobody can log in, not only what may well cut it off')
    .option('--no-guard', 'refuse no change that cuts a host off, and have none taken back')
    .option('--guard-timeout <SECONDS>', 'how long a host waits for that login (default: 30)')
    .option('--wait-lock <SECONDS>', 'wait so long for another run to leave a host (default: 0)');
}

export function addTagOptions(command: Command): Command {
  return command
    .optionsGroup('Which tasks:')
    .option('-t, --tags <TAGS>', 'only tasks with one of these tags', collectWords)
    .option('--skip-tags <TAGS>', 'no tasks with one of these tags', collectWords)
    .option('--start-at-task <NAME>', 'begin with the first task of this name; * and ? match any text');
}
