import { sh, type Command } from '../../shell.ts';
import { defineKind, type Items, type Remainder, type Restoration, type RestoreContext } from '../kind.ts';
import { accounts, type GroupAccount, type UserAccount } from './account-read.ts';
import { clauses, sortOut } from './differing.ts';

/** Users of /etc/passwd. Their homes' files are the file kind's. */
export const userKind = defineKind<UserAccount, { accounts: typeof accounts }>({
  name: 'user',
  summary: 'Users: number, group, home, shell, and by a digest whether the password is another',
  facts: { accounts },
  items: (values) => (values.accounts.state === 'present' ? { state: 'present', value: values.accounts.value.users } : values.accounts),
  subject: ({ key }) => `user ${key}`,
  words: (difference) =>
    clauses(difference, (before, now) => [
      ...(['uid', 'gid', 'comment', 'home', 'shell'] as const).flatMap((name) => (before[name] === now[name] ? [] : [`has ${name} ${now[name] || 'none'}, not ${before[name] || 'none'}`])),
      ...(before.locked === now.locked ? [] : [now.locked ? 'is locked' : 'is no longer locked']),
      ...(before.password === now.password || (before.password + now.password).match(/[0-9a-f]/) === null ? [] : ['has another password']),
      ...(before.ageing === now.ageing ? [] : ['expires otherwise']),
    ]),
  keep: (folder) => sh`cut -d: -f1,2 /etc/shadow >${folder}/shadow`,
  *restore(differences, context) {
    const { added, gone, changed } = sortOut(differences);
    for (const one of added) yield deletion(one.key, one.now, context);
    for (const { key, before } of gone) yield* recreation(key, before, context);
    for (const { key, before, now } of changed) yield* update(key, before, now, context);
  },
});

const stage = 'users';

/** Deletes a user with what runs as it; its home only when no user of the baseline lives there. */
function deletion(name: string, user: UserAccount, { baseline, now, management, protects }: RestoreContext): Restoration {
  const others = Object.values(itemsOf<UserAccount>(baseline['user']));
  const isAlone = user.uid !== 0 && others.every(({ uid }) => uid !== user.uid);
  const files = Object.keys(itemsOf(now['file'])).filter((path) => path === user.home || path.startsWith(`${user.home}/`));
  const isKept = files.some((path) => protects('file', path) !== undefined);
  const ownHome = /^\/home\/[^/]+$/.test(user.home) && others.every(({ home }) => home !== user.home) && !isKept;
  const session = management.processes.map((pid) => sh`/proc/${pid}`);
  const commands = [
    ...(isAlone
      ? [sh`! grep -q ${`^${name}:`} /etc/passwd || { [ -z "$(find ${session} -maxdepth 0 -uid ${user.uid} 2>/dev/null)" ] || { echo 'the management session is a login of this user' >&2; exit 1; }; ${killAll(user.uid)}; }`]
      : []),
    sh`! grep -q ${`^${name}:`} /etc/passwd || userdel -f ${name} 2>/dev/null || ! grep -q ${`^${name}:`} /etc/passwd`,
    ...(ownHome ? [sh`rm -rf --one-file-system -- ${user.home} ${`/var/mail/${name}`}`] : []),
  ];
  return { stage, keys: [name], change: { action: 'delete', subject: `user ${name}`, from: shown(user), commands, typed: [sh`userdel -r ${name}`] } };
}

/** Processes of containers may have the same number as their user. */
function killAll(uid: number): Command {
  return sh`for p in $(find /proc -maxdepth 1 -name '[0-9]*' -uid ${uid} -printf '%f ' 2>/dev/null); do [ "$(readlink /proc/$p/ns/pid)" != "$(readlink /proc/self/ns/pid)" ] || kill -KILL "$p" 2>/dev/null; done; :`;
}

function* recreation(name: string, user: UserAccount, context: RestoreContext): Generator<Restoration | Remainder> {
  const group = Object.entries(itemsOf<GroupAccount>(context.baseline['group'])).find(([, { gid }]) => gid === user.gid)?.[0];
  const commands = [
    ...(group === undefined ? [] : [sh`getent group ${group} >/dev/null || groupadd -g ${user.gid} ${group}`]),
    sh`getent passwd ${name} >/dev/null || useradd -M -N -o -u ${user.uid} -g ${user.gid} -c ${user.comment} -d ${user.home} -s ${user.shell} ${name}`,
    ...passwordCommands(name, user, context),
    ageing(name, user),
  ];
  yield { stage, keys: [name], change: { action: 'create', subject: `user ${name}`, to: shown(user), commands, typed: commands.slice(0, 2) } };
  if (context.contents === undefined && isHash(user)) yield { key: name, why: 'its password is not known, since what was kept at capture is gone' };
}

function* update(name: string, before: UserAccount, now: UserAccount, context: RestoreContext): Generator<Restoration | Remainder> {
  const option = (flag: string, is: string | number, was: string | number) => (is === was ? [] : [sh`${flag} ${was}`]);
  const options = [
    ...(now.uid === before.uid ? [] : [sh`-o`]),
    ...option('-u', now.uid, before.uid),
    ...option('-g', now.gid, before.gid),
    ...option('-c', now.comment, before.comment),
    ...option('-d', now.home, before.home),
    ...option('-s', now.shell, before.shell),
  ];
  const hasOther = now.password !== before.password || now.locked !== before.locked;
  const isKnown = context.contents !== undefined || !isHash(before);
  const commands = [
    ...(options.length === 0 ? [] : [sh`usermod ${options} ${name}`]),
    ...(hasOther ? passwordCommands(name, before, context) : []),
    ...(now.ageing === before.ageing ? [] : [ageing(name, before)]),
  ];
  if (commands.length > 0) yield { stage, keys: [name], change: { action: 'update', subject: `user ${name}`, from: shown(now), to: shown(before), commands } };
  if (hasOther && !isKnown) yield { key: name, why: 'its password is not known, since what was kept at capture is gone' };
}

function isHash({ password }: UserAccount): boolean {
  return /^[0-9a-f]{64}$/.test(password);
}

/** The hash goes from file to program: arguments can be seen by every user of the host. */
function passwordCommands(name: string, user: UserAccount, { contents }: RestoreContext): Command[] {
  if (!isHash(user)) return [sh`printf '%s\\n' ${`${name}:${user.password}`} | chpasswd -e`];
  return contents === undefined ? [] : [sh`grep ${`^${name}:`} ${`${contents}/shadow`} | chpasswd -e`];
}

function ageing(name: string, user: UserAccount): Command {
  const [min = '', max = '', warn = '', inactive = '', expire = ''] = user.ageing.split(':');
  const day = (value: string) => (value === '' ? '-1' : value);
  return sh`chage -m ${day(min)} -M ${day(max)} -W ${day(warn)} -I ${day(inactive)} -E ${day(expire)} ${name}`;
}

function shown({ uid, gid, home, shell, locked }: UserAccount) {
  return { uid, gid, home, shell, locked };
}

/** The items of a kind in a state, none where it could not be read. */
function itemsOf<T>(reading: RestoreContext['baseline'][string] | undefined): Readonly<Record<string, T>> {
  return (reading?.state === 'present' ? (reading.value as Items) : {}) as Readonly<Record<string, T>>;
}
