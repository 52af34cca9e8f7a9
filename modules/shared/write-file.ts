/** Writing a file so that at every moment the path holds either the old content or the whole of the new. */
import { nothing, Secret, sh, type Command, type CommandInput, type FileDigest } from '../../src/shell.ts';
import { nameOf, parentOf, pathWord, joinPath } from './path.ts';

/** Content of the controller: at hand, or a file that is known. */
export type LocalInput = Exclude<CommandInput, { kind: 'file' | 'stream' }> | { readonly kind: 'file'; readonly path: string; readonly expected: FileDigest };

/** Where the bytes come from: sent along, or another file of the host. `sha256` is their digest. */
export type Content = { readonly sha256: string } & ({ readonly input: LocalInput } | { readonly remotePath: string } | { readonly script: Command });

export interface WriteOptions {
  /** In octal. Left out, the host's umask decides. */
  readonly mode?: string | undefined;
  /** `owner:group` for chown(1). */
  readonly owners?: string | undefined;
  /** They are those of the file that is there. */
  readonly sameOwners?: boolean | undefined;
  /** A command that must succeed before the new content takes its place; `%s` stands for the file. */
  readonly validate?: string | undefined;
  /** Write over the file where it can't be replaced, such as one that is mounted into a container. */
  readonly unsafe?: boolean | undefined;
  /** What must succeed before anything is written. It may set the umask, but none that lets others read. */
  readonly first?: Command | undefined;
}

/**
 * The command that writes `path` by way of a temporary file beside it. Its name is fixed, so that what a killed run left is gone with the next
 * one, and it is made with O_EXCL (`set -C`), so that nobody can put a link in its place.
 */
export function writeFile(path: string, content: Content, { mode, owners, sameOwners = false, validate, unsafe = false, first }: WriteOptions = {}): Command {
  const temporary = joinPath(parentOf(path), `.${nameOf(path)}.ctplay`);
  const { source, input } = sourceOf(content);
  const steps = [
    sh`${source} >"$t"`,
    // A stream that was cut off ends like one that is complete. What it holds, the connection itself vouches for.
    input?.kind === 'file' ? sh`[ "$(wc -c <"$t")" -eq ${input.expected.size} ]` : nothing,
    owners === undefined ? nothing : sameOwners ? sh`{ ${bothOurs} || chown ${owners} "$t"; }` : sh`chown ${owners} "$t"`,
    mode === undefined ? nothing : sh`chmod ${mode} "$t"`,
    validate === undefined ? nothing : sh`/bin/sh -c ${validate.replaceAll('%s', '"$1"')} validate "$t"`,
    unsafe ? sh`{ mv -fT "$t" "$p" 2>/dev/null || { cat "$t" >|"$p" && rm -f "$t"; }; }` : sh`mv -fT "$t" "$p"`,
  ].filter((step) => step.text !== '');
  const umask = mode === undefined ? nothing : sh`umask 077; `;
  const before = first === undefined ? nothing : mode === undefined ? sh`( ${first} ) || exit; ` : sh`${first} || exit; `;
  const script = steps.reduce((left, right) => sh`${left} && ${right}`);
  const command = sh`${before}p=${pathWord(path)}; t=${pathWord(temporary)}; { [ ! -e "$t" ] && [ ! -L "$t" ]; } || rm -f "$t"; ${umask}set -C; ${script} || { s=$?; rm -f "$t"; exit $s; }`;
  return input === undefined ? command : command.withInput(input);
}

/** Whether `$p` and `$t` are of the user and the group that we work as: then they have the same owners. */
const bothOurs: Command = sh`[ -O "$p" ] && [ -G "$p" ] && [ -O "$t" ] && [ -G "$t" ]`;

/** What prints the content. Text is printed by the shell itself, which starts nothing for it; like any input, it is not shown. */
function sourceOf(content: Content): { source: Command; input?: LocalInput } {
  if ('remotePath' in content) return { source: sh`cat ${pathWord(content.remotePath)}` };
  if ('script' in content) return { source: content.script };
  const { input } = content;
  if (input.kind !== 'text') return { source: sh`cat`, input };
  const text = input.text instanceof Secret ? input.text.reveal() : input.text;
  return text.includes('\0') ? { source: sh`cat`, input } : { source: sh`printf %s ${new Secret(text)}` };
}

/** The command that puts a content which `keep` kept back in its place. */
export function restoreFile(path: string, sha256: string, stateFolder: Command, options: WriteOptions): Command {
  return sh`${stateFolder}; ${writeFile(path, { sha256, script: sh`cat "$k/backup/"${sha256}` }, options)}`;
}
