import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import configure from '../../../src/cli/vault.ts';
import { valueOf } from '../../../src/load/yaml/node.ts';
import { parseYaml } from '../../../src/load/yaml/parse.ts';
import { decryptVault } from '../../../src/load/vault.ts';
import { Secret } from '../../../src/shell.ts';
import { folderWith } from './files.ts';

const files = { 'a.yml': 'hello: world\n', password: 'pw\nnot this line\n', other: 'pw2\n' };

/** Runs `ctplay vault` and gives what it prints. */
async function vault(...args: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  try {
    const command = new Command('vault').exitOverride();
    configure(command);
    await command.parseAsync([...args], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return printed.join('');
}

describe('ctplay vault', () => {
  it('encrypts and decrypts in place, and keeps the mode', async () => {
    const folder = folderWith(files);
    const file = path.join(folder, 'a.yml');
    const mode = statSync(file).mode;
    const password = ['--vault-password-file', path.join(folder, 'password')];
    await vault('encrypt', file, ...password);
    expect(readFileSync(file, 'utf8')).toMatch(/^\$ANSIBLE_VAULT;1\.1;AES256\n[0-9a-f\n]+$/);
    expect(statSync(file).mode).toBe(mode);
    await expect(vault('encrypt', file, ...password)).rejects.toThrow('the file is encrypted already');
    expect(await vault('view', file, ...password)).toBe(files['a.yml']);
    await vault('decrypt', file, ...password);
    expect(readFileSync(file, 'utf8')).toBe(files['a.yml']);
  });

  it('encrypts with another password, and tells a wrong one', async () => {
    const folder = folderWith(files);
    const file = path.join(folder, 'a.yml');
    const old = ['--vault-password-file', path.join(folder, 'password')];
    await vault('encrypt', file, ...old);
    await vault('rekey', file, ...old, '--new-vault-password-file', path.join(folder, 'other'));
    await expect(vault('view', file, ...old)).rejects.toMatchObject({ code: 'vault', message: 'the vault password is wrong', details: { span: { file } } });
    expect(await vault('view', file, '--vault-password-file', path.join(folder, 'other'))).toBe(files['a.yml']);
  });

  it('uses labels', async () => {
    const folder = folderWith(files);
    const ids = ['--vault-id', `prod@${path.join(folder, 'other')}`, '--vault-id', `lab@${path.join(folder, 'password')}`];
    await vault('encrypt', path.join(folder, 'a.yml'), ...ids, '--encrypt-vault-id', 'lab');
    expect(readFileSync(path.join(folder, 'a.yml'), 'utf8')).toMatch(/^\$ANSIBLE_VAULT;1\.2;AES256;lab\n/);
    expect(await vault('view', path.join(folder, 'a.yml'), ...ids)).toBe(files['a.yml']);
    await expect(vault('encrypt', path.join(folder, 'other'), ...ids, '--encrypt-vault-id', 'nope')).rejects.toThrow("no vault password with the label 'nope'");
  });

  it('prints a value for a YAML file', async () => {
    const folder = folderWith(files);
    const yaml = await vault('encrypt-string', 's3cret', '--name', 'pass', '--vault-password-file', path.join(folder, 'password'));
    const { pass } = valueOf(parseYaml(yaml, 'x.yaml', { decrypt: (envelope) => decryptVault(envelope, [{ password: new Secret('pw') }]).toString() })) as { pass: Secret };
    expect(pass.reveal()).toBe('s3cret');
  });

  it('edits by the editor, and leaves what was not changed', async () => {
    const folder = folderWith(files);
    const file = path.join(folder, 'a.yml');
    const password = ['--vault-password-file', path.join(folder, 'password')];
    await vault('encrypt', file, ...password);
    const before = readFileSync(file, 'utf8');
    vi.stubEnv('VISUAL', 'true');
    await vault('edit', file, ...password);
    expect(readFileSync(file, 'utf8')).toBe(before);
    vi.stubEnv('VISUAL', 'sed -i s/world/there/');
    await vault('edit', file, ...password);
    expect(await vault('view', file, ...password)).toBe('hello: there\n');
    vi.stubEnv('VISUAL', 'false');
    await expect(vault('edit', file, ...password)).rejects.toThrow('the file stays as it was');
    vi.unstubAllEnvs();
  });
});
