/**
 * How paths are looked at: one script for any number of them, which starts stat(1), sha256sum(1), base64(1) and what else is asked
 * for once for all that need them, and none for the contents of small files. file-answers.ts reads what it prints.
 */
import { createHash } from 'node:crypto';
import type { JointReader } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { stateFolder } from '../shared/keep.ts';
import { pathWord } from '../shared/path.ts';
import { splitAnswers } from './file-answers.ts';
import { fileMemory } from './file-memory.ts';

export const checksumAlgorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** What only somebody who asks for all of a path wants to know. */
export interface FileDetails {
  readonly checksum?: ChecksumAlgorithm | undefined;
  /** The kind of the content, by file(1). */
  readonly mime: boolean;
  /** Attributes of the file system, by lsattr(1) of e2fsprogs. */
  readonly attributes: boolean;
}

export interface FileQuestion {
  /** Look through a symbolic link at what it leads to; the answer's path is then that. */
  readonly follow?: boolean;
  /** Where the path is a directory: the file of this name in it. */
  readonly inside?: string;
  /** Of a regular file, and of the one that a link leads to unless it is the path's `own` that is asked for. */
  readonly digest?: boolean | 'own';
  /** What the digest is unless the file has changed: it is not worked out then. */
  readonly known?: string;
  /** Much is expected to be there, so that reading it fast is worth a larger program's start. */
  readonly large?: boolean;
  /** Read up to this many bytes, unless the digest is `unless`. */
  readonly content?: { readonly limit: number; readonly unless?: string };
  /** For reset: the digest of the content to go back to, empty when there was none. */
  readonly kept?: string;
  readonly details?: FileDetails;
}

export interface FileInQuestion extends FileQuestion {
  readonly path: string;
}

/** Sets `$e` to the deepest existing directory at or above `$p`. */
export const existingAbove: Command = sh`e=$p; while [ ! -d "$e" ]; do case $e in /*/*) e=\${e%/*} ;; /*) e=/ ;; */*) e=\${e%/*} ;; *) e=. ;; esac; done`;

const statFields = '%f %u %g %s %.9X %.9Y %.9Z %i %h %d';

/** The fields that `stat` prints for one file, each ended by NUL. */
export const statFormat = String.raw`stat=${statFields}\0owner=%U\0group=%G\0`;

/** One line for each path: what it is, owner, group, and the name as it was given, divided by tabs. A quoted name may follow, with what a link holds. */
const statLine = (fields: string): string => String.raw`${fields}\t%U\t%G\t%n\t`;

/** Bytes, and files, that the shell reads itself: it takes as long for them as a program takes to start. */
const fewBytes = 1024;
const fewFiles = 16;

const digestOfNothing = createHash('sha256').digest('hex');

// A path is kept in the variable pN, which holds any name whole, its digest in sN, its size in zN and its content in cN. Lists are of such numbers;
// `paths` makes one the words of a command that goes to eval. Each call of printf is a packet of SSH's: `said` has the words of what is printed at once.
const functions: Command = sh`LC_ALL=C QUOTING_STYLE=c; export LC_ALL QUOTING_STYLE
said= links= files= small= texts= unsized= contents=
found() { ${existingAbove}; [ ! -L "$p" ] || links="$links $1"; eval "p$1=\\$p e$1=\\$e s$1= z$1= t$1="; said="$said file $1 path \\"\\$p$1\\" existing \\"\\$e$1\\""; }
readable() { [ -f "$p" ] && [ -r "$p" ]; }
paths() { a=; for n; do a="$a \\"\\$p$n\\""; done; }
lines() { set -f; IFS='
'; }
words() { set +f; unset IFS; }
sums() {
  lines
  for line in $sums; do
    s=\${line%% *}; s=\${s#\\\\}
    while [ $# -gt 0 ]; do
      n=$1; shift; eval "p=\\$p$n"
      case $line in \\\\* | *"  $p" | *" *$p") break ;; esac
    done
    eval "s$n=$s"
  done
  words
}
differs() { eval "s=\\$s$1 t=\\$t$1"; [ -z "$s" ] || [ -n "$t" ] || [ "$s" = "$2" ] || texts="$texts $1"; }
sizes() {
  lines
  for line in $stats; do
    eval "p=\\$p$1"
    case $line in *${'\t'}"$p"${'\t'}*) ;; *) continue ;; esac
    case $line in 8*) z=\${line#* * * }; eval "z$1=\${z%% *}" ;; *) unsized="$unsized $1" ;; esac
    shift; [ $# -gt 0 ] || break
  done
  words
  unsized="$unsized $*"
}
sizesBehind() { for size in $(eval "stat -L -c %s -- $a" 2>/dev/null); do eval "z$1=$size"; shift; done; }
send() {
  eval "z=\\$z$1 p=\\$p$1 s=\\$s$1"
  [ -n "$z" ] && [ "$z" -le "$2" ] || return
  # Files of /proc have no size, so that what is theirs could not be told from what is the next one's: each is read by itself.
  case $s$z$p in
    ${digestOfNothing}*) said="$said file $1 text ''" ;;
    \${s}0* | */proc/* | */sys/*) printf 'file=%s\\0content=' "$1"; head -c $(($2 + 1)) <"$p" | base64 -w0; printf '\\0' ;;
    *) contents="$contents $1" ;;
  esac
}
few() { bytes=0; for n; do eval "bytes=\\$((bytes + \\\${z$n:-0}))"; done; [ "$bytes" -le ${fewBytes} ]; }
tell() {
  for n; do
    eval "p=\\$p$n z=\\$z$n"; c= line=
    [ -n "$z" ] || continue
    while [ \${#c} -le "$z" ] && IFS= read -r line; do c="$c$line
"; done <"$p"
    c=$c$line
    # The shell drops NULs, and other characters than these the controller might not read as the same bytes.
    case $c in *[!\\ -~${'\t\n'}]*) ;; *) [ \${#c} -ne "$z" ] || { eval "c$n=\\$c t$n=1"; said="$said file $n text \\"\\$c$n\\""; } ;; esac
  done
}
untold() { l=; for n; do eval "t=\\$t$n"; [ -n "$t" ] || l="$l $n"; done; }`;

// openssl(1) knows the processor's own instructions for it, which the sha256sum(1) of many systems does not.
const digestsOfLarge: Command = sh`if command -v openssl >/dev/null; then eval "openssl dgst -sha256 -r $a"; else eval "sha256sum -- $a"; fi`;

// The reading of contents whose digest isn't the expected one; of one alone without cat(1).
const sendContents: Command = sh`[ -z "$contents" ] || {
bytes=; for n in $contents; do eval "bytes=\\"$bytes \\$z$n\\""; done
paths $contents; printf 'order=%s\\0bytes=%s\\0contents=' "$contents" "$bytes"
case $contents in ' '*' '*) eval "cat -- $a" | base64 -w0 ;; *) eval "base64 -w0 -- $a" ;; esac; printf '\\0'
}`;

// Names that stat(1) quotes in another way than C does, as before coreutils 8.25, don't tell what a link holds.
const sendTargets: Command = sh`[ -z "$links" ] || case $stats in *'" -> "'*) ;; *) paths $links; printf 'order=%s\\0targets=\\0' "$links"; eval "readlink -z -- $a"; printf '\\0' ;; esac`;

/** The answers come as fields ended by NUL; `file=N` says whose the next ones are, and `order` whose those of one program are. Complaints of stat(1) are on standard error. */
function script(files: readonly FileInQuestion[]): Command {
  const each = (line: (file: FileInQuestion, index: number) => Command | undefined): Command[] => files.flatMap((file, index) => line(file, index) ?? []);
  const digested = files.some(isDigested);
  // Whether the script itself has to know digests.
  const decides = files.some(({ content, kept }) => content !== undefined || kept !== undefined);
  const contents = files.flatMap(({ content }, index) => (content === undefined ? [] : [{ index, ...content }]));
  const format = statLine(files.some(({ details }) => details) ? `${statFields} %b %o %t %T` : statFields);
  const digests = files.some(({ large }) => large) ? digestsOfLarge : sh`eval "sha256sum -- $a"`;
  return joinCommands(
    [
      functions,
      files.some(({ kept }) => kept !== undefined) ? stateFolder : nothing,
      ...each(locate),
      sh`t=; [ -z "$links" ] || t=%N
stats=$(stat --printf ${format}"$t"'\\n' -- ${files.map((_file, index) => sh`"$p${index}"`)}); said="$said stats \\"\\$stats\\""`,
      files.filter(isSmall).length > fewFiles ? nothing : sh`[ -z "$small" ] || { sizes $small; ! few $small || { tell $small; untold $files; files=$l; }; }`,
      digested ? sh`[ -z "$files" ] || { paths $files; sums=$(${digests}); said="$said order \\"\\$files\\" digests \\"\\$sums\\""; ${decides ? sh`sums $files; ` : nothing}}` : nothing,
      ...contents.map(({ index, unless = '' }) => sh`differs ${index} ${unless}`),
      contents.length > 0 ? sh`[ -z "$texts" ] || { unsized=; sizes $texts; set -- $unsized; [ $# -eq 0 ] || { paths "$@"; sizesBehind "$@"; }; }` : nothing,
      ...contents.map(({ index, limit }) => sh`send ${index} ${limit}`),
      contents.length > 0 ? sh`! few $contents || { tell $contents; untold $contents; contents=$l; }` : nothing,
      ...each(({ kept }, index) => (kept === undefined ? undefined : sh`[ -z "$s${index}" ] || [ ! -e "$k/backup/written/$s${index}" ] || said="$said file ${index} written ''"`)),
      sh`eval "printf '%s=%s\\\\0' $said"`,
      sendTargets,
      contents.length > 0 ? sendContents : nothing,
      ...detailsOf(files),
      sh`:`,
    ],
    '\n',
  );
}

function isDigested({ digest, content, kept }: FileInQuestion): boolean {
  return (digest ?? false) !== false || content !== undefined || kept !== undefined;
}

/** What the controller can work out itself from a content. */
function isSmall(file: FileInQuestion): boolean {
  return file.kept === undefined && (isDigested(file) || file.details?.checksum !== undefined);
}

function locate(file: FileInQuestion, index: number): Command {
  const { path, inside, follow = false, known, kept, details } = file;
  return joinCommands(
    [
      sh`p=${pathWord(path)}`,
      inside === undefined ? nothing : sh`[ ! -d "$p" ] || p=\${p%/}/${inside}`,
      details && follow ? sh`given=$p` : nothing,
      follow ? sh`[ ! -L "$p" ] || p=$(readlink -f "$p")` : nothing,
      sh`found ${index}`,
      isDigested(file) ? sh`${file.digest === 'own' ? sh`[ -L "$p" ] || ` : nothing}! readable || ${known === undefined ? sh`files="$files ${index}"` : sh`s${index}=${known}`}` : nothing,
      isSmall(file) ? sh`[ -L "$p" ] || ! readable || small="$small ${index}"` : nothing,
      details && follow ? sh`g${index}=$given; said="$said given \\"\\$g${index}\\""` : nothing,
      details ? sh`for w in r w x; do [ ! -$w "$p" ] || said="$said $w ''"; done` : nothing,
      details && !follow ? sh`[ ! -L "$p" ] || { l${index}=$(readlink -f "$p"); said="$said source \\"\\$l${index}\\""; }` : nothing,
      kept === undefined || kept === '' ? nothing : sh`[ ! -e "$k/backup/"${kept} ] || said="$said kept ''"`,
    ],
    '\n',
  );
}

/** What some want to know beyond: each program is started once for all who ask for it, where the host has it. */
function detailsOf(files: readonly FileInQuestion[]): Command[] {
  const asking = (wants: (details: FileDetails) => boolean): string[] => files.flatMap(({ details }, index) => (details && wants(details) ? [String(index)] : []));
  const program = (numbers: readonly string[], test: Command, run: Command): Command[] =>
    numbers.length === 0 ? [] : [sh`l=; for n in ${numbers}; do eval "p=\\$p$n"; ! { ${test}; } || l="$l $n"; done; [ -z "$l" ] || { paths $l; ${run}; printf '\\0'; }`];
  return [
    ...checksumAlgorithms.flatMap((algorithm) =>
      program(
        asking(({ checksum }) => checksum === algorithm),
        sh`eval "t=\\$t$n"; [ -z "$t" ] && [ ! -L "$p" ] && readable`,
        sh`printf 'order=%s\\0checksums=\\0' "$l"; eval "${`${algorithm}sum`} -z -- $a"`,
      ),
    ),
    // Of all but regular files with a content the type says it.
    ...program(
      asking(({ mime }) => mime),
      sh`command -v file >/dev/null && { printf 'file=%s\\0typed=\\0' "$n"; [ ! -L "$p" ] && [ -f "$p" ] && [ -s "$p" ]; }`,
      sh`printf 'order=%s\\0mimes=' "$l"; eval "file -b --mime-type --mime-encoding -- $a"`,
    ),
    ...program(
      asking(({ attributes }) => attributes),
      sh`[ -e "$p" ] && command -v lsattr >/dev/null`,
      sh`printf 'order=%s\\0attributes=' "$l"; eval "lsattr -vd -- $a" 2>/dev/null`,
    ),
  ];
}

export const fileReader: JointReader<FileInQuestion> = { command: script, split: splitAnswers, memory: fileMemory };
