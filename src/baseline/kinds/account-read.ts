/** Users and groups of the host's own files: passwd(5), shadow(5), group(5). Hashes of passwords don't leave the host. */
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { present, unavailable } from '../../../modules/facts/reading.ts';

export type UserAccount = {
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** A digest of the shadow entry's hash, or what stands there instead of one: `*`, `!`, empty. */
  readonly password: string;
  readonly locked: boolean;
  /** Shadow's days from `min` to `expire`, as chage(1) sets them. */
  readonly ageing: string;
};

export type GroupAccount = {
  readonly gid: number;
  readonly members: readonly string[];
};

export interface Accounts {
  readonly users: Readonly<Record<string, UserAccount>>;
  readonly groups: Readonly<Record<string, GroupAccount>>;
}

export const accounts: Fact<Reading<Accounts>> = {
  kind: 'accounts',
  key: '',
  // One digest per entry that holds a hash: system accounts have none. The name salts it, so that equal hashes don't show.
  read: sh`export LC_ALL=C; sed 's/^/user:/' /etc/passwd && sed 's/^/group:/' /etc/group || exit
while IFS=: read -r n h last rest; do
  case $h in '*'|''|!|!!|!\\*) d=$h ;; *) d=$(printf '%s' "$n:\${h#!}" | sha256sum); d=\${d%% *} ;; esac
  case $h in !*) l=1 ;; *) l=0 ;; esac
  printf 'shadow:%s:%s:%s:%s\\n' "$n" "$d" "$l" "$rest"
done </etc/shadow`,
  domains: ['user', 'group'],
  parse: (result) => (result.status === 0 ? present(parseAccounts(result.stdout)) : unavailable(result)),
};

function parseAccounts(text: string): Accounts {
  const lines = text.split('\n').map((line) => line.split(':'));
  const shadows = new Map(lines.flatMap(([kind, name, password, locked, ...ageing]) => (kind === 'shadow' ? [[name!, { password: password!, locked: locked === '1', ageing: ageing.slice(0, 5).join(':') }] as const] : [])));
  const users: Record<string, UserAccount> = {};
  const groups: Record<string, GroupAccount> = {};
  for (const [kind, name, , id, fourth, ...rest] of lines) {
    // The names of NIS compatibility (`+@class`) are no accounts.
    if (name === undefined || !/^[\w.][\w.-]*\$?$/.test(name)) continue;
    if (kind === 'user' && rest.length >= 3) {
      const [comment, home, shell] = rest;
      users[name] = { uid: Number(id), gid: Number(fourth), comment: comment!, home: home!, shell: shell!, ...(shadows.get(name) ?? { password: '', locked: false, ageing: '' }) };
    } else if (kind === 'group' && fourth !== undefined) {
      groups[name] = { gid: Number(id), members: fourth.split(',').filter((one) => one !== '').sort() };
    }
  }
  return { users, groups };
}
