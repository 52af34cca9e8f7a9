/** What all renderers need to know. */

/** The part of a writable stream that renderers use; `process.stdout` is one. */
export interface Output {
  write(text: string): boolean;
  on(event: 'resize', listener: () => void): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface ReportOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The number of -v: 1 shows results, 2 also arguments and commands, 3 also the SSH layer. */
  readonly verbosity: number;
  /** Show unified diffs of texts. */
  readonly diff: boolean;
  /** Nothing is applied: what is shown is what would change. */
  readonly check: boolean;
  readonly color: boolean;
  /** The size of the terminal where `stdout` can't tell. */
  readonly columns?: number;
  readonly rows?: number;
}
