/**
 * How paths are looked at: one script for any number of them, which starts stat(1), sha256sum(1), readlink(1), cat(1) and
 * base64(1) once for all that need them.
 */
import { createHash } from 'node:crypto';
import type { JointReader, ReadResult } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { stateFolder } from '../shared/keep.ts';
import { pathWord } from '../shared/path.ts';

export interface FileQuestion {
  /** Look through a symbolic link at what it leads to; the answer's path is then that. */
  readonly follow?: boolean;
  /** Where the path is a directory: the file of this name in it. */
  readonly inside?: string;
  readonly digest?: boolean;
  /** Read up to this many bytes, unless the digest is `unless`. */
  readonly content?: { readonly limit: number; readonly unless?: string };
  /** For reset: the digest of the content to go back to, empty when there was none. */
  readonly kept?: string;
}

export interface FileInQuestion extends FileQuestion {
  readonly path: string;
}

/** Sets `$e` to the deepest existing directory at or above `$p`. */
export const existingAbove: Command = sh`e=$p; while [ ! -d "$e" ]; do case $e in /*/*) e=\${e%/*} ;; /*) e=/ ;; */*) e=\${e%/*} ;; *) e=. ;; esac; done`;

/** The fields that `stat` prints for one file, each ended by NUL. */
export const statFormat = String.raw`stat=%f %u %g %s %.9X %.9Y %.9Z %i %h %d\0owner=%U\0group=%G\0`;

// The paths that a question is answered for are collected as positional parameters, which keep any name whole, and their numbers in $l.
const functions: Command = sh`LC_ALL=C; export LC_ALL
found() { ${existingAbove}; printf 'file=%s\\0path=%s\\0existing=%s\\0' "$1" "$p" "$e"; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
readable() { [ -f "$1" ] && [ -r "$1" ]; }
wanted() { eval "s=\\$s$1 z=\\$z$1"; [ -n "$s" ] && [ "$s" != "$2" ] && [ -n "$z" ] && [ "$z" -le "$3" ]; }
sums() {
  while IFS= read -r line; do
    s=\${line%% *}; s=\${s#\\\\}
    while [ $# -gt 0 ]; do
      n=$1; shift; eval "p=\\$p$n"
      case $line in \\\\* | *"  $p") break ;; esac
    done
    eval "s$n=$s"; printf 'file=%s\\0sha256=%s\\0' "$n" "$s"
  done
}`;

/** The answers come as fields ended by NUL; `file=N` says whose the next ones are, and `order` whose those of one program are. */
function script(files: readonly FileInQuestion[]): Command {
  const each = (line: (file: FileInQuestion, index: number) => Command | undefined): Command[] => files.flatMap((file, index) => line(file, index) ?? []);
  const digested = ({ digest, content, kept }: FileInQuestion): boolean => digest === true || content !== undefined || kept !== undefined;
  const wantsContent = files.some(({ content }) => content !== undefined);
  const collect = (condition: (path: Command) => Command, wanted: (file: FileInQuestion) => boolean = () => true): Command[] => [
    sh`set --; l=`,
    ...each((file, index) => (wanted(file) ? sh`${condition(variable('p', index))} && { set -- "$@" ${variable('p', index)}; l="$l ${index}"; }` : undefined)),
  ];
  return joinCommands(
    [
      functions,
      files.some(({ kept }) => kept !== undefined) ? stateFolder : nothing,
      ...each(locate),
      ...collect((path) => sh`there ${path}`),
      sh`[ $# = 0 ] || { printf 'order=%s\\0' "$l"; stat --printf ${`name=%n\\0${statFormat}`} -- "$@" 2>/dev/null || command -v stat >/dev/null || printf 'missing=%s\\0' 'stat: not found'; }`,
      ...collect((path) => sh`[ -L ${path} ]`),
      sh`[ $# = 0 ] || { printf 'order=%s\\0targets=\\0' "$l"; readlink -z -- "$@"; printf '\\0'; }`,
      ...collect((path) => sh`! there ${path}`),
      sh`[ $# = 0 ] || printf 'order=%s\\0errors=%s\\0' "$l" "$(stat -- "$@" 2>&1 >/dev/null)"`,
      ...(files.some(digested)
        ? [...collect((path) => sh`readable ${path}`, digested), sh`[ $# = 0 ] || {
sums=$(sha256sum -- "$@")
${wantsContent ? sh`sizes=$(stat -L -c %s -- "$@"); list=$l; for size in $sizes; do set -- $list; eval "z$1=$size"; shift; list=$*; done` : nothing}
set -- $l; sums "$@" <<END
$sums
END
}`]
        : []),
      // Files of /proc have no size, so that what is theirs could not be told from what is the next one's: each has a cat of its own.
      ...each(({ content }, index) => content && sh`wanted ${index} ${content.unless ?? ''} ${content.limit} && case ${variable('z', index)}${variable('p', index)} in 0* | */proc/* | */sys/*) printf 'file=%s\\0content=' ${index}; head -c ${content.limit + 1} <${variable('p', index)} | base64 -w0; printf '\\0'; z${index}= ;; esac`),
      ...(wantsContent ? [sh`set --; l=`] : []),
      ...each(({ content }, index) => content && sh`wanted ${index} ${content.unless ?? ''} ${content.limit} && { printf 'file=%s\\0bytes=%s\\0' ${index} ${variable('z', index)}; set -- "$@" ${variable('p', index)}; l="$l ${index}"; }`),
      ...(wantsContent ? [sh`[ $# = 0 ] || { printf 'order=%s\\0contents=' "$l"; cat -- "$@" | base64 -w0; printf '\\0'; }`] : []),
      ...each(({ kept }, index) => (kept === undefined ? undefined : sh`[ -z ${variable('s', index)} ] || [ ! -e "$k/backup/written/"${variable('s', index)} ] || printf 'file=%s\\0written=\\0' ${index}`)),
      sh`:`,
    ],
    '\n',
  );
}

function locate({ path, inside, follow = false, kept }: FileInQuestion, index: number): Command {
  return joinCommands(
    [
      sh`p=${pathWord(path)}`,
      inside === undefined ? nothing : sh`[ ! -d "$p" ] || p=\${p%/}/${inside}`,
      follow ? sh`[ ! -L "$p" ] || p=$(readlink -f "$p")` : nothing,
      sh`found ${index}; p${index}=$p s${index}= z${index}=`,
      kept === undefined || kept === '' ? nothing : sh`[ ! -e "$k/backup/"${kept} ] || printf 'kept=\\0'`,
    ],
    '\n',
  );
}

/** A numbered variable of the script, quoted. */
function variable(name: 'p' | 's' | 'z', index: number): Command {
  return sh`"$${name}${index}"`;
}

export const fileReader: JointReader<FileInQuestion> = { command: script, split };

interface Answer {
  readonly fields: string[];
  path: string;
  /** Of a content that comes together with others. */
  bytes: number;
}

/** The fields of each path, as if it had been asked for alone. */
function split({ status, stdout, stderr }: ReadResult, files: readonly FileInQuestion[]): ReadResult[] {
  const answers = files.map((): Answer => ({ fields: [], path: '', bytes: 0 }));
  let current: Answer | undefined;
  let order: number[] = [];
  const lines = stdout.split('\0');
  for (let at = 0; at < lines.length; at++) {
    const field = lines[at]!;
    const equals = field.indexOf('=');
    const value = field.slice(equals + 1);
    switch (field.slice(0, equals)) {
      case 'file':
        current = answers[Number(value)];
        break;
      case 'order':
        order = value.trim().split(' ').map(Number);
        break;
      case 'name':
        // One that went away since it was listed has no answer.
        while (order.length > 0 && answers[order[0]!]?.path !== value) order.shift();
        current = answers[order.shift() ?? -1];
        break;
      case 'targets':
        // An empty field ends them, which no link holds.
        for (const index of order) if (lines[at + 1] !== '') answers[index]?.fields.push(`target=${lines[++at]}`);
        at++;
        break;
      case 'errors': {
        // stat(1) has one line for each path that it can't tell of; where there are fewer, some path has come to be meanwhile.
        const words = value.split('\n');
        order.forEach((index, place) => answers[index]?.fields.push(`errors=${words.length === order.length ? words[place]! : 'it came to be while it was looked at'}`));
        break;
      }
      case 'bytes':
        if (current) current.bytes = Number(value);
        break;
      case 'contents':
        shareContents(Buffer.from(value, 'base64'), order.flatMap((index) => answers[index] ?? []));
        break;
      case 'missing':
        for (const answer of answers) answer.fields.push(field);
        break;
      default:
        if (field.startsWith('path=') && current) current.path = value;
        if (equals > 0) current?.fields.push(field);
    }
  }
  return answers.map(({ fields }) => ({ status, stdout: fields.map((field) => `${field}\0`).join(''), stderr }));
}

/** Contents that follow one another. One that changed since its size was read moves all after it, which their digests tell. */
function shareContents(contents: Buffer, answers: readonly Answer[]): void {
  let start = 0;
  for (const { fields, bytes } of answers) {
    const content = contents.subarray(start, (start += bytes));
    if (fields.includes(`sha256=${createHash('sha256').update(content).digest('hex')}`)) fields.push(`content=${content.toString('base64')}`);
  }
}
