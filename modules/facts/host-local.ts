/** Facts that the host's owner put there: files in /etc/ansible/facts.d, and the public keys of its sshd. */
import { basename } from 'node:path';

export function localFacts(fields: ReadonlyMap<string, string>): Record<string, unknown> {
  const local: Record<string, unknown> = {};
  const keys: Record<string, unknown> = {};
  for (const [name, value] of fields) {
    if (name.startsWith('local_')) local[basename(name.slice(6), '.fact')] = parseFactFile(value);
    const kind = /^sshkey_.*ssh_host_(\w+)_key\.pub$/.exec(name)?.[1];
    const [type, key] = value.split(' ');
    if (kind !== undefined && key !== undefined) Object.assign(keys, { [`ssh_host_key_${kind}_public`]: key, [`ssh_host_key_${kind}_public_keytype`]: type });
  }
  return { local, ...keys };
}

/** JSON, or sections and keys as in an INI file, as Ansible's local facts may be. */
function parseFactFile(content: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return parseIni(content);
  }
}

function parseIni(content: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let current: Record<string, string> | undefined;
  for (const line of content.split('\n').map((raw) => raw.trim())) {
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    const [, key, value] = /^([^=:#;]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (section !== undefined) current = sections[section] ??= {};
    else if (key !== undefined && current) current[key.toLowerCase()] = value!;
  }
  return sections;
}
