/** Taking back files that were not there before, many of them at once. */
import type { Change, JointWriter } from '../../src/module.ts';
import { joinCommands, sh, type Command } from '../../src/shell.ts';
import type { FileState } from '../facts/file.ts';
import { affects } from './affects.ts';
import { chunksOf } from './group.ts';
import { keepIfEdited, stateFolder } from './keep.ts';
import { literalWord, pathWord } from './path.ts';

interface WrittenFile {
  readonly path: string;
  readonly sha256: string;
}

/** Their names must fit into the arguments of a program (execve(2)). */
const filesAtOnce = 1000;

/** Deletes a file; what a person wrote into it since is kept aside. `path` is as the host has expanded it. */
export function removeWritten(path: string, { type, sha256 }: FileState): Change {
  const about = { action: 'delete', subject: `file ${path}`, ...affects(path) } as const;
  if (type !== 'file' || sha256 === undefined) return { ...about, commands: [sh`${keepIfEdited(path)}; rm -f ${pathWord(path)}`] };
  const request: WrittenFile = { path, sha256 };
  return { ...about, commands: [removeCommand([request])], joint: { writer: removalWriter, request } };
}

const removalWriter: JointWriter<WrittenFile> = { commands: (files) => chunksOf(files, filesAtOnce).map(removeCommand) };

function removeCommand(files: readonly WrittenFile[]): Command {
  const kept = files.map(({ path, sha256 }) => sh`aside ${sha256} ${literalWord(path)} &&`);
  return sh`umask 077; ${stateFolder}; aside() { [ -e "$k/backup/written/$1" ] || [ -e "$k/edited/$1" ] || { mkdir -p "$k/edited" && cp "$2" "$k/edited/$1.part" && mv -f "$k/edited/$1.part" "$k/edited/$1"; }; }
${joinCommands(kept, ' ')} rm -f ${files.map(({ path }) => literalWord(path))}`;
}
