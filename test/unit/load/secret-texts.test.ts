import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SecretTexts } from '../../../src/load/secret-texts.ts';
import { VaultOpener } from '../../../src/load/vault-opener.ts';
import { encryptVault } from '../../../src/load/vault.ts';
import { loadVarsFile } from '../../../src/load/playbook.ts';
import { Secret } from '../../../src/shell.ts';
import { folderWith } from './files.ts';

describe('SecretTexts', () => {
  const secrets = new SecretTexts();
  for (const text of ['hunter2', 'hunter2-longer', "it's", 'ab', 'line one\nline two\n', '  ']) secrets.remember(text);

  it.each([
    ['the password is hunter2!', 'the password is ***!'],
    ['hunter2-longer', '***'],
    ['x hunter2-longer y', 'x *** y'],
    ["echo 'it'\\''s'", "echo '***'"],
    ['ab', '***'],
    ['about', 'about'],
    ['> line one\nline two <', '> *** <'],
    ['  ', '  '],
    [7, 7],
    [null, null],
  ])('%j → %j', (value, shown) => expect(secrets.mask(value)).toEqual(shown));

  it('looks into lists and mappings, and leaves keys alone', () => {
    expect(secrets.mask({ hunter2: ['hunter2', { deep: 'ab' }] })).toEqual({ hunter2: ['***', { deep: '***' }] });
  });

  it('without a secret gives the very value', () => {
    const value = { a: ['b'] };
    expect(new SecretTexts().mask(value)).toBe(value);
  });
});

describe('VaultOpener', () => {
  const password = { password: new Secret('pw') };

  it('opens files and remembers them', () => {
    const vault = new VaultOpener([password]);
    expect(Buffer.from(vault.open(Buffer.from(encryptVault('the content\n', password)), 'f')).toString()).toBe('the content\n');
    expect(vault.texts.mask('see the content here')).toBe('see *** here');
  });

  it('leaves other files as they are', () => {
    const content = Buffer.from([0, 255, 1]);
    expect(new VaultOpener([]).open(content, 'f')).toBe(content);
  });

  it('without a password says what is needed and where', () => {
    expect(() => new VaultOpener([]).open(Buffer.from(encryptVault('x', password)), '/f')).toThrow(expect.objectContaining({ code: 'vault', message: 'a vault password is needed', details: expect.objectContaining({ span: { file: '/f', line: 1, column: 1 } }) as unknown }) as Error);
  });

  it('remembers the texts of encrypted variables, but no templates', () => {
    const vault = new VaultOpener([password]);
    const folder = folderWith({ 'v.yml': encryptVault('user: admin-x\nport: 8080\nurl: "http://{{ host }}/"\nlist: [one-x]\n', password) });
    expect(loadVarsFile(path.join(folder, 'v.yml'), { decrypt: vault.decrypt })).toMatchObject({ user: 'admin-x', port: 8080 });
    expect(vault.texts.mask(['admin-x', 'one-x', 'http://{{ host }}/', 'user', '8080'])).toEqual(['***', '***', 'http://{{ host }}/', 'user', '8080']);
  });
});
