/** What a long-lived shell is asked, what it answers, and what is left when it is lost. */
import type { Output } from './output.ts';
import type { RequestInput } from './script.ts';

/** A step as the shell takes it. */
export interface ShellRequest {
  /** Its index in the batch. */
  readonly index: number;
  readonly when: 'always' | 'succeeded';
  /** See Step.inShell. */
  readonly inShell: boolean;
  readonly script: string;
  /** What messages call it; holds no secret. */
  readonly display: string;
  readonly input: RequestInput;
  readonly timeoutMs: number | undefined;
  readonly maxOutput: number;
}

export interface ShellResult {
  /** The status that the shell saw, also of a killed step; null when the step was skipped. */
  readonly status: number | null;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

/** Why a shell can't be used any more, and what was running. */
export class ShellLost extends Error {
  override readonly name = 'ShellLost';
  readonly phase: 'boot' | 'step' | 'idle';
  /** What messages call the request that was running. */
  readonly display: string | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(reason: string, phase: 'boot' | 'step' | 'idle', running?: { display: string; stdout: string; stderr: string }) {
    super(reason);
    this.phase = phase;
    this.display = running?.display;
    this.stdout = running?.stdout ?? '';
    this.stderr = running?.stderr ?? '';
  }
}
