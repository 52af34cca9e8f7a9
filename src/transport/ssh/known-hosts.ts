/** known_hosts files, as sshd(8) describes them under SSH_KNOWN_HOSTS FILE FORMAT. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { matchesList } from './pattern.ts';

export interface KnownHost {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** Host patterns, or one hashed name. */
  readonly hosts: readonly string[];
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The key's blob in base64. */
  readonly key: string;
  readonly file: string;
  readonly line: number;
}

export type Verdict =
  | { readonly kind: 'known'; readonly entry: KnownHost }
  /** The host has another key of the same type, or keys of other types alone (`sameType` false). */
  | { readonly kind: 'changed'; readonly entry: KnownHost; readonly sameType: boolean }
  | { readonly kind: 'revoked'; readonly entry: KnownHost }
  /** `authority`: a certificate authority is trusted for this host, which ctplay can't check. */
  | { readonly kind: 'unknown'; readonly authority: KnownHost | undefined };

/** The entries of a file; lines that are none are passed over, as ssh does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  const entries: KnownHost[] = [];
  text.split('\n').forEach((raw, index) => {
    const words = raw.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#')) return;
    const marker = words[0] === '@revoked' ? 'revoked' : words[0] === '@cert-authority' ? 'cert-authority' : undefined;
    if (marker !== undefined) words.shift();
    const [hosts, type, key] = words;
    if (hosts === undefined || type === undefined || key === undefined) return;
    entries.push({ marker, hosts: hosts.startsWith('|') ? [hosts] : hosts.split(','), type, key, file, line: index + 1 });
  });
  return entries;
}

/** The name under which a host is recorded: `[host]:port` for other ports than 22. */
export function recordedName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** The entries of some files, found by name: a fleet asks for each of its hosts, and each has lines of its own. */
export class KnownHosts {
  readonly #byName = new Map<string, { readonly entry: KnownHost; readonly order: number }[]>();
  /** Those with wildcards, negations or hashes, which have to be compared. */
  readonly #others: { readonly entry: KnownHost; readonly order: number }[] = [];

  constructor(entries: readonly KnownHost[]) {
    entries.forEach((entry, order) => {
      if (entry.hosts.some((host) => /^\||[*?!]/.test(host))) this.#others.push({ entry, order });
      else for (const host of new Set(entry.hosts.map((one) => one.toLowerCase()))) this.#byName.set(host, [...(this.#byName.get(host) ?? []), { entry, order }]);
    });
  }

  /** Entries for a host in their order, by its name with the port and else, as ssh does, by its bare name. */
  of(host: string, port: number): KnownHost[] {
    const named = this.#named(recordedName(host, port));
    if (port === 22 || named.some((entry) => entry.marker === undefined)) return named;
    return [...named, ...this.#named(host.toLowerCase())];
  }

  #named(name: string): KnownHost[] {
    const found = [...(this.#byName.get(name) ?? []), ...this.#others.filter(({ entry }) => entryMatches(entry, name))];
    return found.sort((a, b) => a.order - b.order).map(({ entry }) => entry);
  }
}

/** Key types of a host's entries, in their order. */
export function knownTypes(entries: readonly KnownHost[]): string[] {
  return [...new Set(entries.filter((entry) => entry.marker === undefined).map((entry) => entry.type))];
}

/** Judges the key that a server offers against the host's entries. */
export function judge(entries: readonly KnownHost[], key: Buffer): Verdict {
  const blob = key.toString('base64');
  const type = keyType(key);
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key === blob);
  if (revoked) return { kind: 'revoked', entry: revoked };
  const plain = entries.filter((entry) => entry.marker === undefined);
  const known = plain.find((entry) => entry.key === blob);
  if (known) return { kind: 'known', entry: known };
  const sameType = plain.find((entry) => entry.type === type);
  const other = sameType ?? plain[0];
  if (other) return { kind: 'changed', entry: other, sameType: sameType !== undefined };
  return { kind: 'unknown', authority: entries.find((entry) => entry.marker === 'cert-authority') };
}

/** The line that records a key. */
export function knownHostsLine(host: string, port: number, key: Buffer, hashed: boolean): string {
  const name = recordedName(host, port);
  return `${hashed ? hashName(name, randomBytes(20)) : name} ${keyType(key)} ${key.toString('base64')}\n`;
}

/** `|1|salt|hash`, HMAC-SHA1 of the name keyed by the salt. */
export function hashName(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

/** The type inside a public key's blob (RFC 4253, section 6.6: a length-prefixed string). */
export function keyType(key: Buffer): string {
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

/** `SHA256:…`, as ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function entryMatches(entry: KnownHost, name: string): boolean {
  const [first] = entry.hosts;
  if (!first?.startsWith('|')) return matchesList(name, entry.hosts);
  const [, version, salt] = first.split('|');
  return version === '1' && salt !== undefined && hashName(name, Buffer.from(salt, 'base64')) === first;
}
