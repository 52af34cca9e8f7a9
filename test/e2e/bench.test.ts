/** The benchmark itself: small versions of it, for what they say, never for how long something took. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from '../harness/ctplay.ts';

/** The rows of the tables that it prints. */
function bench(part: string, contestants: readonly string[]): string[][] {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'bench', '--', part, '--quick', '--rounds', '1', ...contestants.flatMap((name) => ['--contestant', name])], { cwd: root, encoding: 'utf8' });
  expect(status, stderr.slice(-4000)).toBe(0);
  return stdout.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
}

it('compares with its peers', () => {
  const rows = bench('noop', ['floor', 'ctplay', 'OpenSSH loop', 'paramiko loop', 'ansible, Mitogen']);
  expect(rows[0]).toEqual(['what', 'where', 'who', 'median', 'ratio', 'CPU', 'memory', 'note']);
  for (const name of ['floor', 'ctplay', 'OpenSSH loop', 'paramiko loop', 'ansible, Mitogen']) {
    const medians = rows.filter(([, , who]) => who === name).map(([, , , median]) => median);
    expect(medians, name).toEqual([expect.stringMatching(/^[\d.]+ m?s$/), expect.stringMatching(/^[\d.]+ m?s$/)]);
  }
}, 300_000);

it('counts round trips', () => {
  const goals = bench('tasks', ['floor', 'ctplay']).filter(([, aim]) => aim?.includes('round trip'));
  expect(goals.map(([, , , met]) => met)).toEqual(['met', 'met']);
}, 300_000);
