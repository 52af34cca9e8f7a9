import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { allMatches, compileRegex, expandReplacement } from '../src/template/python/regex.ts';
import { attributeProblems } from './shared/attributes.ts';
import { editArguments, editFacts, messageOf, textOf, writeText, type EditFacts } from './shared/edit-text.ts';
import { backupReturn, backupReturnValue } from './shared/file-returns.ts';
import { patternProblems, searcher } from './shared/pattern.ts';
import { fileToRevert, revertFile } from './shared/place-file.ts';
import { fileRefusals } from './shared/refusals.ts';

const args = Type.Object({
  ...editArguments,
  regexp: Type.String({ minLength: 1, description: 'A regular expression (in the syntax of Python); `^` and `$` match at each line.' }),
  replace: Type.String({ default: '', description: 'What to put there instead; `\\1` and `\\g<name>` stand for groups.' }),
  after: Type.Optional(Type.String({ description: 'Only what comes after a match of this regular expression.' })),
  encoding: Type.Enum(['utf-8', 'utf8', 'UTF-8'], { default: 'utf-8', description: 'As in Ansible; files of text are in UTF-8.' }),
  before: Type.Optional(Type.String({ description: 'Only what comes before a match of this regular expression.' })),
});
type Args = Static<typeof args>;

/** All matches of a pattern in a file. */
export default defineModule<typeof args, EditFacts, undefined>({
  summary: 'Replace all matches of a pattern in a file',
  description: 'Where the pattern matches what it was replaced by, every run replaces again.',
  args,
  refuses: fileRefusals,
  returnValues: { msg: 'how many replacements were made', rc: 'as in Ansible: 0', ...backupReturnValue },
  examples: `
- replace:
    path: /etc/default/lxc-net
    regexp: '^#?LXC_ADDR=.*$'
    replace: LXC_ADDR="10.0.3.1"
`,
  *validate(given) {
    yield* attributeProblems(given);
    yield* patternProblems({ regexp: given.regexp, after: given.after, before: given.before });
  },
  brief: true,
  subject: ({ path, regexp }) => `matches of ${regexp} in ${path}`,
  facts: editFacts,
  *plan(given, { file }) {
    const text = textOf(file);
    if (text === undefined) throw new PreconditionError(`${file.path} does not exist`);
    const edited = replaceAll(given, text).text;
    yield* writeText(given, file, edited, { stable: replaceAll(given, edited).text === edited });
  },
  revertFacts: (_given, { file }) => ({ file: fileToRevert(file) }),
  *revert(_given, now, before) {
    yield* revertFile(now.file, before.file);
  },
  returns(given, { before, results, changes }) {
    const text = before.file.state === 'present' ? before.file.value.content?.text : undefined;
    const { count, missed } = text === undefined ? { count: 0 } : replaceAll(given, text);
    const none = missed === undefined ? '' : `Pattern for before/after params did not match the given file: ${missed}`;
    return { rc: 0, msg: messageOf(count === 0 ? none : `${count} replacements made`, given, before.file, changes), ...backupReturn(results) };
  },
});

/** The text with every match replaced, and their number; 0 when they are so already. `missed`: the pattern of the part to look in, when there is no such part. */
export function replaceAll({ regexp, replace, after, before }: Pick<Args, 'regexp' | 'replace' | 'after' | 'before'>, text: string): { readonly text: string; readonly count: number; readonly missed?: string } {
  const pattern = sectionPattern(after, before);
  const part = pattern === undefined ? { start: 0, end: text.length } : sectionOf(text, pattern, after, before);
  if (!part) return { text, count: 0, missed: pattern! };
  const { start, end } = part;
  const section = text.slice(start, end);
  let position = 0;
  let edited = '';
  const matches = allMatches(compileRegex(regexp, { multiline: true }), section);
  for (const match of matches) {
    edited += section.slice(position, match.index) + expandReplacement(replace, match);
    position = match.index + match[0].length;
  }
  edited += section.slice(position);
  return edited === section ? { text, count: 0 } : { text: text.slice(0, start) + edited + text.slice(end), count: matches.length };
}

/** The pattern of the part between `after` and `before`, as Ansible puts it together; undefined for the whole text. */
function sectionPattern(after: string | undefined, before: string | undefined): string | undefined {
  if (after === undefined) return before === undefined ? undefined : `(?P<subsection>.*)${before}`;
  return before === undefined ? `${after}(?P<subsection>.*)` : `${after}(?P<subsection>.*?)${before}`;
}

/** Where that part starts and ends, or undefined where it isn't. */
function sectionOf(text: string, pattern: string, after: string | undefined, before: string | undefined): { start: number; end: number } | undefined {
  const match = searcher(`(?s)${pattern}`)(text);
  if (!match) return undefined;
  const section = match.groups!['subsection']!;
  const inMatch = after === undefined ? 0 : before === undefined ? match[0].length - section.length : match[0].indexOf(section, lengthOfMatch(after, match[0]));
  return { start: match.index + inMatch, end: match.index + inMatch + section.length };
}

function lengthOfMatch(pattern: string, text: string): number {
  return searcher(`(?s)${pattern}`)(text)?.[0].length ?? 0;
}
