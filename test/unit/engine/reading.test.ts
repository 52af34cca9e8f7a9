import { expect, it } from 'vitest';
import { FactCache } from '../../../src/engine/fact-cache.ts';
import { BatchOfReadings } from '../../../src/engine/reading.ts';
import type { Fact, ReadResult } from '../../../src/module.ts';
import { joinCommands, sh } from '../../../src/shell.ts';

const fact = (name: string, given: Partial<Fact<ReadResult>> = {}): Fact<ReadResult> => ({ kind: 'word', key: name, read: sh`echo ${name}`, domains: [], parse: (result) => result, ...given });
const reader = { command: (words: readonly unknown[]) => joinCommands(words.map((word) => sh`echo ${String(word)}`), '; '), split: (result: ReadResult, words: readonly unknown[]) => words.map(() => result) };

it.each<[string, readonly Fact<ReadResult>[], readonly (readonly [string, boolean])[]]>([
  ['each in a process of its own', [fact('a'), fact('b')], [['echo a', false], ['echo b', false]]],
  ['by the shell itself what asks for it', [fact('a', { inShell: true }), fact('b')], [['echo a', true], ['echo b', false]]],
  ['together what one reader reads, in a process', [fact('a', { joint: { reader, question: 'a' } }), fact('b', { joint: { reader, question: 'b' } })], [['echo a; echo b', false]]],
])('facts are read %s', (_how, facts, steps) => {
  expect(new BatchOfReadings(new FactCache().missing(facts)).steps.map(({ command, inShell }) => [command.text, inShell])).toEqual(steps);
});
