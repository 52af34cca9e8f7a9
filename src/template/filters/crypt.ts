/** Password hashes and vaults. */
import { randomBytes } from 'node:crypto';
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { decryptVault, encryptVault, isVault } from '../../load/vault.ts';
import { Secret } from '../../shell.ts';
import { md5Crypt, randomSalt, shaCrypt } from '../python/crypt.ts';
import { toInt } from '../python/number.ts';
import { text } from '../python/text.ts';
import { valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

/** The rounds are those of passlib, which Ansible uses where it is installed. */
const methods: Readonly<Record<string, { readonly longestSalt: number; readonly rounds: number }>> = {
  sha512: { longestSalt: 16, rounds: 656_000 },
  sha256: { longestSalt: 16, rounds: 535_000 },
  md5: { longestSalt: 8, rounds: 1000 },
};

/** Hashes take a second each, and a play asks for the same one for each host. */
const made = new Map<string, string>();

/** crypt(3) of a password; a salt is made up when none is given, so the result differs each time. */
export function passwordHash(password: string, method: string, salt: string | undefined, saltSize: number | undefined, rounds: number | undefined): string {
  const name = method.replace(/_crypt$/, '');
  const known = methods[name];
  if (known === undefined) throw valueError(`password_hash: the method '${method}' is not supported`, didYouMean(name, Object.keys(methods)) ?? 'Known are sha512, sha256 and md5.');
  const seasoning = salt ?? randomSalt(Math.min(saltSize ?? known.longestSalt, known.longestSalt), () => randomBytes(1)[0]!);
  if (!/^[A-Za-z0-9./]*$/.test(seasoning)) throw valueError('password_hash: a salt may hold letters, digits, dots and slashes only');
  if (seasoning.length > known.longestSalt) throw valueError(`password_hash: the salt is longer than ${known.longestSalt} characters`);
  if (name === 'md5') return md5Crypt(password, seasoning);
  const count = rounds ?? known.rounds;
  const key = JSON.stringify([name, password, seasoning, count]);
  const before = made.get(key);
  if (before !== undefined) return before;
  const hash = shaCrypt(name as 'sha256' | 'sha512', password, seasoning, count);
  if (made.size >= 100) made.clear();
  made.set(key, hash);
  return hash;
}

export const cryptFilters: Readonly<Record<string, Definition>> = {
  password_hash: define('hashtype="sha512", salt=None, salt_size=None, rounds=None, ident=None', (context, value, method, salt, size, rounds) => {
    if (salt === null) context.volatile();
    return passwordHash(text(value), text(method), salt === null ? undefined : text(salt), size === null ? undefined : toInt(size), rounds === null ? undefined : toInt(rounds));
  }),
  vault: define('secret, salt=None, vault_id="filter_default", wrap_object=False, vaultid=None', (context, value, secret, salt, id, _wrap, oldId) => {
    if (salt === null) context.volatile();
    return encryptVault(text(value), { password: new Secret(text(secret)), id: text(oldId ?? id) }, salt === null ? undefined : Buffer.from(text(salt)));
  }),
  unvault: define('secret, vault_id="filter_default", vaultid=None', (_, value, secret) => {
    const envelope = text(value);
    return isVault(envelope) ? decryptVault(envelope, [{ password: new Secret(text(secret)) }]).toString('utf8') : value;
  }),
};
