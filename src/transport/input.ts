/** What a step reads on its standard input: inside its line where it is small, else as a stream on a channel of its own. */
import { readFile, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { Secret } from '../shell.ts';
import type { CommandInput } from '../shell.ts';
import { readBlocks, readExpected, requireExpected } from './read-file.ts';
import type { RequestInput } from './script.ts';
import type { Step } from './types.ts';

/** Larger inputs go as a stream, since escaping makes bytes up to five times as long. */
const MAX_INLINE_BYTES = 64 * 1024;

/** How a step's input travels; `inherited` is a stream. */
export function inputOf({ command: { input } }: Step): RequestInput {
  if (input === undefined) return { kind: 'none' };
  if (input.kind === 'file' || input.kind === 'stream') return { kind: 'inherited' };
  if (input.kind === 'bytes') return bytesInput(input.bytes);
  const text = textOf(input);
  return text.includes('\0') ? bytesInput(Buffer.from(text)) : { kind: 'text', text };
}

/** A small file goes as its bytes: a channel of its own costs as much as many of them. Throws CtplayError file.unreadable where it is not as expected. */
export async function withSmallFile(step: Step): Promise<Step> {
  const { input } = step.command;
  if (input?.kind !== 'file') return step;
  const bytes = await smallContent(input.path);
  if (bytes && input.expected) requireExpected(input.path, bytes, input.expected);
  return bytes ? { ...step, command: step.command.withInput({ kind: 'bytes', bytes }) } : step;
}

/** A stream of which the first bytes are at hand. */
export interface OpenInput {
  readonly first: IteratorResult<Uint8Array>;
  readonly rest: AsyncGenerator<Uint8Array>;
}

/** Begins to read an input. Throws CtplayError file.missing or file.unreadable, and what the input itself throws. */
export async function openInput(input: CommandInput): Promise<OpenInput> {
  const rest = chunksOf(input);
  return { first: await rest.next(), rest };
}

/**
 * Writes an input to a stream, as fast as that takes it, and ends it. Throws as `openInput`; gives up without an error once `signal` says so, or
 * the stream takes no more: why, the process at its other end tells.
 */
export async function writeInput({ first, rest }: OpenInput, stdin: Writable, sent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  let goOn = (): void => {};
  let broken = false;
  signal.addEventListener('abort', () => goOn());
  try {
    for (let next = first; !next.done; next = await rest.next()) {
      const { value } = next;
      if (signal.aborted) return;
      sent(value.length);
      // Its memory may be used again for what comes then.
      await new Promise<void>((resolve) => {
        goOn = resolve;
        stdin.write(value, (error) => {
          broken ||= error instanceof Error;
          resolve();
        });
      });
      if (broken) return;
    }
    if (!signal.aborted) stdin.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* chunksOf(input: CommandInput): AsyncGenerator<Uint8Array> {
  if (input.kind === 'stream') yield* input.open();
  else if (input.kind === 'file') yield* input.expected ? readExpected(input.path, input.expected) : readBlocks(input.path);
  else yield input.kind === 'bytes' ? input.bytes : Buffer.from(textOf(input));
}

/** Undefined for what is large, no file, or can't be read: the stream then finds the words for it. */
async function smallContent(path: string): Promise<Buffer | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= MAX_INLINE_BYTES ? await readFile(path) : undefined;
  } catch {
    return undefined;
  }
}

function bytesInput(bytes: Uint8Array): RequestInput {
  return bytes.length > MAX_INLINE_BYTES ? { kind: 'inherited' } : { kind: 'bytes', bytes };
}

function textOf({ text }: Extract<CommandInput, { kind: 'text' }>): string {
  return text instanceof Secret ? text.reveal() : text;
}
