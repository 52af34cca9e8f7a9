import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { editArguments, editFacts, messageOf, textOf, writeText, type EditFacts } from './shared/edit-text.ts';
import { attributeProblems } from './shared/attributes.ts';
import { backupReturn } from './shared/file-returns.ts';
import { withLine, withoutLines } from './shared/line-edit.ts';
import { fileToRevert, revertFile } from './shared/place-file.ts';
import { patternProblems } from './shared/pattern.ts';
import { fileRefusals } from './shared/refusals.ts';

const args = Type.Object({
  ...editArguments,
  line: Type.Optional(Type.String({ aliases: ['value'], description: 'The line as it should be.' })),
  regexp: Type.Optional(Type.String({ aliases: ['regex'], description: 'A regular expression (in the syntax of Python) of the line to replace or remove; of several the last.' })),
  search_string: Type.Optional(Type.String({ description: 'A text in the line to replace or remove, instead of `regexp`.' })),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether the line should be there.' }),
  backrefs: Type.Boolean({ default: false, description: 'Groups of `regexp` can be used in `line`, as `\\1`; when nothing matches, nothing is done.' }),
  insertafter: Type.Optional(Type.String({ description: 'When nothing matches: insert after the last line that matches this regular expression; `EOF` for the end.' })),
  insertbefore: Type.Optional(Type.String({ description: 'When nothing matches: insert before the last line that matches this regular expression; `BOF` for the beginning.' })),
  firstmatch: Type.Boolean({ default: false, description: 'Take the first line that matches instead of the last.' }),
  create: Type.Boolean({ default: false, description: 'Make the file if there is none.' }),
});
type Args = Static<typeof args>;

/** One line of a file. */
export default defineModule<typeof args, EditFacts, undefined>({
  summary: 'Have a line in a file, or not',
  args,
  refuses: fileRefusals,
  returnValues: { msg: 'what was done: line added, line replaced, `3 line(s) removed`', found: 'with `state: absent`, how many lines there were', backup: 'the path of the copy that `backup` made; empty when there is none' },
  examples: `
- lineinfile:
    path: /etc/sysctl.conf
    regexp: '^#?net.ipv4.ip_forward'
    line: net.ipv4.ip_forward=1
- lineinfile: {path: /etc/hosts, line: "10.0.0.4 host2"}
`,
  *validate(given) {
    const { line, regexp, search_string, state, backrefs, insertafter, insertbefore } = given;
    yield* attributeProblems(given);
    if (state === 'present' && line === undefined) yield { path: ['line'], message: 'state: present needs line' };
    if (state === 'absent' && line === undefined && regexp === undefined && search_string === undefined) yield { path: [], message: 'state: absent needs one of line, regexp and search_string' };
    if (regexp !== undefined && search_string !== undefined) yield { path: ['search_string'], message: 'regexp and search_string exclude each other' };
    if (backrefs && regexp === undefined) yield { path: ['backrefs'], message: 'backrefs needs regexp, whose groups it uses' };
    if (insertafter !== undefined && insertbefore !== undefined) yield { path: ['insertbefore'], message: 'insertafter and insertbefore exclude each other' };
    yield* patternProblems({ regexp, insertafter, insertbefore });
  },
  brief: true,
  subject: ({ path, line, regexp, search_string }) => `line ${regexp ?? search_string ?? line} in ${path}`,
  facts: editFacts,
  *plan(given, { file }) {
    const text = textOf(file);
    if (text === undefined) {
      if (given.state === 'absent') return;
      if (!given.create) throw new PreconditionError(`${file.path} does not exist`, { hint: 'create: true makes it.' });
    }
    const edited = edit(given, text ?? '');
    yield* writeText(given, file, edited.text, { stable: edit(given, edited.text).text === edited.text });
  },
  revertFacts: (_given, { file }) => ({ file: fileToRevert(file) }),
  *revert(_given, now, before) {
    yield* revertFile(now.file, before.file);
  },
  returns(given, { before, results, changes }) {
    const text = before.file.state === 'present' ? (before.file.value.content?.text ?? '') : '';
    const edited = edit(given, text);
    const { backup_file: backup = '' } = backupReturn(results);
    return { msg: messageOf(edited.message, given, before.file, changes), backup, ...('found' in edited ? { found: edited.found } : {}) };
  },
});

function edit(given: Args, text: string): { readonly text: string; readonly message: string; readonly found?: number } {
  return given.state === 'present' ? withLine(text, { ...given, line: given.line ?? '' }) : withoutLines(text, given);
}
