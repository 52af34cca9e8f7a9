/**
 * Shell commands as values. The `` sh`…` `` tag is the only way to build one: it quotes every interpolated value for
 * POSIX sh (XCU 2.2.2, single quotes) and remembers which parts are secret, so that a command can be shown safely.
 */

/** A value that is sent to hosts but never shown, logged or stored. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '***';
  }
  toJSON(): string {
    return '***';
  }
}

/** What a file held when it was looked at: its size in bytes, and the SHA-256 of its content. */
export interface FileDigest {
  readonly size: number;
  readonly sha256: string;
}

/** What a command reads on standard input. */
export type CommandInput =
  | { readonly kind: 'text'; readonly text: string | Secret }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly secret?: boolean }
  /**
   * A file of the controller, streamed; for contents too large to hold in memory. One that no longer is as `expected` is not sent to its
   * end, and fails the batch.
   */
  | { readonly kind: 'file'; readonly path: string; readonly expected?: FileDigest }
  /** Bytes that are made while they are sent. What it throws ends the command, and is the error of its batch. */
  | { readonly kind: 'stream'; readonly open: () => AsyncIterable<Uint8Array> };

/** One script for /bin/sh. Immutable. */
export class Command {
  /** What the host runs, with secrets in the clear. Never show or store this. */
  readonly text: string;
  /** What a person may see: the same with every secret as ***. */
  readonly display: string;
  readonly input: CommandInput | undefined;

  /** Use the `sh` tag instead. */
  constructor(text: string, display: string, input?: CommandInput) {
    this.text = text;
    this.display = display;
    this.input = input;
  }

  /** The same command reading `input` on its standard input. */
  withInput(input: CommandInput | string | Secret): Command {
    const given: CommandInput = typeof input === 'string' || input instanceof Secret ? { kind: 'text', text: input } : input;
    return new Command(this.text, this.display, given);
  }

  toString(): string {
    return this.display;
  }
  toJSON(): string {
    return this.display;
  }
}

/**
 * What may stand in `${}`: a value (quoted), a list (each quoted, separated by blanks; an empty list gives nothing), or
 * another command (inserted as it is; its input is not carried over).
 */
export type ShellValue = string | number | Secret | Command | readonly (string | number | Secret | Command)[];

/** Builds a command; every interpolated value is quoted. `` sh`ip link add ${name} type bridge` `` */
export function sh(strings: TemplateStringsArray, ...values: readonly ShellValue[]): Command {
  const text = assemble(strings, values, false);
  return new Command(text, values.some(holdsSecret) ? assemble(strings, values, true) : text);
}

function assemble(strings: readonly (string | undefined)[], values: readonly ShellValue[], masked: boolean): string {
  let text = '';
  for (let index = 0; index < strings.length; index++) {
    const part = strings[index];
    // Template literals give undefined for an escape that JavaScript doesn't know.
    if (part === undefined) throw new SyntaxError('a command holds an invalid escape such as \\377: double its backslash');
    text += part;
    if (index < values.length) text += interpolate(values[index]!, masked);
  }
  return text;
}

/** Whether it is shown as something else than what is sent. */
function holdsSecret(value: ShellValue): boolean {
  if (value instanceof Command) return value.display !== value.text;
  return value instanceof Secret || (Array.isArray(value) && (value as readonly ShellValue[]).some(holdsSecret));
}

/** Commands one after the other, with `separator` between them; empty ones are left out. */
export function joinCommands(commands: readonly Command[], separator: ' && ' | '; ' | ' || ' | ' | ' | ' ' | ' -- ' | '\n'): Command {
  const parts = commands.filter((command) => command.text !== '');
  const text = parts.map((part) => part.text).join(separator);
  return new Command(text, parts.some(holdsSecret) ? parts.map((part) => part.display).join(separator) : text);
}

/** The command that does nothing, for optional parts: `` sh`ip addr add ${a} ${peer ? sh`peer ${peer}` : nothing} dev ${d}` ``. */
export const nothing: Command = new Command('', '');

/** One word of POSIX sh that stands for exactly `value`. Throws RangeError on NUL, which no argument can hold. */
export function quote(value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(value)) return value;
  if (value.includes('\0')) throw new RangeError('a shell word cannot hold a NUL character');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function interpolate(value: ShellValue, masked: boolean): string {
  if (Array.isArray(value)) return (value as readonly (string | number | Secret | Command)[]).map((item) => interpolate(item, masked)).join(' ');
  if (value instanceof Command) return masked ? value.display : value.text;
  if (value instanceof Secret) return masked ? '***' : quote(value.reveal());
  return quote(String(value));
}
