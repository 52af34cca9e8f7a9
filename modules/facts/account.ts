/** Users and groups as the host's name services know them: getent(1), passwd(5), group(5), shadow(5). */
import type { Fact, Reading } from '../../src/module.ts';
import { nothing, sh, type Secret } from '../../src/shell.ts';
import { parseRecord } from '../shared/record.ts';

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly group: string;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** Supplementary groups. */
  readonly groups: readonly string[];
  /** Whether the password's hash is the one asked about; absent where it may not be read. */
  readonly passwordMatches?: boolean;
  readonly passwordLocked?: boolean;
  /** Days since the epoch; absent when the account never expires. */
  readonly expires?: number;
  /** Days that a password must and may be kept, and that a warning comes before (shadow(5)); absent where not set, or where they may not be read. */
  readonly passwordAging?: { readonly min?: number; readonly max?: number; readonly warn?: number };
  readonly homeExists: boolean;
  /** The key asked about, when it is there. */
  readonly sshKey?: { readonly file: string; readonly public: string; readonly fingerprint: string };
}

export function group(name: string): Fact<Reading<Group>> {
  return {
    kind: 'group',
    key: name,
    read: sh`getent group ${name}`,
    domains: [`group:${name}`],
    parse({ status, stdout, stderr }) {
      const [found, , gid, members = ''] = stdout.trim().split(':');
      if (status === 0 && gid !== undefined) return { state: 'present', value: { name: found!, gid: Number(gid), members: members.split(',').filter((one) => one !== '') } };
      return status === 2 ? { state: 'absent' } : { state: 'unavailable', reason: status === 127 ? 'not-installed' : 'unreadable', detail: stderr.trim() };
    },
  };
}

export interface UserQuestion {
  /** The hash to compare the password's with, on the host. */
  readonly password?: Secret | undefined;
  /** A file whose existence is asked, too, relative to the home directory. */
  readonly sshKey?: string | undefined;
}

/** Shadow fields and the password's hash never leave the host. */
export function user(name: string, { password, sshKey }: UserQuestion = {}): Fact<Reading<User>> {
  return {
    kind: 'user',
    key: name,
    read: sh`n=${name}; p=$(getent passwd "$n"); s=$?; printf 'status=%s\\0' $s; [ $s = 0 ] || exit 0; printf 'passwd=%s\\0' "$p"
printf 'groups=%s\\0group=%s\\0' "$(id -Gn "$n")" "$(id -gn "$n")"
h=\${p%:*}; h=\${h##*:}; [ ! -d "$h" ] || printf 'home=\\0'${sshKey === undefined ? nothing : sh`
k=${sshKey}; case $k in /*) ;; *) k=$h/$k ;; esac; [ ! -f "$k" ] || { printf 'key=%s\\0public=%s\\0fingerprint=%s\\0' "$k" "$(cat "$k.pub")" "$(ssh-keygen -lf "$k.pub" 2>/dev/null)"; }`}
[ -r /etc/shadow ] || exit 0
w=$(grep "^$n:" /etc/shadow) || exit 0; h=\${w#*:}; e=\${h#*:*:*:*:*:*:}; h=\${h%%:*}
printf 'shadow=\\0expires=%s\\0aging=%s\\0' "\${e%%:*}" "\${w#*:*:*:}"; case $h in '!'*) printf 'locked=\\0' ;; esac; ${password === undefined ? sh`:` : sh`while case $h in '!'*) ;; *) false ;; esac; do h=\${h#?}; done; [ "$h" != ${password} ] || printf 'matches=\\0'`}`,
    domains: [`user:${name}`, 'group'],
    parse: ({ stdout, stderr }) => parseUser(parseRecord(stdout), stderr),
  };
}

function parseUser(fields: ReadonlyMap<string, string>, stderr: string): Reading<User> {
  const status = fields.get('status');
  if (status === '2') return { state: 'absent' };
  const [name, , uid, gid, comment = '', home = '', shell = ''] = (fields.get('passwd') ?? '').split(':');
  if (status !== '0' || gid === undefined) return { state: 'unavailable', reason: status === '127' ? 'not-installed' : 'unreadable', detail: stderr.trim() };
  const group = fields.get('group') ?? gid;
  const expires = fields.get('expires');
  const [min, max, warn] = (fields.get('aging') ?? '').split(':').map((days) => (days === '' ? undefined : Number(days)));
  return {
    state: 'present',
    value: {
      name: name!, uid: Number(uid), gid: Number(gid), group, comment, home, shell,
      groups: (fields.get('groups') ?? '').trim().split(/\s+/).filter((one) => one !== '' && one !== group).sort(),
      ...(fields.has('shadow') ? { passwordMatches: fields.has('matches'), passwordLocked: fields.has('locked'), passwordAging: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), ...(warn === undefined ? {} : { warn }) } } : {}),
      ...(fields.has('key') ? { sshKey: { file: fields.get('key')!, public: fields.get('public') ?? '', fingerprint: fields.get('fingerprint') ?? '' } } : {}),
      ...(expires === undefined || expires === '' ? {} : { expires: Number(expires) }),
      homeExists: fields.has('home'),
    },
  };
}
