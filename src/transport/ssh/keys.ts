/**
 * Private keys in files. A key is offered by its public half, and its file is decrypted only when a server wants a signature:
 * nobody is asked for the passphrase of a key that the host doesn't take.
 */
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import type { Secret } from '../../shell.ts';
import { Recent } from './recent.ts';

/** Asks the person for a secret; absent where nobody can be asked. */
export type Ask = (question: string) => Promise<Secret>;

/** A key that can be offered and, if it is taken, signs. */
export interface Identity {
  /** What messages call it. */
  readonly label: string;
  readonly publicKey: ParsedKey;
  /** A signature over `data`; `hash` is that of an RSA signature. Rejects when the key can't be decrypted. */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

export type KeyFile =
  | { readonly kind: 'private'; readonly identity: Identity; readonly encrypted: boolean }
  /** A public key alone: its private half is in an agent. */
  | { readonly kind: 'public'; readonly publicKey: ParsedKey }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly reason: string };

const PASSPHRASE_TRIES = 3;

/** Key files; each encrypted one is decrypted, and its passphrase asked for, once for all hosts. */
export class KeyFiles {
  readonly #decrypted = new Map<string, Promise<ParsedKey>>();
  readonly #read = new Recent<Promise<ReadKey>>();

  /**
   * @param passphrase tried before anybody is asked
   * @param ask used when a signature of an encrypted key is wanted
   */
  async read(path: string, passphrase: Secret | undefined, ask: Ask | undefined): Promise<KeyFile> {
    const read = await this.#read.get(path, () => readKey(path));
    if ('kind' in read) return read;
    const { text, key } = read;
    if (!(key instanceof Error)) {
      if (!key.isPrivateKey()) return { kind: 'public', publicKey: key };
      return { kind: 'private', encrypted: false, identity: identityOf(path, key, () => Promise.resolve(key)) };
    }
    if (!isEncrypted(text, key)) return { kind: 'unusable', reason: key.message };
    const decrypted = (): Promise<ParsedKey> => this.#decrypt(path, text, passphrase, ask);
    const publicKey = opensshPublicHalf(text) ?? (await publicHalfBeside(path));
    if (publicKey) return { kind: 'private', encrypted: true, identity: identityOf(path, publicKey, decrypted) };
    try {
      return { kind: 'private', encrypted: true, identity: identityOf(path, await decrypted(), decrypted) };
    } catch (error) {
      return { kind: 'unusable', reason: (error as Error).message };
    }
  }

  #decrypt(path: string, text: string, passphrase: Secret | undefined, ask: Ask | undefined): Promise<ParsedKey> {
    let key = this.#decrypted.get(path);
    if (!key) {
      key = decrypt(path, text, passphrase, ask);
      this.#decrypted.set(path, key);
      // Another host may come with the right passphrase; a person is not asked again.
      if (!ask) key.catch(() => this.#decrypted.delete(path));
    }
    return key;
  }
}

/** A key file's text and what is in it, or why there is none. */
type ReadKey = { readonly text: string; readonly key: ParsedKey | Error } | Extract<KeyFile, { kind: 'missing' | 'unusable' }>;

async function readKey(path: string): Promise<ReadKey> {
  try {
    const text = await readFile(path, 'latin1');
    return { text, key: parse(text) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unusable', reason: message };
  }
}

async function decrypt(path: string, text: string, passphrase: Secret | undefined, ask: Ask | undefined): Promise<ParsedKey> {
  if (passphrase) {
    const key = parse(text, passphrase.reveal());
    if (!(key instanceof Error)) return key;
    if (!ask) throw new Error('encrypted, and the given passphrase is wrong');
  }
  if (!ask) throw new Error('encrypted, and there is no terminal to ask for its passphrase');
  for (let tries = 0; tries < PASSPHRASE_TRIES; tries++) {
    const key = parse(text, (await ask(`${tries === 0 ? 'Passphrase' : 'Wrong. Passphrase'} for ${path}: `)).reveal());
    if (!(key instanceof Error)) return key;
  }
  throw new Error(`encrypted, and ${PASSPHRASE_TRIES} wrong passphrases were given`);
}

/** The blob of a public key, as known_hosts and agents hold it, as a key. */
export function parsePublicBlob(blob: Buffer): ParsedKey | undefined {
  const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
  const key = ssh2.utils.parseKey(`${type} ${blob.toString('base64')}`);
  return key instanceof Error ? undefined : key;
}

function identityOf(label: string, publicKey: ParsedKey, key: () => Promise<ParsedKey>): Identity {
  return {
    label,
    publicKey,
    sign: async (data, hash) => {
      const signature: Buffer | Error = (await key()).sign(data, hash);
      if (signature instanceof Error) throw signature;
      return signature;
    },
  };
}

/** Any PEM or OpenSSH file; PKCS #8 by way of the older forms that ssh2 reads. */
function parse(text: string, passphrase?: string): ParsedKey | Error {
  if (!/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) return firstKey(ssh2.utils.parseKey(text, passphrase));
  try {
    const key = createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
    const type = key.asymmetricKeyType;
    if (type !== 'rsa' && type !== 'ec') return new Error(`${type} keys are read in OpenSSH's own format only (ssh-keygen -p -f FILE)`);
    return firstKey(ssh2.utils.parseKey(key.export({ format: 'pem', type: type === 'rsa' ? 'pkcs1' : 'sec1' })));
  } catch (error) {
    return error as Error;
  }
}

function firstKey(parsed: ParsedKey | Error | ParsedKey[]): ParsedKey | Error {
  return Array.isArray(parsed) ? (parsed[0] ?? new Error('no key in it')) : parsed;
}

function isEncrypted(text: string, error: Error): boolean {
  return /no passphrase given/i.test(error.message) || /-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(text);
}

/** The public key at the head of an OpenSSH private key, which is never encrypted (openssh's PROTOCOL.key). */
function opensshPublicHalf(text: string): ParsedKey | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  let position = 'openssh-key-v1\0'.length;
  const next = (): Buffer => {
    const length = bytes.readUInt32BE(position);
    position += 4 + length;
    return bytes.subarray(position - length, position);
  };
  try {
    // Cipher, key derivation, its options, number of keys, first public key.
    next();
    next();
    next();
    position += 4;
    return parsePublicBlob(next());
  } catch {
    return undefined;
  }
}

async function publicHalfBeside(path: string): Promise<ParsedKey | undefined> {
  const text = await readFile(`${path}.pub`, 'utf8').catch(() => undefined);
  const key = text === undefined ? undefined : ssh2.utils.parseKey(text);
  return key === undefined || key instanceof Error ? undefined : key;
}
