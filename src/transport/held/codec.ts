/**
 * What goes between threads and processes as plain data. Structured cloning drops the classes of what it copies, and with them all that is
 * private: a secret would arrive empty and an error without its code.
 * https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal
 */
import { resolve } from 'node:path';
import { CtplayError } from '../../errors.ts';
import type { ErrorCode, ErrorDetails, ExitStatus } from '../../errors.ts';
import { Command, Secret } from '../../shell.ts';
import type { CommandInput } from '../../shell.ts';
import type { Become, HostTarget, Step } from '../types.ts';

/** `T` with its secrets in the clear. */
type Bare<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: string };

export type PlainTarget = Bare<HostTarget, 'password' | 'passphrase'>;
export type PlainBecome = Bare<Become, 'password'>;

export type PlainStep = Omit<Step, 'command'> & { readonly text: string; readonly display: string; readonly input: PlainInput | undefined };

export type StreamInput = Extract<CommandInput, { readonly kind: 'stream' }>;

type PlainInput =
  | Exclude<CommandInput, { readonly kind: 'text' | 'stream' }>
  | { readonly kind: 'text'; readonly text: string; readonly secret: boolean }
  /** Its bytes are asked for one after the other. */
  | { readonly kind: 'stream'; readonly id: number };

export type PlainError =
  | { readonly kind: 'user'; readonly code: ErrorCode; readonly message: string; readonly exitStatus: ExitStatus; readonly details: ErrorDetails; readonly stack: string | undefined }
  /** A defect, as it was thrown. */
  | { readonly kind: 'other'; readonly name: string; readonly message: string; readonly stack: string | undefined };

export function packTarget({ password, passphrase, ...plain }: HostTarget): PlainTarget {
  return { ...plain, ...(password && { password: password.reveal() }), ...(passphrase && { passphrase: passphrase.reveal() }) };
}

export function unpackTarget({ password, passphrase, ...plain }: PlainTarget): HostTarget {
  return { ...plain, ...(password !== undefined && { password: new Secret(password) }), ...(passphrase !== undefined && { passphrase: new Secret(passphrase) }) };
}

export function packBecome({ password, ...plain }: Become): PlainBecome {
  return { ...plain, ...(password && { password: password.reveal() }) };
}

export function unpackBecome({ password, ...plain }: PlainBecome): Become {
  return { ...plain, ...(password !== undefined && { password: new Secret(password) }) };
}

/** @param stream names an input whose bytes don't exist yet */
export function packStep({ command, ...plain }: Step, stream: (input: StreamInput) => number): PlainStep {
  return { ...plain, text: command.text, display: command.display, input: command.input && packInput(command.input, stream) };
}

/** @param open gives the bytes of such an input by its name */
export function unpackStep({ text, display, input, ...plain }: PlainStep, open: (id: number) => AsyncIterable<Uint8Array>): Step {
  return { ...plain, command: new Command(text, display, input && unpackInput(input, open)) };
}

function packInput(input: CommandInput, stream: (input: StreamInput) => number): PlainInput {
  switch (input.kind) {
    case 'text':
      return input.text instanceof Secret ? { kind: 'text', text: input.text.reveal(), secret: true } : { kind: 'text', text: input.text, secret: false };
    case 'bytes':
      return { ...input, bytes: compact(input.bytes) };
    case 'stream':
      return { kind: 'stream', id: stream(input) };
    case 'file':
      // Another process may work in another folder.
      return { ...input, path: resolve(input.path) };
  }
}

/** Without what else its buffer holds, which would be copied as a whole: a Buffer is often a part of a larger one. */
export function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function unpackInput(input: PlainInput, open: (id: number) => AsyncIterable<Uint8Array>): CommandInput {
  if (input.kind === 'stream') return { kind: 'stream', open: () => open(input.id) };
  return input.kind === 'text' ? { kind: 'text', text: input.secret ? new Secret(input.text) : input.text } : input;
}

export function packError(error: unknown): PlainError {
  if (error instanceof CtplayError) {
    const { code, message, exitStatus, stack, details: { cause, ...details } } = error;
    return { kind: 'user', code, message, exitStatus, stack, details: cause === undefined ? details : { ...details, cause: packError(cause) } };
  }
  if (error instanceof Error) return { kind: 'other', name: error.name, message: error.message, stack: error.stack };
  return { kind: 'other', name: 'Error', message: String(error), stack: undefined };
}

/** The same error for whoever catches it; of a defect, its name, its words and where it happened. */
export function unpackError(plain: PlainError): Error {
  const error =
    plain.kind === 'user'
      ? new CtplayError(plain.code, plain.message, unpackDetails(plain.details), plain.exitStatus)
      : Object.assign(new Error(plain.message), { name: plain.name });
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}

function unpackDetails({ cause, ...details }: ErrorDetails): ErrorDetails {
  return cause === undefined ? details : { ...details, cause: unpackError(cause as PlainError) };
}
