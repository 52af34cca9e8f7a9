/**
 * A baseline as it is kept: two lines of JSON, a head that says whose and when, and the state of the host, whose digest the head
 * holds. Lists need the heads alone.
 */
import { CtplayError } from '../errors.ts';
import { digest, sorted } from './fingerprint.ts';
import type { CaptureSettings, Json, KindStates } from './kind.ts';

export interface BaselineHead {
  readonly format: 1;
  /** Of this capture; the folder of the contents kept with it bears the same name. */
  readonly id: string;
  readonly name: string;
  /** The host's name in the inventory that it was captured by. */
  readonly host: string;
  /** machine-id(5); empty where the host has none. */
  readonly machineId: string;
  /** ISO 8601, by the controller's clock. */
  readonly capturedAt: string;
  /** The person, as user@machine. */
  readonly capturedBy: string;
  readonly settings: CaptureSettings;
  /** SHA-256 of the second line, and of the listing of what is kept beside it. */
  readonly states: string;
  readonly contents: string;
}

export interface Baseline {
  readonly head: BaselineHead;
  readonly states: KindStates;
  /** Both lines. */
  readonly text: string;
}

export function makeBaseline(about: Omit<BaselineHead, 'format' | 'states'>, states: KindStates): Baseline {
  const body = JSON.stringify(sorted(states as unknown as Json));
  const head: BaselineHead = { format: 1, ...about, states: digest(body) };
  return { head, states, text: `${JSON.stringify(head)}\n${body}\n` };
}

/** Throws baseline.unreadable for what is no baseline, or no longer the one that was written. */
export function parseBaseline(text: string, where: string): Baseline {
  const [first = '', body = ''] = text.split('\n');
  const head = parseHead(first, where);
  if (digest(body) !== head.states) throw new CtplayError('baseline.unreadable', `the baseline ${where} was changed after it was captured`, { hint: 'Capture it again when the host is as it should be.' });
  return { head, states: JSON.parse(body) as KindStates, text };
}

/** Throws baseline.unreadable. */
export function parseHead(line: string, where: string): BaselineHead {
  let head: Partial<BaselineHead> | null;
  try {
    head = JSON.parse(line) as Partial<BaselineHead> | null;
  } catch {
    head = null;
  }
  if (head?.format === 1) return head as BaselineHead;
  const newer = typeof head?.format === 'number';
  throw new CtplayError('baseline.unreadable', newer ? `the baseline ${where} was captured by a newer ctplay` : `the baseline ${where} can't be read`, {
    hint: newer ? 'Use that version, or capture it again.' : 'Capture it again when the host is as it should be.',
  });
}
