/** New contents for many files of one tree: one stream, unpacked beside them and moved into place once all of it is there. */
import type { JointWriter } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { chunksOf, groupBy } from './group.ts';
import { keepAll } from './keep.ts';
import { packFiles } from './pack.ts';
import { joinPath, literalWord, parentOf } from './path.ts';
import type { LocalInput } from './write-file.ts';

export interface Placement {
  /** The directory of the tree, as the host has expanded it; and the path below it. */
  readonly root: string;
  readonly relative: string;
  readonly sha256: string;
  readonly input: LocalInput;
  /** In octal. Left out, the host's umask decides. */
  readonly mode: string | undefined;
  /** `owner:group` for chown(1). */
  readonly owners: string | undefined;
  /** The digest of the content that is replaced and has to be kept. */
  readonly before: string | undefined;
  /** What leaves a copy of what is there beside it, where that is asked for. */
  readonly backup: Command | undefined;
}

/**
 * Where new files lie before they are moved: a directory in that of their place, so that they are on its file system and inherit what
 * files there inherit. Its name is fixed, so that what a killed run left is found.
 */
export const stagingName = '.ctplay.new';

/** Their names must fit into the arguments of a program (execve(2)). */
const filesAtOnce = 1000;

/** The mode of an archive's files whose mode the host decides on, before its umask. */
const everybody = '0666';

export const filesWriter: JointWriter<Placement> = {
  commands: (placements) =>
    chunksOf(placements, filesAtOnce).flatMap((some) => [
      keepAll(some.map((one) => ({ path: pathOf(one), before: one.before, after: one.sha256 }))),
      ...some.flatMap(({ backup }) => backup ?? []),
      ...alike(some).map(unpackCommand),
    ]),
};

/** Files whose owners, and whether their mode is given, are the same. */
function unpackCommand(files: readonly Placement[]): Command {
  const [{ root, mode, owners }] = files as readonly [Placement, ...Placement[]];
  const directories = groupBy(files, (file) => parentOf(pathOf(file)));
  const staging = directories.map(([directory]) => stagingIn(directory));
  const inArchive = ({ relative }: Placement): string => relative.replace(/[^/]*$/, (name) => `${stagingName}/${name}`);
  const last = inArchive(files[0]!).replace(/[^/]*$/, stagingName);
  const setId = owners === undefined ? [] : groupBy(files.filter((file) => (Number.parseInt(file.mode ?? '0', 8) & 0o6000) !== 0), (file) => file.mode!);
  const steps = [
    sh`mkdir -m 700 "$@"`,
    sh`tar -x -m -o ${mode === undefined ? sh`--no-same-permissions` : sh`-p`} -f - -C ${literalWord(root)}`,
    // An archive that was cut off between two files ends like one that is whole.
    sh`[ -d ${literalWord(joinPath(root, last))} ]`,
    owners === undefined ? nothing : sh`find "$@" -type f -exec chown ${owners} {} +`,
    // chown(2) clears the set-id bits.
    ...setId.map(([bits, some]) => sh`chmod ${bits} ${some.map((file) => literalWord(joinPath(stagingIn(parentOf(pathOf(file))), nameOf(file))))}`),
    ...directories.map(([directory, some]) => moveCommand(directory, some.map(nameOf))),
  ];
  const script = joinCommands(steps, ' && ');
  const command = sh`set -- ${staging.map(literalWord)}
for s do { [ ! -e "$s" ] && [ ! -L "$s" ]; } || rm -rf "$s"; done
trap 'rm -rf "$@"; exit 143' HUP INT TERM
${script}
s=$?; rm -rf "$@"; exit $s`;
  return command.withInput({ kind: 'stream', open: () => packFiles(files.map((file) => ({ name: inArchive(file), mode: file.mode ?? everybody, input: file.input })), last) });
}

/** rename(2) for each file of a directory. The shell finds the names, but for those that begin with a dot. */
function moveCommand(directory: string, names: readonly string[]): Command {
  const staging = stagingIn(directory);
  const visible = names.some((name) => !name.startsWith('.')) ? sh`${literalWord(staging)}/* ` : nothing;
  return sh`mv -f -t ${literalWord(directory)} -- ${visible}${names.filter((name) => name.startsWith('.')).map((name) => literalWord(joinPath(staging, name)))}`;
}

export function stagingIn(directory: string): string {
  return joinPath(directory, stagingName);
}

const pathOf = ({ root, relative }: Placement): string => joinPath(root, relative);
const nameOf = ({ relative }: Placement): string => relative.slice(relative.lastIndexOf('/') + 1);

function alike(files: readonly Placement[]): readonly (readonly Placement[])[] {
  return groupBy(files, ({ root, mode, owners }) => JSON.stringify([root, mode === undefined, owners])).map(([, some]) => some);
}
