/**
 * Private keys in files. A key is offered by its public half, and its file is decrypted only when a server wants a signature:
 * nobody is asked for the passphrase of a key that the host doesn't take.
 */
import { createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import type { Secret } from '../../shell.ts';
import { Recent } from './recent.ts';

/** Asks the person for a secret, as ConnectOptions.prompt does; absent where nobody can be asked. */
export type Ask = (question: string, once?: string) => Promise<Secret>;

/** A key that can be offered and, if it is taken, signs. */
export interface Identity {
  /** What messages call it. */
  readonly label: string;
  readonly publicKey: ParsedKey;
  /** Whether it signs here and now: no agent, which may ask a person, and no passphrase is between. */
  readonly ready: boolean;
  /** Whether it signs by a passphrase that somebody has given. */
  readonly encrypted: boolean;
  /** A signature over `data`, at once where it is ready; `hash` is that of an RSA signature. Fails when the key can't be decrypted. */
  sign(data: Buffer, hash: string | undefined): Buffer | Promise<Buffer>;
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
  readonly #decrypted = new Map<string, DecryptedKey>();
  readonly #read = new Recent<Promise<ReadKey>>();

  /**
   * @param passphrase tried before anybody is asked
   * @param ask used when a signature of an encrypted key is wanted
   */
  async read(path: string, passphrase: Secret | undefined, ask: Ask | undefined): Promise<KeyFile> {
    const read = await this.#read.get(path, () => readKey(path));
    if (read.kind !== 'encrypted') return read;
    const { text } = read;
    const publicKey = opensshPublicHalf(text) ?? (await publicHalfBeside(path));
    const encryptedKey = (half: ParsedKey): KeyFile => ({ kind: 'private', encrypted: true, identity: this.#encryptedIdentity(path, half, text, passphrase, ask) });
    if (publicKey) return encryptedKey(publicKey);
    try {
      return encryptedKey(await this.#decrypt(path, text, passphrase, ask).key);
    } catch (error) {
      return { kind: 'unusable', reason: (error as Error).message };
    }
  }

  #encryptedIdentity(label: string, publicKey: ParsedKey, text: string, passphrase: Secret | undefined, ask: Ask | undefined): Identity {
    const ready = (): Sign | undefined => this.#decrypted.get(label)?.sign;
    return {
      label,
      publicKey,
      encrypted: true,
      get ready() {
        return ready() !== undefined;
      },
      sign: (data, hash) => ready()?.(data, hash) ?? this.#decrypt(label, text, passphrase, ask).key.then((key) => signer(key)(data, hash)),
    };
  }

  #decrypt(path: string, text: string, passphrase: Secret | undefined, ask: Ask | undefined): DecryptedKey {
    const known = this.#decrypted.get(path);
    if (known) return known;
    const decrypted: DecryptedKey = { key: decrypt(path, text, passphrase, ask), sign: undefined };
    this.#decrypted.set(path, decrypted);
    decrypted.key.then(
      (key) => (decrypted.sign = signer(key)),
      // Another host may come with the right passphrase; a person is not asked again.
      () => ask || this.#decrypted.delete(path),
    );
    return decrypted;
  }
}

/** Gives signatures of one private key. */
type Sign = (data: Buffer, hash: string | undefined) => Buffer;

interface DecryptedKey {
  readonly key: Promise<ParsedKey>;
  /** Once the key is there. */
  sign: Sign | undefined;
}

/** What a file holds, as far as that can be said without a passphrase. */
type ReadKey = KeyFile | { readonly kind: 'encrypted'; readonly text: string };

async function readKey(path: string): Promise<ReadKey> {
  let text: string;
  try {
    text = await readFile(path, 'latin1');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unusable', reason: message };
  }
  const key = parse(text);
  if (key instanceof Error) return isEncrypted(text, key) ? { kind: 'encrypted', text } : { kind: 'unusable', reason: key.message };
  if (!key.isPrivateKey()) return { kind: 'public', publicKey: key };
  return { kind: 'private', encrypted: false, identity: { label: path, publicKey: key, ready: true, encrypted: false, sign: signer(key) } };
}

async function decrypt(path: string, text: string, passphrase: Secret | undefined, ask: Ask | undefined): Promise<ParsedKey> {
  if (passphrase) {
    const key = parse(text, passphrase.reveal());
    if (!(key instanceof Error)) return key;
    if (!ask) throw new Error('encrypted, and the given passphrase is wrong');
  }
  if (!ask) throw new Error('encrypted, and there is no terminal to ask for its passphrase');
  for (let tries = 0; tries < PASSPHRASE_TRIES; tries++) {
    const key = parse(text, (await ask(`${tries === 0 ? 'Passphrase' : 'Wrong. Passphrase'} for ${path}: `, `passphrase ${tries} ${path}`)).reveal());
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

/** Of signatures by a key whose type alone says which (RFC 4253, section 6.6; RFC 5656, section 6.2.1); Ed25519 has one of its own. */
const HASH_OF: Readonly<Record<string, string>> = {
  'ssh-rsa': 'sha1',
  'ssh-dss': 'sha1',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

/** Reads the key once; ssh2 does it anew for each signature, which costs several times as much as to sign. */
function signer(key: ParsedKey): Sign {
  let read: KeyObject | undefined;
  return (data, hash) => {
    read ??= createPrivateKey(key.getPrivatePEM());
    return sign(hash ?? HASH_OF[key.type], data, read);
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
