/** Vaults; the envelopes here were made by ansible-vault 2.14 with the password `secretpw`. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decryptVault, encryptVault, isVault, vaultDecrypter, type VaultSecret } from '../../../src/load/vault.ts';
import { loadVarsFile } from '../../../src/load/playbook.ts';
import { Secret } from '../../../src/shell.ts';
import { folderWith } from './files.ts';

const file = `$ANSIBLE_VAULT;1.1;AES256
37393334353932343434383162366538626363653532643763663763653865343931663838313565
3130376239316132643361333764666130653639643661640a346363353763663230353439616632
37383066653239663138303434626136326337376633633834613861653934353263383561306166
6537613964323266660a373732376233396137393234336338663166643232626533366263383539
6361
`;
const labelled = `$ANSIBLE_VAULT;1.2;AES256;lab
31353165623235363335373635633233393439383565386430376130313362353939383961373862
3539333737343662386532636262393665383736303335390a383238386565366465363432616639
36336438313366306438356238613764303035353866636562396564626438333331376339643664
3664386162386565390a323763323165396438376565653666313432346463316639346636616438
3139
`;
const inline = `pass: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          37653062336630396338373961383530636137363235643334666137316439393136396230616466
          6165653535366261396438613331346631323039396331350a353063643764663838333232653765
          65646130393762346637333966613266376433623565613734333863363563316535323765333433
          6133666633353364640a376535626435646238373564653238396639363861376637623933656232
          3933
`;

const right: VaultSecret = { password: new Secret('secretpw') };
const wrong: VaultSecret = { password: new Secret('other'), id: 'lab' };
const span = { file: 'v.yaml', line: 1, column: 1 };

describe('opening', () => {
  it.each([['1.1', file], ['1.2', labelled]])('a vault of format %s', (_version, envelope) => {
    expect(decryptVault(envelope, [right]).toString()).toBe('hello: world\n');
  });
  it('tries the password of the same label first, then the others', () => {
    expect(decryptVault(labelled, [wrong, right]).toString()).toBe('hello: world\n');
  });
  it('a whole file of variables', () => {
    const folder = folderWith({ 'a.yml': file });
    expect(loadVarsFile(path.join(folder, 'a.yml'), { decrypt: vaultDecrypter([right]) })).toEqual({ hello: 'world' });
    expect(() => loadVarsFile(path.join(folder, 'a.yml'))).toThrow('is encrypted and no vault password was given');
  });
  it('a value in a file', () => {
    const folder = folderWith({ 'a.yml': inline });
    const { pass } = loadVarsFile(path.join(folder, 'a.yml'), { decrypt: vaultDecrypter([right]) }) as { pass: Secret };
    expect(pass.reveal()).toBe('s3cret');
  });

  it.each<[string, string, readonly VaultSecret[], RegExp]>([
    ['a wrong password', file, [wrong], /^the vault password is wrong$/],
    ['no password', file, [], /^a vault password is needed$/],
    ['several wrong passwords', file, [wrong, wrong], /^none of the vault passwords fits$/],
    ['no vault', 'hello: world', [right], /^this is no vault$/],
    ['an unknown format', '$ANSIBLE_VAULT;2.0;AES256\n00\n', [right], /format is not supported$/],
    ['letters among the digits', '$ANSIBLE_VAULT;1.1;AES256\nxyz\n', [right], /^the vault is damaged$/],
    ['missing lines', file.split('\n').slice(0, 2).join('\n'), [right], /^the vault is damaged$/],
    ['a changed digit', file.replace('6361\n', '6362\n'), [right], /^the vault password is wrong$/],
  ])('%s is told', (_name, envelope, secrets, message) => {
    expect(() => vaultDecrypterOf(secrets)(envelope)).toThrow(expect.objectContaining({ code: 'vault', message: expect.stringMatching(message) as string }));
  });
});

function vaultDecrypterOf(secrets: readonly VaultSecret[]): (envelope: string) => string {
  return (envelope) => vaultDecrypter(secrets)?.(envelope, span) ?? decryptVault(envelope, secrets).toString();
}

describe('making', () => {
  it.each([['', 0], ['a', 1], ['x'.repeat(15), 15], ['x'.repeat(16), 16], ['grüße\n'.repeat(500), 0]])('gives back %j', (text) => {
    const envelope = encryptVault(text, right);
    expect(isVault(envelope)).toBe(true);
    expect(decryptVault(envelope, [right]).toString()).toBe(text);
  });
  it.each<[string | undefined, string]>([
    [undefined, '$ANSIBLE_VAULT;1.1;AES256'],
    ['default', '$ANSIBLE_VAULT;1.1;AES256'],
    ['lab', '$ANSIBLE_VAULT;1.2;AES256;lab'],
  ])('with the label %s', (id, header) => {
    const [first, ...lines] = encryptVault('x', { password: right.password, ...(id === undefined ? {} : { id }) }).trimEnd().split('\n');
    expect(first).toBe(header);
    expect(lines.every((line) => /^[0-9a-f]{1,80}$/.test(line))).toBe(true);
  });
  it('never gives the same twice', () => {
    expect(encryptVault('x', right)).not.toBe(encryptVault('x', right));
  });
});
