/** What a run and whoever holds its connections, a thread or another process, ask of each other. */
import type { ConnectionStatistics, StepResult } from '../types.ts';
import type { PlainBecome, PlainStep, PlainTarget } from './codec.ts';

/** Names a connection on both sides; chosen by the run. */
type Id = number;

/** Asked by the run; each is a method of Connect or Connection. */
export type ConnectionCalls = {
  readonly connect: { readonly asked: { readonly connection: Id; readonly target: PlainTarget; readonly prompts: boolean; readonly logs: boolean }; readonly answered: void };
  readonly run: { readonly asked: { readonly connection: Id; readonly steps: readonly PlainStep[]; readonly become: PlainBecome | undefined }; readonly answered: StepResult[] };
  readonly download: { readonly asked: { readonly connection: Id; readonly remotePath: string; readonly localPath: string; readonly mode: number; readonly become: PlainBecome | undefined }; readonly answered: void };
  readonly leave: { readonly asked: { readonly connection: Id; readonly user: string }; readonly answered: void };
  readonly release: { readonly asked: { readonly connection: Id }; readonly answered: void };
  readonly close: { readonly asked: { readonly connection: Id }; readonly answered: void };
};

/** Asked by the holder. */
export type RunCalls = {
  /** The person's answer. */
  readonly prompt: { readonly asked: { readonly connection: Id; readonly question: string; readonly once: string | undefined }; readonly answered: string };
  /** The next bytes of an input that the run makes; undefined at its end. */
  readonly read: { readonly asked: { readonly stream: number }; readonly answered: Uint8Array | undefined };
  /** Answered when nobody else records host keys for the run; `recorded` lets the next one. */
  readonly record: { readonly asked: undefined; readonly answered: void };
  readonly recorded: { readonly asked: undefined; readonly answered: void };
  readonly log: { readonly asked: { readonly connection: Id; readonly line: string }; readonly answered: void };
  /** Before each answer that may have changed them. */
  readonly statistics: { readonly asked: { readonly connection: Id; readonly statistics: ConnectionStatistics }; readonly answered: void };
};
