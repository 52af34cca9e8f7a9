import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Reading } from '../src/module.ts';
import { nothing, Secret, sh, type Command } from '../src/shell.ts';
import { user as userFact, type User } from './facts/account.ts';
import { each } from './shared/refusals.ts';

const args = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 32, aliases: ['user'], description: 'The name of the user.' }),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether there should be one.' }),
  uid: Type.Optional(Type.Integer({ minimum: 0, description: 'The number of the user.' })),
  group: Type.Optional(Type.String({ description: 'The primary group, by name or number.' })),
  groups: Type.Optional(Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], items: { type: 'string' }, description: 'The other groups: a list, or names separated by commas. An empty list means none.' })),
  append: Type.Boolean({ default: false, description: 'Add `groups` to those the user is in, instead of leaving the others.' }),
  comment: Type.Optional(Type.String({ description: 'The full name (GECOS).' })),
  home: Type.Optional(Type.String({ description: 'The home directory.' })),
  create_home: Type.Boolean({ default: true, aliases: ['createhome'], description: 'Make the home directory if there is none.' }),
  move_home: Type.Boolean({ default: false, description: 'When `home` changes, move what is in the old one.' }),
  skeleton: Type.Optional(Type.String({ description: 'What a new home directory is filled from.' })),
  shell: Type.Optional(Type.String({ description: 'The login shell.' })),
  password: Type.Optional(Type.String({ secret: true, description: "The password's hash, as from the filter `password_hash`." })),
  update_password: Type.Enum(['always', 'on_create'], { default: 'always', description: 'Whether the password of an existing user is changed.' }),
  password_lock: Type.Optional(Type.Boolean({ description: 'Lock the password, or unlock it.' })),
  password_expire_max: Type.Optional(Type.Integer({ description: 'Days that a password may be kept.' })),
  password_expire_min: Type.Optional(Type.Integer({ description: 'Days that a password must be kept.' })),
  password_expire_warn: Type.Optional(Type.Integer({ description: 'Days before it expires that a warning comes.' })),
  umask: Type.Optional(Type.String({ pattern: '^[0-7]{1,4}$', expects: 'a umask in octal', description: 'The umask that decides the mode of a new home directory.' })),
  ssh_key_passphrase: Type.Optional(Type.String({ secret: true, description: 'The passphrase of a new SSH key; none when left out.' })),
  expires: Type.Optional(Type.Number({ description: 'When the account expires, in seconds since the epoch; a negative number for never.' })),
  system: Type.Boolean({ default: false, description: 'A new user gets a number from those for the system.' }),
  non_unique: Type.Boolean({ default: false, description: 'Another user may have the same number.' }),
  remove: Type.Boolean({ default: false, description: 'With `state: absent`, remove the home directory and the mail, too.' }),
  force: Type.Boolean({ default: false, description: 'With `state: absent`, remove a user who is logged in, too.' }),
  generate_ssh_key: Type.Boolean({ default: false, description: 'Have an SSH key without a passphrase.' }),
  ssh_key_type: Type.String({ default: 'rsa', description: 'The type of the key.' }),
  ssh_key_bits: Type.Optional(Type.Integer({ minimum: 1, description: 'Its length, for types that have several.' })),
  ssh_key_file: Type.Optional(Type.String({ description: 'Its file, from the home directory; `.ssh/id_TYPE` when left out.' })),
  ssh_key_comment: Type.Optional(Type.String({ description: 'Its comment.' })),
  local: Type.Boolean({ default: false, description: 'As in Ansible; users are always local here.' }),
});
type Args = Static<typeof args>;

const effects = { touches: ['user', 'group', 'file'], brings: ['user', 'group'] };

/** An account of the host. */
export default defineModule({
  summary: 'Have a user account, or not',
  description: '`ctplay reset` removes users that were made, with their home as long as it holds no more than a new one, and gives others their attributes back, except for the password. An SSH key needs the package openssh-client on the host.',
  args,
  refuses: { ...each(['authorization', 'hidden', 'login_class', 'profile', 'role'], 'It is about other systems than Linux.'), seuser: 'SELinux users are set by `command: semanage login …`.' },
  returnValues: { name: 'the argument', state: 'the argument', uid: 'the number of the user', group: 'the number of the primary group', groups: 'the other groups', home: 'the home directory', shell: 'the login shell', comment: 'the full name', append: 'the argument', move_home: 'the argument', create_home: 'the argument, of a new user', system: 'the argument, of a new user', password: 'a word in its place', ssh_key_file: 'the path of the key', ssh_public_key: 'its public part', ssh_fingerprint: 'its fingerprint', force: 'the argument, of a user who was removed', remove: 'the same' },
  examples: `
- user:
    name: student
    groups: [docker]
    append: true
    shell: /bin/bash
`,
  subject: ({ name }) => `user ${name}`,
  facts: (given) => ({
    user: userFact(given.name, {
      // A locked password has an exclamation mark in front, and is the same one.
      password: given.password === undefined ? undefined : new Secret(given.password.replace(/^!+/, '')),
      sshKey: given.generate_ssh_key ? keyFile(given) : undefined,
    }),
  }),
  *plan(given, now) {
    const found = knownUser(now.user);
    if (given.state === 'absent') {
      if (found) yield { action: 'delete', subject: `user ${given.name}`, from: shown(found), commands: [sh`userdel ${given.force ? sh`-f ` : nothing}${given.remove ? sh`-r ` : nothing}${given.name}`], endsShellOf: given.name, ...effects };
      return;
    }
    if (!found) yield creation(given);
    else yield* updates(given, found);
    if (given.generate_ssh_key && !found?.sshKey) yield sshKeyCreation(given);
  },
  revertFacts: ({ name }) => ({ user: userFact(name) }),
  *revert(given, now, before) {
    const { name } = given;
    if (now.user.state === 'unavailable' || before.user.state === 'unavailable') return;
    const [is, was] = [now.user.state === 'present' ? now.user.value : undefined, before.user.state === 'present' ? before.user.value : undefined];
    if (is && !was) {
      // The key goes first, or the home directory would count as one that somebody used.
      const key = given.generate_ssh_key ? sh`( cd ${is.home} && rm -f ${keyFile(given)} ${`${keyFile(given)}.pub`} && rmdir .ssh ) 2>/dev/null; ` : nothing;
      const command = sh`${key}if diff -rq /etc/skel ${is.home} >/dev/null 2>&1; then userdel -r ${name}; else userdel ${name}; fi`;
      yield { action: 'delete', subject: `user ${name}`, from: shown(is), commands: [command], endsShellOf: name, ...effects, why: 'the home directory stays if there is more in it than in a new one' };
    } else if (was && !is) {
      const groups = was.groups.length === 0 ? nothing : sh`-G ${was.groups.join(',')} `;
      yield { action: 'create', subject: `user ${name}`, to: shown(was), commands: [sh`useradd -u ${was.uid} -g ${was.gid} ${groups}-c ${was.comment} -d ${was.home} -s ${was.shell} ${was.homeExists ? sh`-m ` : nothing}${name}`], ...effects };
    } else if (is && was) {
      yield* updates({ name, uid: was.uid, group: was.group, groups: was.groups, append: false, comment: was.comment, home: was.home, shell: was.shell, move_home: false, non_unique: true, update_password: 'on_create', ...agingBack(given, was.passwordAging), expires: was.expires === undefined ? -1 : was.expires * 86_400 }, is);
    }
  },
  returns({ name, state, password, groups: asked, append, move_home, system, create_home, force, remove }, { now, changes }) {
    if (now.user.state !== 'present') return { name, state, ...(changes.length > 0 ? { force, remove } : {}) };
    const { uid, gid, group: _group, comment, home, shell, groups, sshKey } = now.user.value;
    const key = sshKey ? { ssh_key_file: sshKey.file, ssh_public_key: sshKey.public.trim(), ssh_fingerprint: sshKey.fingerprint } : {};
    return { name, state, uid, group: gid, comment, home, shell, groups: asked === undefined ? groups.join(',') : [asked].flat().join(','), append, move_home, ...key, ...(password === undefined ? {} : { password: 'NOT_LOGGING_PASSWORD' }), ...(changes.some((change) => change.action === 'create') ? { create_home, system } : {}) };
  },
});

function knownUser(reading: Reading<User>): User | undefined {
  if (reading.state === 'unavailable') throw new PreconditionError('the users of the host cannot be read', { found: reading.detail, hint: 'getent(1) of libc-bin is needed.' });
  return reading.state === 'present' ? reading.value : undefined;
}

function creation(given: Args): Change {
  const { name, uid, non_unique, group, groups, comment, home, create_home, skeleton, shell, password, expires, system } = given;
  const list = groupsOf(groups);
  const flags: Command[] = [
    ...(system ? [sh`-r`] : []),
    ...(uid === undefined ? [] : [sh`-u ${uid}`]),
    ...(uid !== undefined && non_unique ? [sh`-o`] : []),
    ...(group === undefined ? [] : [sh`-g ${group}`]),
    ...(list === undefined || list.length === 0 ? [] : [sh`-G ${list.join(',')}`]),
    ...(comment === undefined ? [] : [sh`-c ${comment}`]),
    ...(home === undefined ? [] : [sh`-d ${home}`]),
    ...(shell === undefined ? [] : [sh`-s ${shell}`]),
    ...(password === undefined ? [] : [sh`-p ${new Secret(password)}`]),
    ...(expires === undefined ? [] : [sh`-e ${expiry(expires)}`]),
    ...(given.umask === undefined ? [] : [sh`-K ${`UMASK=${given.umask}`}`]),
    create_home ? sh`-m` : sh`-M`,
    ...(create_home && skeleton !== undefined ? [sh`-k ${skeleton}`] : []),
  ];
  const lock = given.password_lock === true ? [sh`usermod -L ${name}`] : [];
  const to = { ...(uid === undefined ? {} : { uid }), ...(group === undefined ? {} : { group }), ...(list === undefined ? {} : { groups: list }), ...(home === undefined ? {} : { home }), ...(shell === undefined ? {} : { shell }) };
  return { action: 'create', subject: `user ${name}`, to, commands: [sh`useradd ${flags} ${name}`, ...lock, ...(Object.keys(agingOf(given)).length === 0 ? [] : [chage(name, agingOf(given))])], ...effects };
}

type Wanted = Pick<Args, 'name' | 'uid' | 'group' | 'groups' | 'append' | 'comment' | 'home' | 'shell' | 'password' | 'password_lock' | 'expires' | 'move_home' | 'non_unique' | 'update_password' | 'password_expire_max' | 'password_expire_min' | 'password_expire_warn'> & { readonly create_home?: boolean };

function* updates(given: Wanted, found: User): Generator<Change> {
  const { name } = given;
  const change = (what: string, from: unknown, to: unknown, ...commands: Command[]): Change => ({ action: 'update', subject: `user ${name}: ${what}`, from, to, commands, ...effects });
  const wanted = groupsOf(given.groups);
  const groups = wanted === undefined ? undefined : given.append ? [...new Set([...found.groups, ...wanted])].sort() : wanted;
  if (given.uid !== undefined && given.uid !== found.uid) yield change('uid', found.uid, given.uid, sh`usermod -u ${given.uid} ${given.non_unique ? sh`-o ` : nothing}${name}`);
  if (given.group !== undefined && given.group !== found.group && given.group !== String(found.gid)) yield change('group', found.group, given.group, sh`usermod -g ${given.group} ${name}`);
  if (groups !== undefined && groups.filter((one) => one !== (given.group ?? found.group)).join() !== found.groups.join()) yield change('groups', found.groups, groups, sh`usermod -G ${groups.join(',')} ${name}`);
  if (given.comment !== undefined && given.comment !== found.comment) yield change('comment', found.comment, given.comment, sh`usermod -c ${given.comment} ${name}`);
  if (given.home !== undefined && given.home !== found.home) yield change('home', found.home, given.home, sh`usermod -d ${given.home} ${given.move_home ? sh`-m ` : nothing}${name}`);
  if (given.shell !== undefined && given.shell !== found.shell) yield change('shell', found.shell, given.shell, sh`usermod -s ${given.shell} ${name}`);
  if (given.password !== undefined && given.update_password === 'always' && found.passwordMatches !== true) yield change('password', undefined, '***', sh`usermod -p ${new Secret(given.password)} ${name}`);
  if (given.password_lock !== undefined && given.password_lock !== (found.passwordLocked ?? false)) yield change('password', found.passwordLocked ? 'locked' : 'unlocked', given.password_lock ? 'locked' : 'unlocked', sh`usermod ${given.password_lock ? sh`-L` : sh`-U`} ${name}`);
  if (given.expires !== undefined && expiryDays(given.expires) !== found.expires) yield change('expires', found.expires, expiryDays(given.expires), sh`usermod -e ${expiry(given.expires)} ${name}`);
  const aging = Object.entries(agingOf(given)).filter(([key, days]) => found.passwordAging?.[key as keyof Aging] !== days);
  if (aging.length > 0) yield change('password aging', found.passwordAging, agingOf(given), chage(name, Object.fromEntries(aging)));
  if (given.create_home === true && !found.homeExists && (given.home === undefined || given.home === found.home)) {
    yield change('home directory', undefined, found.home, sh`cp -rT /etc/skel ${found.home} && chown -R ${`${found.uid}:${found.gid}`} ${found.home} && chmod 0755 ${found.home}`);
  }
}

function sshKeyCreation(given: Args): Change {
  const bits = given.ssh_key_bits === undefined ? nothing : sh`-b ${given.ssh_key_bits} `;
  const comment = given.ssh_key_comment === undefined ? sh`"ansible-generated on $(uname -n)"` : sh`${given.ssh_key_comment}`;
  // The folder is made as the user, so that both belong to them.
  const script = sh`h=$(getent passwd ${given.name} | cut -d: -f6); k=${keyFile(given)}; case $k in /*) ;; *) k=$h/$k ;; esac; d=\${k%/*}; o=$(id -u ${given.name}):$(id -g ${given.name})
[ -d "$d" ] || { mkdir -p -m 0700 "$d" && chown "$o" "$d"; }
ssh-keygen -q -t ${given.ssh_key_type} ${bits}-C ${comment} -N ${given.ssh_key_passphrase === undefined ? '' : new Secret(given.ssh_key_passphrase)} -f "$k" && chown "$o" "$k" "$k.pub"`;
  return { action: 'create', subject: `user ${given.name}: SSH key`, to: keyFile(given), commands: [script], ...effects };
}

const keyFile = ({ ssh_key_file, ssh_key_type }: Args): string => ssh_key_file ?? `.ssh/id_${ssh_key_type}`;

type Aging = NonNullable<User['passwordAging']>;

function agingOf({ password_expire_min: min, password_expire_max: max, password_expire_warn: warn }: Pick<Wanted, 'password_expire_max' | 'password_expire_min' | 'password_expire_warn'>): Aging {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), ...(warn === undefined ? {} : { warn }) };
}

/** What to go back to of what the task set; -1 where there was no limit. */
function agingBack(given: Args, was: Aging = {}): Pick<Wanted, 'password_expire_max' | 'password_expire_min' | 'password_expire_warn'> {
  const asked = agingOf(given);
  return { ...(asked.min === undefined ? {} : { password_expire_min: was.min ?? -1 }), ...(asked.max === undefined ? {} : { password_expire_max: was.max ?? -1 }), ...(asked.warn === undefined ? {} : { password_expire_warn: was.warn ?? -1 }) };
}

/** See chage(1); -1 lifts a limit. */
function chage(name: string, { min, max, warn }: Aging): Command {
  const flags = [...(min === undefined ? [] : [sh`-m ${min}`]), ...(max === undefined ? [] : [sh`-M ${max}`]), ...(warn === undefined ? [] : [sh`-W ${warn}`])];
  return sh`chage ${flags} ${name}`;
}

function groupsOf(groups: string | readonly string[] | undefined): string[] | undefined {
  if (groups === undefined) return undefined;
  const list = typeof groups === 'string' ? groups.split(',').map((one) => one.trim()) : [...groups];
  return list.filter((one) => one !== '').sort();
}

/** The date for usermod(8), in UTC; empty for never. */
function expiry(seconds: number): string {
  return seconds < 0 ? '' : new Date(seconds * 1000).toISOString().slice(0, 10);
}

function expiryDays(seconds: number): number | undefined {
  return seconds < 0 ? undefined : Math.floor(seconds / 86_400);
}

function shown({ uid, group, groups, home, shell }: User): Record<string, unknown> {
  return { uid, group, groups, home, shell };
}
