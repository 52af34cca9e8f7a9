/** Password hashes as crypt(3) makes them: MD5 ($1$), and SHA-256 ($5$) and SHA-512 ($6$) by Drepper's "Unix crypt using SHA". */
import { createHash, hash as digestOf } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function encode64(value: number, count: number): string {
  let result = '';
  for (let rest = value, left = count; left > 0; left--, rest >>>= 6) result += ALPHABET[rest & 63]!;
  return result;
}

/** Bytes in groups of three, in the order that each method shuffles them. */
function encodeGroups(digest: Buffer, groups: readonly (readonly [number, number, number])[], tail: string): string {
  return groups.map(([a, b, c]) => encode64((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4)).join('') + tail;
}

const repeatTo = (bytes: Buffer, size: number): Buffer => Buffer.alloc(size, size === 0 || bytes.length === 0 ? Buffer.alloc(1) : bytes);

/** $5$ or $6$; rounds other than 5000 are part of the hash. */
export function shaCrypt(variant: 'sha256' | 'sha512', password: string, salt: string, rounds: number): string {
  const key = Buffer.from(password, 'utf8');
  const seasoning = Buffer.from(salt, 'utf8');
  const hash = (...parts: Buffer[]) => parts.reduce((h, part) => h.update(part), createHash(variant)).digest();
  const size = variant === 'sha512' ? 64 : 32;
  const alternate = hash(key, seasoning, key);
  const first: Buffer[] = [key, seasoning, repeatTo(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? alternate : key);
  let digest = hash(...first);
  const p = repeatTo(hash(...Array.from({ length: key.length }, () => key)), key.length);
  const s = repeatTo(hash(...Array.from({ length: 16 + digest[0]! }, () => seasoning)), seasoning.length);
  const count = Math.min(Math.max(rounds, 1000), 999_999_999);
  // Hundreds of thousands of rounds: no buffers are made in them.
  const scratch = Buffer.alloc(size + s.length + 2 * p.length);
  for (let round = 0; round < count; round++) {
    const isOdd = (round & 1) === 1;
    let end = (isOdd ? p : digest).copy(scratch);
    if (round % 3 !== 0) end += s.copy(scratch, end);
    if (round % 7 !== 0) end += p.copy(scratch, end);
    end += (isOdd ? digest : p).copy(scratch, end);
    digest = digestOf(variant, scratch.subarray(0, end), 'buffer');
  }
  const note = count === 5000 ? '' : `rounds=${count}$`;
  return `$${variant === 'sha512' ? 6 : 5}$${note}${salt}$${encodeSha(digest, size)}`;
}

function encodeSha(digest: Buffer, size: number): string {
  const third = Math.floor(size / 3);
  const groups = Array.from({ length: third }, (_, index): [number, number, number] => {
    const triple = [index, index + third, index + 2 * third] as const;
    // Each group starts one place further on (SHA-512) or back (SHA-256).
    const turn = size === 64 ? index % 3 : (3 - (index % 3)) % 3;
    return [triple[turn % 3]!, triple[(turn + 1) % 3]!, triple[(turn + 2) % 3]!];
  });
  const tail = size === 64 ? encode64(digest[63]!, 2) : encode64((digest[31]! << 8) | digest[30]!, 3);
  return encodeGroups(digest, groups, tail);
}

/** $1$: 1000 rounds of MD5. */
export function md5Crypt(password: string, salt: string): string {
  const key = Buffer.from(password, 'utf8');
  const seasoning = Buffer.from(salt, 'utf8');
  const hash = (...parts: Buffer[]) => parts.reduce((h, part) => h.update(part), createHash('md5')).digest();
  const first: Buffer[] = [key, Buffer.from('$1$'), seasoning, repeatTo(hash(key, seasoning, key), key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? Buffer.alloc(1) : key.subarray(0, 1));
  let digest = hash(...first);
  for (let round = 0; round < 1000; round++) {
    const parts = [(round & 1) === 1 ? key : digest];
    if (round % 3 !== 0) parts.push(seasoning);
    if (round % 7 !== 0) parts.push(key);
    parts.push((round & 1) === 1 ? digest : key);
    digest = hash(...parts);
  }
  return `$1$${salt}$${encodeGroups(digest, [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]], encode64(digest[11]!, 2))}`;
}

/** A salt of random characters. */
export function randomSalt(size: number, randomByte: () => number): string {
  return Array.from({ length: size }, () => ALPHABET[randomByte() & 63]!).join('');
}
