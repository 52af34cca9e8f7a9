import { describe, expect, it } from 'vitest';
import { parseProbe, parseStale, parseVerdict } from '../../../src/guard/commands.ts';
import { staleWarning } from '../../../src/guard/stale.ts';

describe('what a guard answers', () => {
  it.each([
    ['running\n', { state: 'running' }],
    ['Welcome!\nclaimed\n', { state: 'claimed' }],
    ['done \n', { state: 'done', failed: '' }],
    ['done 2:1\n', { state: 'done', failed: '2:1' }],
    ['gone\n', { state: 'gone' }],
    ['', { state: 'gone' }],
  ])('a probe: %j', (stdout, probe) => {
    expect(parseProbe(stdout)).toEqual(probe);
  });

  it.each([
    ['confirmed\n', { state: 'confirmed' }],
    ['ended \n', { state: 'confirmed', failed: '' }],
    ['ended 1:2\n', { state: 'confirmed', failed: '1:2' }],
    ['restored\nip link set dev eth0 up\nip -4 rule del pref 5\n', { state: 'restored', words: 'ip link set dev eth0 up\nip -4 rule del pref 5' }],
    ['restored\n', { state: 'restored', words: '' }],
    ['broken\n/etc/ssh/sshd_config: line 3: Bad option\n', { state: 'broken', words: '/etc/ssh/sshd_config: line 3: Bad option' }],
    ['gone\n', { state: 'gone' }],
    ['', { state: 'gone' }],
  ])('at the end: %j', (stdout, verdict) => {
    expect(parseVerdict(stdout)).toEqual(verdict);
  });

  it('what killed runs left', () => {
    const stale = parseStale('a-b-1 disarmed\na-b-2 restored\n\tip link set dev eth0 up\n\tiptables-restore\nc-1 restored\n');
    expect(stale).toEqual([
      { id: 'a-b-1', state: 'disarmed', words: [] },
      { id: 'a-b-2', state: 'restored', words: ['ip link set dev eth0 up', 'iptables-restore'] },
      { id: 'c-1', state: 'restored', words: [] },
    ]);
    expect(parseStale('')).toEqual([]);
    expect(stale.map((one) => staleWarning('host1', one))).toEqual([
      'run a-b ended without seeing whether host1 could still be reached; we could log in, so the guard that it left was disarmed',
      'nobody confirmed a change of run a-b in time, so host1 went back by itself (put back: ip link set dev eth0 up; iptables-restore)',
      'nobody confirmed a change of run c in time, so host1 went back by itself (nothing had to be put back)',
    ]);
  });
});
