import { describe, expect, it } from 'vitest';
import user from '../../modules/user.ts';
import { user as userFact, type User } from '../../modules/facts/account.ts';
import type { Reading } from '../../src/module.ts';
import { Secret } from '../../src/shell.ts';
import { argsOf } from '../harness/arguments.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const bob: User = { name: 'bob', uid: 1000, gid: 1000, group: 'bob', comment: '', home: '/home/bob', shell: '/bin/sh', groups: ['audio', 'games'], homeExists: true, passwordMatches: false, passwordLocked: false };
const present = (more: Partial<User> = {}): Reading<User> => ({ state: 'present', value: { ...bob, ...more } });
const plan = (given: Record<string, unknown>, reading: Reading<User>) => commandsOf(planOf(user, argsOf(user, { name: 'bob', ...given }), { user: reading }));

describe('plan', () => {
  it.each<[string, Record<string, unknown>, Reading<User>, string[]]>([
    ['a new user', {}, { state: 'absent' }, ['useradd -m bob']],
    ['all of a new user', { uid: 5, group: 'g', groups: 'b,a', comment: 'B C', home: '/h', shell: '/bin/bash', password: '$6$x', system: true, create_home: false, expires: 86_400 }, { state: 'absent' }, ["useradd -r -u 5 -g g -G a,b -c 'B C' -d /h -s /bin/bash -p *** -e 1970-01-02 -M bob"]],
    ['nothing', { shell: '/bin/sh', groups: ['games', 'audio'], uid: 1000, group: '1000' }, present(), []],
    ['more groups', { groups: 'docker', append: true }, present(), ['usermod -G audio,docker,games bob']],
    ['groups that are there', { groups: 'games', append: true }, present(), []],
    ['other groups', { groups: 'docker' }, present(), ['usermod -G docker bob']],
    ['no groups', { groups: [] }, present(), ["usermod -G '' bob"]],
    ['the primary group among the others', { groups: ['bob', 'games', 'audio'] }, present(), []],
    ['another home', { home: '/h', move_home: true }, present(), ['usermod -d /h -m bob']],
    ['a password', { password: '$6$x' }, present(), ['usermod -p *** bob']],
    ['the same password', { password: '$6$x' }, present({ passwordMatches: true }), []],
    ['a password on creation', { password: '$6$x', update_password: 'on_create' }, present(), []],
    ['a lock', { password_lock: true }, present(), ['usermod -L bob']],
    ['no lock', { password_lock: false }, present({ passwordLocked: true }), ['usermod -U bob']],
    ['an end', { expires: 0 }, present(), ['usermod -e 1970-01-01 bob']],
    ['no end', { expires: -1 }, present({ expires: 5 }), ["usermod -e '' bob"]],
    ['the age of passwords', { password_expire_max: 90, password_expire_min: 1, password_expire_warn: 7 }, present({ passwordAging: { min: 1, max: 99_999 } }), ['chage -M 90 -W 7 bob']],
    ['the age of passwords as it is', { password_expire_max: 90 }, present({ passwordAging: { max: 90 } }), []],
    ['the age of passwords of a new user, and the mode of the home', { password_expire_max: 90, umask: '077' }, { state: 'absent' }, ['useradd -K UMASK=077 -m bob', 'chage -M 90 bob']],
    ['a home that is missing', {}, present({ homeExists: false }), ['cp -rT /etc/skel /home/bob && chown -R 1000:1000 /home/bob && chmod 0755 /home/bob']],
    ['no user', { state: 'absent' }, { state: 'absent' }, []],
    ['the end of a user', { state: 'absent', remove: true, force: true }, present(), ['userdel -f -r bob']],
  ])('%s', (_what, given, reading, commands) => {
    expect(plan(given, reading)).toEqual(commands);
  });

  it('says when users cannot be read', () => {
    expect(() => plan({}, { state: 'unavailable', reason: 'not-installed', detail: 'getent: not found' })).toThrow('the users of the host cannot be read');
  });
});

describe('revert', () => {
  const revert = (given: Record<string, unknown>, now: Reading<User>, before: Reading<User>) => commandsOf([...user.revert!(argsOf(user, { name: 'bob', ...given }), { user: now }, { user: before })]);
  it('gives back the age of passwords that the task set', () => {
    expect(revert({ password_expire_max: 90, password_expire_min: 3 }, present({ passwordAging: { min: 3, max: 90, warn: 7 } }), present({ passwordAging: { max: 99_999, warn: 5 } }))).toEqual(['chage -m -1 -M 99999 bob']);
  });
  it.each<[string, Reading<User>, Reading<User>, string[]]>([
    ['removes who was not there', present(), { state: 'absent' }, ['if diff -rq /etc/skel /home/bob >/dev/null 2>&1; then userdel -r bob; else userdel bob; fi']],
    ['has nothing to do twice', { state: 'absent' }, { state: 'absent' }, []],
    ['makes a user again', { state: 'absent' }, present(), ["useradd -u 1000 -g 1000 -G audio,games -c '' -d /home/bob -s /bin/sh -m bob"]],
    ['gives attributes back', present({ shell: '/bin/bash', groups: [], expires: 3 }), present(), ['usermod -G audio,games bob', 'usermod -s /bin/sh bob', "usermod -e '' bob"]],
    ['leaves what it cannot see', { state: 'unavailable', reason: 'denied', detail: '' }, present(), []],
  ])('%s', (_what, now, before, commands) => {
    expect(revert({}, now, before)).toEqual(commands);
  });
});

describe('the fact', () => {
  const parse = (stdout: string) => userFact('bob').parse({ status: 0, stdout, stderr: '' });
  it.each([
    ['nobody', 'status=2\0', { state: 'absent' }],
    ['a user as others see them', 'status=0\0passwd=bob:x:1:2:A,B:/h:/s\0groups=g bob a\0group=g\0', { state: 'present', value: { name: 'bob', uid: 1, gid: 2, group: 'g', comment: 'A,B', home: '/h', shell: '/s', groups: ['a', 'bob'], homeExists: false } }],
    ['a user as root sees them', 'status=0\0passwd=bob:x:1:2::/h:/s\0groups=g\0group=g\0home=\0shadow=\0expires=47482\0matches=\0', { state: 'present', value: { passwordMatches: true, passwordLocked: false, expires: 47_482, homeExists: true } }],
    ['no getent', '', { state: 'unavailable' }],
  ])('%s', (_what, stdout, expected) => {
    expect(parse(stdout)).toMatchObject(expected);
  });
  it('hides the password that it asks about', () => {
    expect(userFact('bob', { password: new Secret('$6$hash') }).read.display).not.toContain('hash');
  });
});
