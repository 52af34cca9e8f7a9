/** Vault passwords from the command line, the environment and ansible.cfg. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { CtplayError } from '../errors.ts';
import { readText } from '../load/read-file.ts';
import { vaultDecrypter, type VaultSecret } from '../load/vault.ts';
import type { Decrypt } from '../load/yaml/tags.ts';
import { Secret } from '../shell.ts';
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
    secrets.push({ id, password: source === 'prompt' ? await askSecret(`Vault password (${id}): `) : passwordFrom(source) });
  }
  for (const file of flags.vaultPasswordFile ?? []) secrets.push({ password: passwordFrom(file) });
  if (flags.askVaultPass) secrets.push({ password: await askSecret('Vault password: ') });
  if (secrets.length === 0 && fallback !== undefined) secrets.push({ password: passwordFrom(fallback) });
  return secrets;
}

/** What the loaders open vaults with; undefined where no password was given. */
export async function vaultFrom(flags: VaultFlags, fallback?: string): Promise<Decrypt | undefined> {
  return vaultDecrypter(await vaultSecrets(flags, fallback));
}

/** The first line of a file, or of what a program prints. */
function passwordFrom(source: string): Secret {
  const file = path.resolve(source.startsWith('~/') ? path.join(homedir(), source.slice(2)) : source);
  const password = (isProgram(file) ? output(file) : readText(file, 'the vault password')).split('\n')[0]!.trim();
  if (password === '') throw new CtplayError('vault', `'${file}' holds no vault password`);
  return new Secret(password);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function output(file: string): string {
  try {
    return execFileSync(file, { encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'] });
  } catch (error) {
    throw new CtplayError('vault', `the program '${file}', which should print the vault password, failed`, { found: (error as Error).message.split('\n')[0] });
  }
}
