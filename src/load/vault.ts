/**
 * Ansible's vault, formats 1.1 and 1.2: `$ANSIBLE_VAULT;1.1;AES256` over lines of hex digits. The key comes from PBKDF2-HMAC-SHA256
 * (RFC 8018; 10000 rounds, 32 bytes of salt), the text is in AES-256-CTR with PKCS#7 padding, and an HMAC-SHA256 guards it.
 */
import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { CtplayError, type SourceSpan } from '../errors.ts';
import type { Secret } from '../shell.ts';
import type { Decrypt } from './yaml/tags.ts';

export interface VaultSecret {
  readonly password: Secret;
  /** The vault id that 1.2 envelopes carry; envelopes of this id are tried with it first. */
  readonly id?: string;
}

const marker = '$ANSIBLE_VAULT';

export function isVault(text: string): boolean {
  return text.trimStart().startsWith(`${marker};`);
}

/** Opens an envelope. Throws CtplayError vault when it is damaged or no password fits. */
export function decryptVault(envelope: string, secrets: readonly VaultSecret[]): Buffer {
  const { id, salt, digest, ciphertext } = parseEnvelope(envelope);
  const ordered = id === undefined ? secrets : [...secrets.filter((one) => one.id === id), ...secrets.filter((one) => one.id !== id)];
  for (const { password } of ordered) {
    const { cipherKey, macKey, nonce } = deriveKeys(password, salt);
    const actual = createHmac('sha256', macKey).update(ciphertext).digest();
    if (actual.length !== digest.length || !timingSafeEqual(actual, digest)) continue;
    const decipher = createDecipheriv('aes-256-ctr', cipherKey, nonce);
    return unpad(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
  }
  if (secrets.length === 0) throw new CtplayError('vault', 'a vault password is needed', { hint: 'Use --vault-password-file or --ask-vault-pass.' });
  throw new CtplayError('vault', secrets.length === 1 ? 'the vault password is wrong' : 'none of the vault passwords fits', { hint: id === undefined ? undefined : `The text was encrypted with the vault id '${id}'.` });
}

/** The envelope of a text: format 1.2 with a vault id, 1.1 without. Lines of 80 digits, ended by a line feed. The salt is made up, unless given. */
export function encryptVault(text: string | Uint8Array, { password, id }: VaultSecret, salt: Buffer = randomBytes(32)): string {
  const { cipherKey, macKey, nonce } = deriveKeys(password, salt);
  const cipher = createCipheriv('aes-256-ctr', cipherKey, nonce);
  const ciphertext = Buffer.concat([cipher.update(pad(Buffer.from(text))), cipher.final()]);
  const digest = createHmac('sha256', macKey).update(ciphertext).digest('hex');
  const inner = [salt.toString('hex'), digest, ciphertext.toString('hex')].join('\n');
  const lines = Buffer.from(inner).toString('hex').match(/.{1,80}/g)!;
  const header = id === undefined || id === 'default' ? `${marker};1.1;AES256` : `${marker};1.2;AES256;${id}`;
  return `${[header, ...lines].join('\n')}\n`;
}

/** What the loaders need to open `!vault` values and encrypted files; undefined without passwords. */
export function vaultDecrypter(secrets: readonly VaultSecret[]): Decrypt | undefined {
  if (secrets.length === 0) return undefined;
  return (envelope: string, span: SourceSpan) => {
    try {
      return decryptVault(envelope, secrets).toString('utf8');
    } catch (error) {
      throw error instanceof CtplayError ? error.at(span) : error;
    }
  };
}

interface Envelope {
  readonly id: string | undefined;
  readonly salt: Buffer;
  readonly digest: Buffer;
  readonly ciphertext: Buffer;
}

function parseEnvelope(text: string): Envelope {
  const [header = '', ...body] = text.trim().split(/\r?\n/).map((line) => line.trim());
  const [start, version, cipher, id] = header.split(';');
  if (start !== marker) throw new CtplayError('vault', 'this is no vault', { expected: `a first line such as ${marker};1.1;AES256` });
  if ((version !== '1.1' && version !== '1.2') || cipher !== 'AES256') throw new CtplayError('vault', 'a vault of this format is not supported', { expected: '1.1 or 1.2 with AES256', found: header });
  const parts = unhex(body.join('')).toString('latin1').split('\n');
  if (parts.length !== 3) throw new CtplayError('vault', 'the vault is damaged', { hint: 'Lines are missing, or changed.' });
  const [salt, digest, ciphertext] = parts.map(unhex) as [Buffer, Buffer, Buffer];
  return { id, salt, digest, ciphertext };
}

function unhex(text: string): Buffer {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw new CtplayError('vault', 'the vault is damaged', { hint: 'Below the first line only hex digits may stand.' });
  return Buffer.from(text, 'hex');
}

function deriveKeys(password: Secret, salt: Buffer): { cipherKey: Buffer; macKey: Buffer; nonce: Buffer } {
  const derived = pbkdf2Sync(password.reveal(), salt, 10_000, 80, 'sha256');
  return { cipherKey: derived.subarray(0, 32), macKey: derived.subarray(32, 64), nonce: derived.subarray(64, 80) };
}

const blockSize = 16;

function pad(text: Buffer): Buffer {
  const length = blockSize - (text.length % blockSize);
  return Buffer.concat([text, Buffer.alloc(length, length)]);
}

function unpad(text: Buffer): Buffer {
  const length = text.at(-1) ?? 0;
  if (length < 1 || length > blockSize || length > text.length) throw new CtplayError('vault', 'the vault is damaged', { hint: 'Its padding makes no sense.' });
  return text.subarray(0, text.length - length);
}
