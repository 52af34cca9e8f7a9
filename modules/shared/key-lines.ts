/** Lines of authorized_keys and known_hosts files: sshd(8). */

export interface AuthorizedKey {
  readonly options: string;
  readonly type: string;
  readonly key: string;
  readonly comment: string;
}

const keyType = /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com|ssh-(rsa|dss|ed25519)-cert-v01@openssh\.com|ecdsa-sha2-nistp\d+-cert-v01@openssh\.com)$/;

/** A line as a key; undefined for comments, empty lines and what is none. Options may hold quoted blanks. */
export function parseAuthorizedKey(line: string): AuthorizedKey | undefined {
  if (/^\s*(#|$)/.test(line)) return undefined;
  const words = line.trim().match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  const at = words.findIndex((word) => keyType.test(word));
  const [type, key, ...comment] = words.slice(at);
  if (at < 0 || at > 1 || key === undefined) return undefined;
  return { options: at === 1 ? words[0]! : '', type: type!, key, comment: comment.join(' ') };
}

export function formatAuthorizedKey({ options, type, key, comment }: AuthorizedKey): string {
  return [options, type, key, comment].filter((part) => part !== '').join(' ');
}

/** The text with (or without) the keys. With `exclusive`, no other keys stay. */
export function withKeys(text: string, keys: readonly AuthorizedKey[], { present, exclusive }: { readonly present: boolean; readonly exclusive: boolean }): string {
  const missing = new Map(keys.map((key) => [key.key, key]));
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const kept = lines.flatMap((line): string[] => {
    const found = parseAuthorizedKey(line);
    if (!found) return [line];
    const wanted = keys.find((key) => key.key === found.key);
    if (!wanted) return exclusive && present ? [] : [line];
    missing.delete(wanted.key);
    if (!present) return [];
    return wanted.options === found.options && (wanted.comment === '' || wanted.comment === found.comment) ? [line] : [formatAuthorizedKey({ ...wanted, comment: wanted.comment === '' ? found.comment : wanted.comment })];
  });
  const added = present ? [...missing.values()].map(formatAuthorizedKey) : [];
  const all = [...kept, ...added];
  return all.length === 0 ? '' : `${all.join('\n')}\n`;
}

/** A line of known_hosts without its names; undefined for comments. */
export function parseKnownHost(line: string): { readonly marker: string; readonly names: string; readonly type: string; readonly key: string } | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') === true ? words.shift()! : '';
  const [names, type, key] = words;
  return names === undefined || names.startsWith('#') || type === undefined || key === undefined ? undefined : { marker, names, type, key };
}
