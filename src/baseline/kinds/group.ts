import { sh, type Command } from '../../shell.ts';
import { defineKind } from '../kind.ts';
import { accounts, type GroupAccount } from './account-read.ts';
import { clauses, sortOut } from './differing.ts';

/** Groups of /etc/group. */
export const groupKind = defineKind<GroupAccount, { accounts: typeof accounts }>({
  name: 'group',
  summary: 'Groups: number and members',
  facts: { accounts },
  items: (values) => (values.accounts.state === 'present' ? { state: 'present', value: values.accounts.value.groups } : values.accounts),
  subject: ({ key }) => `group ${key}`,
  words: (difference) =>
    clauses(difference, (before, now) => [
      ...(before.gid === now.gid ? [] : [`has gid ${now.gid}, not ${before.gid}`]),
      ...now.members.filter((one) => !before.members.includes(one)).map((one) => `has the member ${one}`),
      ...before.members.filter((one) => !now.members.includes(one)).map((one) => `has no longer the member ${one}`),
    ]),
  // A user is made together with a group of the same name.
  ledgerSubjects: (key) => [`user ${key}`],
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    const stage = 'users';
    for (const { key, now } of added) {
      yield { stage, keys: [key], change: { action: 'delete', subject: `group ${key}`, from: now, commands: [sh`! grep -q ${`^${key}:`} /etc/group || groupdel -f ${key}`], typed: [sh`groupdel ${key}`] } };
    }
    for (const { key, before } of gone) {
      const create = sh`grep -q ${`^${key}:`} /etc/group || groupadd -o -g ${before.gid} ${key}`;
      yield { stage, keys: [key], change: { action: 'create', subject: `group ${key}`, to: before, commands: [create, ...membership(key, before, [])], typed: [sh`groupadd -g ${before.gid} ${key}`] } };
    }
    for (const { key, before, now } of changed) {
      const commands = [...(before.gid === now.gid ? [] : [sh`groupmod -o -g ${before.gid} ${key}`]), ...membership(key, before, now.members)];
      yield { stage, keys: [key], change: { action: 'update', subject: `group ${key}`, from: now, to: before, commands } };
    }
  },
});

/** Members that are no users any more are left to the next look. */
function membership(name: string, group: GroupAccount, now: readonly string[]): Command[] {
  if (group.members.join() === now.join()) return [];
  return [sh`set --; for u in ${group.members}; do ! getent passwd "$u" >/dev/null || set -- "$@" "$u"; done; IFS=,; gpasswd -M "$*" ${name} >/dev/null`];
}
