/** What the modules that edit a file's text share: its arguments, reading it, and writing the edited text. */
import { Type } from 'typebox';
import { PreconditionError } from '../../src/errors.ts';
import type { Change, Fact } from '../../src/module.ts';
import { file, type FileState, type LocatedFile } from '../facts/file.ts';
import { attributeArguments, type Attributes } from './attributes.ts';
import { FileContent } from './file-content.ts';
import { inlineContent } from './local-file.ts';
import { known, placeFile } from './place-file.ts';

/** Larger files are not edited. */
const editLimit = 8 * 1024 * 1024;

export const editArguments = {
  path: Type.String({ minLength: 1, aliases: ['dest', 'destfile', 'name'], description: 'The file.' }),
  ...attributeArguments,
  backup: Type.Boolean({ default: false, description: 'Leave a copy of the old file beside it, with the time in its name.' }),
  validate: Type.Optional(Type.String({ pattern: '%s', description: 'A command that must succeed before the file takes its place; `%s` stands for the new file.' })),
  unsafe_writes: Type.Boolean({ default: false, description: 'Write over the file where it cannot be replaced at once, as in some container mounts.' }),
};

export interface EditArguments extends Attributes {
  readonly path: string;
  readonly backup: boolean;
  readonly validate?: string;
  readonly unsafe_writes: boolean;
}

export interface EditFacts {
  readonly [name: string]: Fact<unknown>;
  readonly file: Fact<LocatedFile>;
}

/** The file with its content; a link stands for what it leads to. */
export function editFacts({ path }: { readonly path: string }): EditFacts {
  return { file: file(path, { follow: true, digest: true, content: { limit: editLimit } }) };
}

/** A file's text, or undefined when there is none. Throws PreconditionError where it can't be edited. */
export function textOf(located: LocatedFile): string | undefined {
  const state = known(located);
  return state === undefined ? undefined : contentOf(located.path, state).text;
}

/** The change to `text`, if it is one, and to the attributes. `stable: false`: the same edit would change the text again, so it is one that can't be proven. */
export function* writeText(given: EditArguments, located: LocatedFile, text: string, { stable = true } = {}): Generator<Change> {
  const state = known(located);
  const bytes = (state?.content ?? new FileContent(new Uint8Array())).encode(text);
  const { input, sha256, text: shown } = inlineContent(bytes);
  for (const change of placeFile(located, { sha256, input }, { ...given, unsafe: given.unsafe_writes, text: shown })) yield stable ? change : { ...change, action: 'run' };
}

/** What was done to a file's text, as Ansible words it when its attributes were set, too. */
export function messageOf(message: string, given: Attributes, before: LocatedFile, changes: readonly Change[]): string {
  const made = before.state === 'absent' && changes.length > 0 && (given.mode !== undefined || given.owner !== undefined || given.group !== undefined);
  if (!made && !changes.some(({ subject }) => /: (mode|owner)$/.test(subject))) return message;
  return `${message === '' ? '' : `${message} and `}ownership, perms or SE linux context changed`;
}

function contentOf(path: string, state: FileState): FileContent {
  if (state.type !== 'file') throw new PreconditionError(`${path} is a ${state.type}`, { expected: 'a file of text' });
  if (state.content !== undefined) return state.content;
  throw new PreconditionError(`${path} cannot be edited`, { found: state.sha256 === undefined ? 'it may not be read' : `${state.size} bytes`, hint: state.sha256 === undefined ? 'Use become.' : `Files up to ${editLimit} bytes can be edited.` });
}

/** Lines with their ends, as Python's splitlines(keepends) for line feeds. */
export function linesWithEnds(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

export const withoutEnd = (line: string): string => line.replace(/[\r\n]+$/, '');
