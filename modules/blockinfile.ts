import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { attributeProblems } from './shared/attributes.ts';
import { withBlock } from './shared/block-edit.ts';
import { editArguments, editFacts, messageOf, textOf, writeText, type EditFacts } from './shared/edit-text.ts';
import { backupReturn, backupReturnValue } from './shared/file-returns.ts';
import { patternProblems } from './shared/pattern.ts';
import { fileToRevert, revertFile } from './shared/place-file.ts';
import { fileRefusals } from './shared/refusals.ts';

const args = Type.Object({
  ...editArguments,
  block: Type.String({ default: '', aliases: ['content'], description: 'The lines between the markers. Empty: the block is removed.' }),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether the block should be there.' }),
  marker: Type.String({ default: '# {mark} ANSIBLE MANAGED BLOCK', description: 'The line before and after the block; `{mark}` stands for `marker_begin` and `marker_end`. Blocks of one file need different markers.' }),
  marker_begin: Type.String({ default: 'BEGIN', description: 'What `{mark}` is before the block.' }),
  marker_end: Type.String({ default: 'END', description: 'What `{mark}` is after the block.' }),
  insertafter: Type.Optional(Type.String({ description: 'Insert after the last line that matches this regular expression; `EOF` for the end, where blocks go by default.' })),
  insertbefore: Type.Optional(Type.String({ description: 'Insert before the last line that matches this regular expression; `BOF` for the beginning.' })),
  create: Type.Boolean({ default: false, description: 'Make the file if there is none.' }),
  append_newline: Type.Boolean({ default: false, description: 'Have an empty line after the block.' }),
  prepend_newline: Type.Boolean({ default: false, description: 'Have an empty line before the block.' }),
});

/** Some lines of a file, between markers. */
export default defineModule<typeof args, EditFacts, undefined>({
  summary: 'Have a marked block of lines in a file, or not',
  args,
  refuses: fileRefusals,
  returnValues: { msg: 'what was done: block inserted, block removed, file created', ...backupReturnValue },
  examples: `
- blockinfile:
    path: /etc/hosts
    block: |
      10.0.0.3 host1
      10.0.0.4 host2
`,
  *validate(given) {
    yield* attributeProblems(given);
    if (!given.marker.includes('{mark}')) yield { path: ['marker'], message: 'marker must contain {mark}, or its begin and end are the same line' };
    if (given.insertafter !== undefined && given.insertbefore !== undefined) yield { path: ['insertbefore'], message: 'insertafter and insertbefore exclude each other' };
    yield* patternProblems({ insertafter: given.insertafter, insertbefore: given.insertbefore });
  },
  brief: true,
  subject: ({ path, marker }) => `block ${marker} in ${path}`,
  facts: editFacts,
  *plan(given, { file }) {
    const text = textOf(file);
    if (text === undefined) {
      if (blockOf(given) === '') return;
      if (!given.create) throw new PreconditionError(`${file.path} does not exist`, { hint: 'create: true makes it.' });
    }
    yield* writeText(given, file, withBlock(text ?? '', { ...given, block: blockOf(given) }));
  },
  revertFacts: (_given, { file }) => ({ file: fileToRevert(file) }),
  *revert(_given, now, before) {
    yield* revertFile(now.file, before.file);
  },
  returns(given, { changes, before, results }) {
    const inserted = before.file.state !== 'present' ? 'File created' : blockOf(given) === '' ? 'Block removed' : 'Block inserted';
    return { msg: messageOf(changes.some(({ text }) => text !== undefined) ? inserted : '', given, before.file, changes), ...backupReturn(results) };
  },
});

const blockOf = ({ block, state }: Static<typeof args>): string => (state === 'present' ? block : '');
