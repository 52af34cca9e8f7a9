/** `ctplay vault`: files and values encrypted as ansible-vault does. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { CtplayError } from '../errors.ts';
import { loadConfig } from '../load/config.ts';
import { readText } from '../load/read-file.ts';
import { decryptVault, encryptVault, isVault, type VaultSecret } from '../load/vault.ts';
import { askSecret } from './prompt.ts';
import { addVaultOptions, vaultSecrets, type VaultFlags } from './vault-options.ts';
import type { Verb } from './verb.ts';

interface Flags extends VaultFlags {
  readonly output?: string;
  readonly name?: string;
  readonly encryptVaultId?: string;
  readonly newVaultPasswordFile?: string[];
}

const epilogue = `
Examples:
  ctplay vault encrypt group_vars/all/secrets.yaml
  ctplay vault encrypt-string --name db_password   # asks for the text
  ctplay run site.yaml -i hosts.ini --ask-vault-pass

Without an option the password is asked for, unless ansible.cfg or
ANSIBLE_VAULT_PASSWORD_FILE names a file with it.`;

const configure: Verb = (command) => {
  const action = (usage: string, summary: string): Command => command.command(usage).description(summary);
  const withOutput = (one: Command): Command => addVaultOptions(one.option('--output <FILE>', 'write there instead; - is standard output'));
  const withLabel = (one: Command): Command => one.option('--encrypt-vault-id <LABEL>', 'which of several passwords to encrypt with');
  command.addHelpText('after', epilogue);
  withLabel(withOutput(action('encrypt [FILE...]', 'encrypt files in place; without files, standard input'))).action((files: string[], flags: Flags) => each(files, flags, async (text) => encrypted(text, await encryptingSecret(flags))));
  withOutput(action('decrypt [FILE...]', 'decrypt files in place; without files, standard input')).action((files: string[], flags: Flags) => each(files, flags, async (text) => decryptVault(text.toString('utf8'), await secretsOf(flags))));
  addVaultOptions(action('view <FILE...>', 'print what is in encrypted files')).action(async (files: string[], flags: Flags) => {
    const secrets = await secretsOf(flags);
    for (const file of files) process.stdout.write(opened(file, secrets));
  });
  withLabel(addVaultOptions(action('edit <FILE>', 'edit an encrypted file in $EDITOR; a new file is made'))).action(edit);
  addVaultOptions(action('rekey <FILE...>', 'encrypt files with another password'))
    .option('--new-vault-password-file <FILE>', 'file with the new password', (value: string) => [value])
    .action(rekey);
  withLabel(withOutput(action('encrypt-string [TEXT]', 'print a value for a YAML file; without text, from standard input').alias('encrypt_string')))
    .option('-n, --name <NAME>', "the variable's name")
    .action(async (text: string | undefined, flags: Flags) => {
      const plain = text ?? (process.stdin.isTTY ? (await askSecret('Text to encrypt: ')).reveal() : readFileSync(0, 'utf8'));
      const envelope = encryptVault(plain, await encryptingSecret(flags)).trimEnd();
      write(flags.output ?? '-', `${flags.name === undefined ? '' : `${flags.name}: `}!vault |\n${envelope.replace(/^/gm, '          ')}\n`);
    });
};
export default configure;

async function secretsOf(flags: Flags): Promise<readonly VaultSecret[]> {
  const secrets = await vaultSecrets(flags, loadConfig().vaultPasswordFile);
  return secrets.length > 0 ? secrets : [{ password: await askSecret('Vault password: ') }];
}

async function encryptingSecret(flags: Flags): Promise<VaultSecret> {
  const given = await vaultSecrets(flags, loadConfig().vaultPasswordFile);
  if (given.length === 0) return { password: await askTwice() };
  const label = flags.encryptVaultId;
  const chosen = label === undefined ? given[0] : given.find(({ id }) => id === label);
  if (!chosen) throw new CtplayError('vault', `there is no vault password with the label '${label!}'`, { hint: `Give it with --vault-id ${label!}@FILE.` });
  return chosen;
}

async function askTwice(): Promise<VaultSecret['password']> {
  const first = await askSecret('New vault password: ');
  const again = await askSecret('Again: ');
  if (first.reveal() !== again.reveal()) throw new CtplayError('vault', 'the two passwords differ');
  return first;
}

function encrypted(text: Buffer, secret: VaultSecret): string {
  if (isVault(text.toString('utf8'))) throw new CtplayError('vault', 'the file is encrypted already');
  return encryptVault(text, secret);
}

/** Changes files in place, or standard input to standard output. */
async function each(files: readonly string[], flags: Flags, change: (text: Buffer) => Promise<Buffer | string>): Promise<void> {
  if (files.length === 0) {
    write(flags.output ?? '-', await change(readFileSync(0)));
    return;
  }
  if (flags.output !== undefined && files.length > 1) throw new CtplayError('usage.option', '--output is for one file');
  for (const file of files) {
    const changed = await change(bytesOf(file)).catch((error: unknown) => {
      throw placed(error, file);
    });
    write(flags.output ?? file, changed);
  }
}

function bytesOf(file: string): Buffer {
  readText(file, 'to be encrypted or decrypted');
  return readFileSync(file);
}

function placed(error: unknown, file: string): unknown {
  return error instanceof CtplayError ? error.at({ file, line: 1, column: 1 }) : error;
}

function opened(file: string, secrets: readonly VaultSecret[]): Buffer {
  try {
    return decryptVault(readText(file, 'the vault'), secrets);
  } catch (error) {
    throw placed(error, file);
  }
}

/** Replaced as a whole, so that a full disk leaves the old file; what may be read by others before may be so afterwards. */
function write(file: string, text: Buffer | string): void {
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0o600;
  const temporary = `${file}.ctplay-${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, mode & 0o777);
  renameSync(temporary, file);
}

async function edit(file: string, flags: Flags): Promise<void> {
  const exists = statSync(file, { throwIfNoEntry: false }) !== undefined;
  const secrets = exists ? await secretsOf(flags) : [await encryptingSecret(flags)];
  const before = exists ? opened(file, secrets) : Buffer.from('---\n');
  const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-vault-'));
  try {
    const plain = path.join(folder, path.basename(file));
    writeFileSync(plain, before, { mode: 0o600 });
    const editor = process.env['VISUAL'] ?? process.env['EDITOR'] ?? 'vi';
    const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'sh', plain], { stdio: 'inherit' });
    if (error || status !== 0) throw new CtplayError('vault', `the editor '${editor}' failed, and the file stays as it was`, { hint: 'Set EDITOR to the one that you want.' });
    const after = readFileSync(plain);
    if (!exists || !after.equals(before)) write(file, encryptVault(after, exists ? keySecret(file, secrets) : secrets[0]!));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The one of several passwords that opens the file, with the label that the file has. */
function keySecret(file: string, secrets: readonly VaultSecret[]): VaultSecret {
  const envelope = readText(file, 'the vault');
  const label = envelope.split('\n')[0]!.split(';')[3]?.trim();
  const { password } = secrets.find((secret) => opens(envelope, secret))!;
  return { password, ...(label === undefined ? {} : { id: label }) };
}

function opens(envelope: string, secret: VaultSecret): boolean {
  try {
    decryptVault(envelope, [secret]);
    return true;
  } catch {
    return false;
  }
}

async function rekey(files: readonly string[], flags: Flags): Promise<void> {
  const secrets = await secretsOf(flags);
  const texts = files.map((file) => opened(file, secrets));
  const [fromFile] = flags.newVaultPasswordFile ? await vaultSecrets({ vaultPasswordFile: flags.newVaultPasswordFile }) : [];
  const fresh = fromFile ?? { password: await askTwice() };
  files.forEach((file, index) => write(file, encryptVault(texts[index]!, fresh)));
}
