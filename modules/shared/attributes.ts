/** Mode, owner and group of a path: the arguments, what is wrong with them, and the changes they ask for. */
import { Type } from 'typebox';
import type { ArgumentProblem, Change } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import type { FileState } from '../facts/file.ts';
import { affects, affectsFiles } from './affects.ts';
import { modeProblem, octal, resolveMode, type Mode } from './mode.ts';
import { pathWord } from './path.ts';

/** Arguments that every module about files takes. */
export const attributeArguments = {
  mode: Type.Optional(
    Type.Unsafe<Mode>({
      type: ['string', 'integer'],
      description: "Permission bits, in octal (`'0644'`, with the quotes) or symbolic (`u=rw,g=r,o=`). Left out, an existing mode stays.",
    }),
  ),
  owner: Type.Optional(Type.String({ description: 'The user that owns it, by name or number.' })),
  group: Type.Optional(Type.String({ description: 'The group that owns it, by name or number.' })),
};

export interface Attributes {
  readonly mode?: Mode;
  readonly owner?: string;
  readonly group?: string;
}

export function* attributeProblems({ mode }: Attributes): Iterable<ArgumentProblem> {
  const problem = mode === undefined ? undefined : modeProblem(mode);
  if (problem) yield problem;
}

/** The mode to set on what exists, in octal, or undefined when it is right or not asked for. */
export function modeToSet({ mode }: Attributes, state: FileState): string | undefined {
  if (mode === undefined) return undefined;
  const wanted = octal(resolveMode(mode, Number.parseInt(state.mode, 8), state.type === 'directory'));
  return wanted === state.mode ? undefined : wanted;
}

/** The mode of what is made new: `whole` (0666 or 0777) less the usual umask where a symbolic mode builds on it. */
export function modeOfNew({ mode }: Attributes, whole: 0o666 | 0o777): string | undefined {
  return mode === undefined ? undefined : octal(resolveMode(mode, whole & ~0o022, whole === 0o777));
}

/** `owner:group` for chown(1), of what differs; undefined when both are right or not asked for. */
export function ownersToSet({ owner, group }: Attributes, state: FileState): string | undefined {
  const user = owner === undefined || isSame(owner, state.owner, state.uid) ? '' : owner;
  const team = group === undefined || isSame(group, state.group, state.gid) ? '' : group;
  return user === '' && team === '' ? undefined : `${user}${team === '' ? '' : `:${team}`}`;
}

/** The changes that give an existing path its attributes. `follow: false` changes a link itself. */
export function* attributeChanges(path: string, attributes: Attributes, state: FileState, { follow = true } = {}): Generator<Change> {
  const owners = ownersToSet(attributes, state);
  const effects = state.type === 'directory' ? affects(path) : affectsFiles(path);
  const mode = state.type === 'link' && !follow ? undefined : modeToSet(attributes, state);
  if (owners !== undefined) {
    // chown(2) clears the set-id bits of a program.
    const again = mode === undefined && state.type === 'file' && (Number.parseInt(state.mode, 8) & 0o6000) !== 0 ? [chmod(path, state.mode)] : [];
    yield {
      action: 'update',
      subject: `file ${path}: owner`,
      from: `${state.owner}:${state.group}`,
      to: `${attributes.owner ?? state.owner}:${attributes.group ?? state.group}`,
      commands: [sh`chown ${follow ? nothing : sh`-h `}${owners} ${pathWord(path)}`, ...again],
      ...effects,
    };
  }
  if (mode !== undefined) yield { action: 'update', subject: `file ${path}: mode`, from: state.mode, to: mode, commands: [chmod(path, (Number.parseInt(state.mode, 8) & 0o6000) === 0 ? mode : everyBit(mode))], ...effects };
}

function chmod(path: string, mode: string): Command {
  return sh`chmod ${mode} ${pathWord(path)}`;
}

/** The mode in five digits: with fewer, GNU chmod(1) leaves a directory's set-id bits, which may be inherited, as they are. */
export function everyBit(mode: string): string {
  return mode.padStart(5, '0');
}

/** Whether a name or number given for an owner means the one found. */
export function isSame(given: string, name: string, id: number): boolean {
  return /^[0-9]+$/.test(given) ? Number(given) === id : given === name;
}
