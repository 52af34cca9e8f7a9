/**
 * The text that is written to a long-lived /bin/sh: a boot script, once, and then one line per request. All of it is pure
 * POSIX sh (IEEE Std 1003.1-2017, XCU 2) and runs in dash, bash and BusyBox ash alike.
 */
import { quote } from '../shell.ts';
import { asTailCall } from './tail-call.ts';

/**
 * 128 random bits that no script can print by accident. The shell holds it in two variables, so that a script which prints
 * the shell's own state doesn't print a mark.
 */
export interface Nonce {
  readonly first: string;
  readonly second: string;
}

/** What one request asks of the shell. */
export interface Request {
  readonly id: number;
  /** The step's index in its batch, for `$CTPLAY_FAILED`. */
  readonly index: number;
  readonly when: 'always' | 'succeeded';
  /** Not in a subshell; only without input. */
  readonly inShell?: boolean;
  /** Of one in the shell: success is not answered, and so it is told by the answer of a later request. */
  readonly silent?: boolean;
  readonly script: string;
  readonly input: RequestInput;
}

export type RequestInput =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** What the shell itself has on its standard input; only for a shell that runs this one request. */
  | { readonly kind: 'inherited' };

/** The id of the mark with which the boot script answers; its word is the shell's process id. */
export const BOOT_ID = 0;

/** The status word of a step that was skipped. */
export const SKIPPED = '-';

// Messages are read by parsers, so they are in English; the character set stays the host's own. Administration tools are
// found for users whose PATH lacks them.
const ENVIRONMENT = `\
unset LC_ALL LANGUAGE
export LC_MESSAGES=C LC_NUMERIC=C LC_TIME=C LC_COLLATE=C
case :$PATH: in *:/usr/sbin:*) ;; *) export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" ;; esac
`;

// A request's arguments: id, index, when, script, and then nothing (no input), a printf format and its argument, or one
// word: 'inherited' input, 'inshell' for a script that needs no subshell, or 'silent' for one whose success isn't answered either. The script
// sees none of them as its own positional parameters.
const FUNCTIONS = `\
__ctplay_mark() {
  printf '%s%s %s\\n' "$__ctplay_1" "$__ctplay_2" "$1 $2"
  printf '%s%s %s\\n' "$__ctplay_1" "$__ctplay_2" "$1" >&2
}
__ctplay_eval() {
  __ctplay_script=$4
  shift $#
  eval "$__ctplay_script"
}
__ctplay() {
  if [ "$3" = succeeded ] && [ -n "$CTPLAY_FAILED" ]; then
    __ctplay_mark "$1" ${SKIPPED}
    return
  fi
  case $# in
    4) ( __ctplay_eval "$@" ) </dev/null ;;
    5) case $5 in inshell | silent) { eval "$4"; } </dev/null ;; *) ( __ctplay_eval "$@" ) ;; esac ;;
    6) printf "$5" "$6" | ( __ctplay_eval "$@" ) ;;
  esac
  __ctplay_status=$?
  if [ "$3" = succeeded ] && [ "$__ctplay_status" -ne 0 ]; then CTPLAY_FAILED=$2:$__ctplay_status; fi
  [ "$__ctplay_status \${5-}" = '0 silent' ] || __ctplay_mark "$1" "$__ctplay_status"
}
`;

/** Defines what the request lines call, and answers with the shell's process id. */
export function bootScript(nonce: Nonce): string {
  return `${ENVIRONMENT}__ctplay_1=${nonce.first} __ctplay_2=${nonce.second}\n${FUNCTIONS}__ctplay_mark ${BOOT_ID} $$\n`;
}

/** Begins a batch. `failed` is `$CTPLAY_FAILED` at its start: empty, or what an earlier part of the same batch left. */
export function batchStart(failed: string): string {
  return `CTPLAY_FAILED=${failed}\n`;
}

/** One request as one line of shell. Throws RangeError when the script holds a NUL character. */
export function requestLine(request: Request): string {
  const script = request.inShell ? request.script : asTailCall(request.script);
  const head = `__ctplay ${request.id} ${request.index} ${request.when} ${quote(script)}`;
  switch (request.input.kind) {
    case 'none':
      return request.inShell ? `${head} ${request.silent ? 'silent' : 'inshell'}\n` : `${head}\n`;
    case 'text':
      return `${head} %s ${quote(request.input.text)}\n`;
    case 'bytes':
      return `${head} %b ${quote(printfEscape(request.input.bytes))}\n`;
    case 'inherited':
      return `${head} inherited\n`;
  }
}

/** Reads one encoded line from standard input, leaving every byte after it, and runs it. */
export const LINE_PROGRAM = 'IFS= read -r line; eval "$(printf %b "$line")"';

/** `script` as the one line that LINE_PROGRAM reads. */
export function encodeLine(script: string): string {
  return `${script.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
}

// Octal escapes of printf's %b; letters, digits and harmless signs stand for themselves.
const ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /^[A-Za-z0-9 _+/=:.,@-]$/.test(character) ? character : `\\0${byte.toString(8).padStart(3, '0')}`;
});

/** Bytes as the argument of `printf %b`, which every sh has built in: no other tool is needed on the host. */
export function printfEscape(bytes: Uint8Array): string {
  let escaped = '';
  for (const byte of bytes) escaped += ESCAPES[byte]!;
  return escaped;
}
