import { describe, expect, it } from 'vitest';
import { simpleCommands } from '../../../src/guard/command-words.ts';
import { Secret, sh } from '../../../src/shell.ts';

const seen = (command: ReturnType<typeof sh>): string[] => simpleCommands(command, { input: true }).map(({ words }) => words.join(' '));

describe('the commands of a script', () => {
  it.each([
    ['one', sh`ip link set dev eth0 up`, ['ip link set dev eth0 up']],
    ['several', sh`a b; c && d || e | f & g`, ['a b', 'c', 'd', 'e', 'f', 'g']],
    ['lines, joined lines and comments', sh`a \\\n  b\n# not this\nc # nor this`, ['a b', 'c']],
    ['conditions', sh`if a; then b; else c; fi`, ['a', 'b', 'c', 'fi']],
    ['substitutions', sh`a $(b c) \`d\``, ['b c', 'd', 'a $ $']],
    ['other ways to start them', sh`sudo -n env LANG=C /sbin/ip a; exec b`, ['/sbin/ip a', 'b']],
    ['a cleared environment', sh`env -i LANG="$LANG" /etc/init.d/ssh stop`, ['/etc/init.d/ssh stop']],
    ['a script in quotes', sh`/bin/sh -c ${'ip addr flush dev eth0; true'}`, ['ip addr flush dev eth0', 'true']],
    ['a script in quotes in quotes', sh`su - root -c ${"bash -lc 'ip a'"}`, ['ip a']],
    ['arguments of a runner', sh`xargs -n 1 ip link del`, ['ip link del', 'ip link del', 'ip link del', 'link del', 'del']],
    ['a script in substitutions in quotes', sh`a "b $(c "d" (e)) f"; g`, ['c d', 'e', 'a b $ f', 'g']],
    ['signs in quotes', sh`echo ${'a; b & c | d'} "e > f" g\\;h`, ['echo a; b & c | d e > f g;h']],
    ['what find runs', sh`find / -exec ip link del {} +`, ['ip link del {} +']],
    ['redirections', sh`a 2>&1 <b >c; d >/dev/null 2>&1`, ['a b c', 'd']],
    ['an open quote', sh`a 'b`, ['a b']],
    ['names that are used later', sh`p=/etc/ssh/sshd_config; cat`, ['p=/etc/ssh/sshd_config', 'cat']],
    ['none', sh``, []],
  ])('%s', (_name, command, words) => {
    expect(seen(command).filter((line) => line !== '')).toEqual(words);
  });

  it.each([
    ['another namespace', sh`ip netns exec blue ip link set dev eth0 down`],
    ['another namespace by option', sh`ip -n blue link set dev eth0 down`],
    ["a process's namespace", sh`nsenter -t 4711 -n ip link set dev eth0 down`],
    ['a container', sh`docker exec c1 sh -c ${'a; ip link set dev eth0 down'}; lxc-attach -n c2 -- ip addr flush dev eth0`],
  ])('not those inside %s', (_name, command) => {
    expect(simpleCommands(command, { input: true })).toEqual([]);
  });

  it("but those in the host's own namespace", () => {
    expect(simpleCommands(sh`nsenter -t 1 -n ip link set dev eth0 down`, { input: true })).toMatchObject([{ program: 'nsenter' }]);
  });

  it('what they read as well where that is a script, unless it is secret', () => {
    expect(simpleCommands(sh`cat`.withInput('ip link del eth0'), { input: false })).toHaveLength(1);
    expect(seen(sh`sh -s`.withInput('ip link del eth0'))).toContain('ip link del eth0');
    expect(seen(sh`cat`.withInput(new Secret('ip link del eth0')))).toEqual(['cat']);
    expect(seen(sh`cat ${new Secret('hidden')}`)).toEqual(['cat ***']);
  });

  it.each([
    [sh`echo a >b`, true],
    [sh`echo a >>b`, true],
    [sh`cat b`, false],
    [sh`cat b 2>/dev/null`, false],
    [sh`cat b >&2`, false],
  ])('%s writes: %s', (command, writes) => {
    expect(simpleCommands(command, { input: true })[0]!.writes).toBe(writes);
  });
});
