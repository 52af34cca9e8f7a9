import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../../src/engine/joint-changes.ts';
import type { Change, JointWriter } from '../../../src/module.ts';
import { sh } from '../../../src/shell.ts';

const writerOf = (name: string): JointWriter<string> => ({ commands: (requests) => [sh`${name} ${requests}`] });
const [a, b] = [writerOf('a'), writerOf('b')];
const change = (name: string, writer?: JointWriter<string>): Change => ({ action: 'create', subject: name, commands: [sh`make ${name}`], ...(writer ? { joint: { writer: writer as JointWriter<unknown>, request: name } } : {}) });

describe('changes as commands', () => {
  it.each<[string, Change[], string[]]>([
    ['none', [], []],
    ['without a writer', [change('1'), change('2')], ['make 1', 'make 2']],
    ['one of a writer', [change('1', a)], ['make 1']],
    ['neighbours', [change('1', a), change('2', a), change('3', a)], ['a 1 2 3']],
    ['of two writers', [change('1', a), change('2', a), change('3', b), change('4', b)], ['a 1 2', 'b 3 4']],
    ['with another between, in their order', [change('1', a), change('2'), change('3', a), change('4', a)], ['make 1', 'make 2', 'a 3 4']],
  ])('%s', (_name, changes, commands) => {
    expect(commandsOf(changes).map(({ display }) => display)).toEqual(commands);
  });
});
