import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Reading } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { fileDomain } from './shared/path.ts';
import { group as groupFact, type Group } from './facts/account.ts';

/** A group of users. */
export default defineModule({
  summary: 'Have a group of users, or not',
  args: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 32, description: 'The name of the group.' }),
    state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether there should be one.' }),
    gid: Type.Optional(Type.Integer({ minimum: 0, description: 'Its number.' })),
    system: Type.Boolean({ default: false, description: 'A new group gets a number from those for the system.' }),
    non_unique: Type.Boolean({ default: false, description: 'Another group may have the same number.' }),
    force: Type.Boolean({ default: false, description: 'Remove it even if it is the primary group of a user.' }),
    local: Type.Boolean({ default: false, description: 'As in Ansible; groups are always local here.' }),
  }),
  returnValues: { name: 'the argument', state: 'the argument', system: 'the argument', gid: 'its number' },
  examples: `
- group: {name: lab, gid: 2000}
`,
  subject: ({ name }) => `group ${name}`,
  facts: ({ name }) => ({ group: groupFact(name) }),
  *plan({ name, state, gid, system, non_unique, force }, now) {
    const found = knownGroup(now.group);
    const subject = `group ${name}`;
    const touches = ['group', 'user', fileDomain('/etc/group')];
    const unique = non_unique ? sh`-o ` : nothing;
    if (state === 'absent') {
      if (found) yield { action: 'delete', subject, from: { gid: found.gid }, commands: [sh`groupdel ${force ? sh`-f ` : nothing}${name}`], touches };
    } else if (!found) {
      const number = gid === undefined ? nothing : sh`-g ${gid} ${unique}`;
      yield { action: 'create', subject, to: gid === undefined ? {} : { gid }, commands: [sh`groupadd ${system ? sh`-r ` : nothing}${number}${name}`], touches };
    } else if (gid !== undefined && found.gid !== gid) yield { action: 'update', subject: `${subject}: gid`, from: found.gid, to: gid, commands: [sh`groupmod -g ${gid} ${unique}${name}`], touches };
  },
  *revert({ name }, now, before): Generator<Change> {
    if (now.group.state === 'unavailable' || before.group.state === 'unavailable') return;
    const subject = `group ${name}`;
    const touches = ['group', 'user', fileDomain('/etc/group')];
    const [is, was] = [now.group.state === 'present' ? now.group.value : undefined, before.group.state === 'present' ? before.group.value : undefined];
    if (is && !was) yield { action: 'delete', subject, from: { gid: is.gid }, commands: [sh`groupdel ${name}`], touches };
    if (was && !is) {
      const members = was.members.map((member) => sh`gpasswd -a ${member} ${name}`);
      yield { action: 'create', subject, to: { gid: was.gid }, commands: [sh`groupadd -g ${was.gid} ${name}`, ...members], touches };
    }
    if (is && was && is.gid !== was.gid) yield { action: 'update', subject: `${subject}: gid`, from: is.gid, to: was.gid, commands: [sh`groupmod -g ${was.gid} ${name}`], touches };
  },
  returns: ({ name, state, system }, { now }) => ({ name, state, system, ...(now.group.state === 'present' ? { gid: now.group.value.gid } : {}) }),
});

function knownGroup(reading: Reading<Group>): Group | undefined {
  if (reading.state === 'unavailable') throw new PreconditionError('the groups of the host cannot be read', { found: reading.detail, hint: 'getent(1) of libc-bin is needed.' });
  return reading.state === 'present' ? reading.value : undefined;
}
