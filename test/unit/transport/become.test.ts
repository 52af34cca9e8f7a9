import { describe, expect, it } from 'vitest';
import { becomeKey, commandLine } from '../../../src/transport/become.ts';
import type { Become } from '../../../src/transport/types.ts';

describe('command lines', () => {
  it.each<[string, Become, string | undefined, string]>([
    ['sudo', { method: 'sudo', user: 'root' }, undefined, "exec env LC_ALL=C sudo -H -n -u root -- /bin/sh -c 'echo hi'"],
    ['sudo with a password', { method: 'sudo', user: 'root' }, 'p:', "exec env LC_ALL=C sudo -H -S -p p: -u root -- /bin/sh -c 'echo hi'"],
    ['su', { method: 'su', user: 'bob' }, undefined, "exec env LC_ALL=C su -s /bin/sh -c 'echo hi' bob"],
    ['another program', { method: 'sudo', user: 'root', program: '/opt/my sudo' }, undefined, "exec env LC_ALL=C '/opt/my sudo' -H -n -u root -- /bin/sh -c 'echo hi'"],
    ['other options', { method: 'sudo', user: 'root', options: ['-E', '-g', 'a b'] }, undefined, "exec env LC_ALL=C sudo -E -g 'a b' -n -u root -- /bin/sh -c 'echo hi'"],
    ['su with a login shell', { method: 'su', user: 'bob', options: ['-l'] }, undefined, "exec env LC_ALL=C su -l -s /bin/sh -c 'echo hi' bob"],
  ])('%s', (_what, become, prompt, expected) => {
    expect(commandLine(become, 'echo hi', prompt)).toBe(expected);
  });
});

it('tells users apart by how they are reached', () => {
  const ways: readonly Become[] = [{ method: 'sudo', user: 'bob' }, { method: 'su', user: 'bob' }, { method: 'sudo', user: 'amy' }, { method: 'sudo', user: 'bob', options: ['-E'] }, { method: 'sudo', user: 'bob', program: 'doas' }];
  expect(new Set(ways.map(becomeKey)).size).toBe(ways.length);
});
