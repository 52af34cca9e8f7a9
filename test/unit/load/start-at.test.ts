import { describe, expect, it } from 'vitest';
import { startAt } from '../../../src/load/start-at.ts';
import type { Block, Entry, Play, Playbook, Source } from '../../../src/load/tree.ts';

const span = { file: 'play.yaml', line: 1, column: 1 };
const source: Source = { file: 'play.yaml', span, at: () => span, keyAt: () => span };
const task = (name: string): Entry => ({ kind: 'task', name, module: 'ping', args: {}, argsPath: ['ping'], keywords: {}, source });
const block = (parts: Partial<Pick<Block, 'block' | 'rescue' | 'always'>>, role?: string): Block => ({
  kind: 'block', keywords: {}, source, block: [], rescue: [], always: [], ...parts,
  ...(role === undefined ? {} : { role: { name: role, path: `/roles/${role}`, defaults: {}, vars: {}, params: {}, handlers: [], allowDuplicates: false } as unknown as NonNullable<Block['role']> }),
});
const play = (parts: Partial<Pick<Play, 'preTasks' | 'roles' | 'tasks' | 'postTasks'>>): Play => ({
  hosts: 'all', keywords: {}, source, varsFiles: [], varsPrompt: [], strategy: 'free', serial: [], preTasks: [], roles: [], tasks: [], postTasks: [], handlers: [task('restart')], ...parts,
});

/** The names that are left, blocks in brackets. */
function names(entries: readonly Entry[]): string {
  return entries.map((entry) => (entry.kind === 'block' ? `[${names([...entry.block, ...entry.rescue, ...entry.always])}]` : entry.name)).join(' ');
}

const playbooks: Playbook[] = [
  { file: 'a.yaml', plays: [play({ preTasks: [task('prepare')], roles: [block({ block: [task('install'), task('configure')] }, 'web')], tasks: [task('check')] }), play({ tasks: [task('report')] })] },
  { file: 'b.yaml', plays: [play({ tasks: [block({ block: [task('try')], rescue: [task('mend')], always: [task('tidy')] }), task('check'), task('end')] })] },
];
const left = (name: string): string => startAt(playbooks, name).map(({ file, plays }) => `${file}: ${plays.map(({ preTasks, roles, tasks }) => names([...preTasks, ...roles, ...tasks])).join(' / ')}`).join('; ');

describe('startAt', () => {
  const whole = 'b.yaml: [try mend tidy] check end';
  it.each([
    ['prepare', `a.yaml: prepare [install configure] check / report; ${whole}`],
    ['configure', `a.yaml: [configure] check / report; ${whole}`],
    ['web : configure', `a.yaml: [configure] check / report; ${whole}`],
    ['check', `a.yaml: check / report; ${whole}`],
    ['rep*', `a.yaml: report; ${whole}`],
    ['r?port', `a.yaml: report; ${whole}`],
    ['try', whole],
    ['tidy', 'b.yaml: [mend tidy] check end'],
    ['end', 'b.yaml: end'],
  ])('%s', (name, expected) => expect(left(name)).toBe(expected));

  it('finds neither tasks of a rescue nor handlers, and says what is near', () => {
    expect(() => startAt(playbooks, 'mend')).toThrow("there is no task 'mend'");
    expect(() => startAt(playbooks, 'restart')).toThrow();
    expect(() => startAt(playbooks, 'a.c')).toThrow();
    expect(() => startAt(playbooks, 'instal')).toThrow(expect.objectContaining({ details: { hint: "Did you mean 'install'?" } }) as Error);
  });

  it('keeps handlers', () => expect(startAt(playbooks, 'end')[0]!.plays[0]!.handlers).toHaveLength(1));
});
