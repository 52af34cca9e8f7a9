/** A play without tasks, so that verbs that have no playbook see hosts and their variables as a run does. */
import type { SourceSpan } from '../errors.ts';
import type { Keywords, Play, Source } from '../load/tree.ts';
import { PlayContext } from './play-context.ts';
import type { RunContext } from './run-context.ts';

export function verbPlay(run: RunContext, verb: string, hosts: readonly string[], keywords: Keywords): { play: Play; context: PlayContext } {
  const span: SourceSpan = { file: verb, line: 1, column: 1 };
  const source: Source = { file: verb, span, at: () => span, keyAt: () => span };
  const play: Play = {
    name: verb,
    keywords,
    source,
    hosts,
    varsFiles: [],
    varsPrompt: [],
    strategy: 'free',
    serial: [],
    preTasks: [],
    roles: [],
    tasks: [],
    postTasks: [],
    handlers: [],
  };
  return { play, context: new PlayContext(run, play, verb, { all: hosts, batch: hosts }, {}) };
}
