/** Vault passwords from the command line, the environment and ansible.cfg. */
import type { Command } from 'commander';
import { vaultDecrypter, type VaultSecret } from '../load/vault.ts';
import type { Decrypt } from '../load/yaml/tags.ts';
import type { Secret } from '../shell.ts';
import { passwordFrom } from './password-file.ts';
import { askSecret } from './prompt.ts';

export interface VaultFlags {
  readonly vaultPasswordFile?: string[];
  readonly vaultId?: string[];
  readonly askVaultPass?: boolean;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export function addVaultOptions(command: Command): Command {
  return command
    .option('--vault-password-file <FILE>', 'file with a vault password; a program is run and prints it', collect)
    .option('--vault-id <ID>', 'LABEL@FILE or LABEL@prompt: a password for vaults of that label', collect)
    .option('-J, --ask-vault-pass', 'ask for the vault password');
}

/** All vault passwords, in the order in which they are tried. `fallback` is the file that ansible.cfg names. */
export async function vaultSecrets(flags: VaultFlags, fallback?: string): Promise<readonly VaultSecret[]> {
  const secrets: VaultSecret[] = [];
  for (const given of flags.vaultId ?? []) {
    const at = given.indexOf('@');
    const [id, source] = at < 0 ? ['default', given] : [given.slice(0, at), given.slice(at + 1)];
    secrets.push({ id, password: source === 'prompt' ? await askSecret(`Vault password (${id}): `) : passwordOf(source) });
  }
  for (const file of flags.vaultPasswordFile ?? []) secrets.push({ password: passwordOf(file) });
  if (flags.askVaultPass) secrets.push({ password: await askSecret('Vault password: ') });
  if (secrets.length === 0 && fallback !== undefined) secrets.push({ password: passwordOf(fallback) });
  return secrets;
}

/** What the loaders open vaults with; undefined where no password was given. */
export async function vaultFrom(flags: VaultFlags, fallback?: string): Promise<Decrypt | undefined> {
  return vaultDecrypter(await vaultSecrets(flags, fallback));
}

function passwordOf(source: string): Secret {
  return passwordFrom(source, 'the vault password', 'vault');
}
