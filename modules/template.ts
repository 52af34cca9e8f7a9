import { Type, type Static } from 'typebox';
import { readFileSync } from 'node:fs';
import { CtplayError } from '../src/errors.ts';
import { defineModule, type Controller } from '../src/module.ts';
import { file } from './facts/file.ts';
import { attributeArguments, attributeProblems } from './shared/attributes.ts';
import { backupReturn, backupReturnValue, fileReturns, fileReturnValues } from './shared/file-returns.ts';
import { inlineContent } from './shared/local-file.ts';
import { joinPath, nameOf } from './shared/path.ts';
import { diffLimit, fileToRevert, known, placeFile, revertFile } from './shared/place-file.ts';
import { each, fileRefusals } from './shared/refusals.ts';

const delimiterNames = ['block_start_string', 'block_end_string', 'variable_start_string', 'variable_end_string', 'comment_start_string', 'comment_end_string'] as const;
const delimiter = (what: string) => Type.Optional(Type.String({ minLength: 1, description: `What ${what}.` }));
const delimiterArguments = {
  block_start_string: delimiter('begins a block tag, instead of `{%`'),
  block_end_string: delimiter('ends a block tag'),
  variable_start_string: delimiter('begins an expression, instead of `{{`'),
  variable_end_string: delimiter('ends an expression'),
  comment_start_string: delimiter('begins a comment, instead of `{#`'),
  comment_end_string: delimiter('ends a comment'),
};

/** In single quotes YAML leaves the backslash as it is. */
const lineEnds: Readonly<Record<string, string>> = { '\n': '\n', '\r': '\r', '\r\n': '\r\n', '\\n': '\n', '\\r': '\r', '\\r\\n': '\r\n' };

const args = Type.Object({
  src: Type.String({ minLength: 1, description: 'The template on the controller, searched beside the playbook and in `templates/`.' }),
  dest: Type.String({ minLength: 1, description: 'The path on the host. A trailing slash, or an existing directory, means: in there, under the name of `src`.' }),
  ...attributeArguments,
  force: Type.Boolean({ default: true, description: 'Replace a file that differs; `false` writes only where there is none.' }),
  backup: Type.Boolean({ default: false, description: 'Leave a copy of what is replaced beside it, with the time in its name.' }),
  follow: Type.Boolean({ default: false, description: 'Where `dest` is a link, write what it leads to instead of replacing it.' }),
  validate: Type.Optional(Type.String({ pattern: '%s', description: 'A command that must succeed before the file takes its place; `%s` stands for the new file.' })),
  newline_sequence: Type.Union(Object.keys(lineEnds).map((written) => Type.Literal(written)), { default: '\n', description: 'What ends the lines of the file; `\\n`, `\\r` or `\\r\\n` in quotes of either kind.' }),
  trim_blocks: Type.Boolean({ default: true, description: 'Drop the line break after a block tag.' }),
  lstrip_blocks: Type.Boolean({ default: false, description: 'Drop the blanks before a block tag.' }),
  ...delimiterArguments,
  unsafe_writes: Type.Boolean({ default: false, description: 'Write over the file where it cannot be replaced at once, as in some container mounts.' }),
});
type Args = Static<typeof args>;

/** A file from a Jinja2 template. */
export default defineModule({
  summary: 'Write a file from a template',
  description: "The template is rendered on the controller with the task's variables; the file is then written as `copy` does.",
  args,
  refuses: { ...fileRefusals, ...each(['output_encoding'], 'Files are written in UTF-8; convert one with `command: iconv …`.') },
  returnValues: { ...fileReturnValues('dest'), src: 'the argument', checksum: 'the SHA-1 of the content', md5sum: 'the MD5 of the content, when it was written', ...backupReturnValue },
  examples: `
- template:
    src: daemon.json.j2
    dest: /etc/docker/daemon.json
    mode: '0644'
`,
  validate: attributeProblems,
  brief: true,
  subject: ({ dest }) => `file ${dest}`,
  prepare: render,
  facts({ src, dest, follow }, { content }) {
    const name = nameOf(src);
    const question = { follow, digest: true, content: { limit: diffLimit, unless: content.sha256 } };
    return { target: dest.endsWith('/') ? file(joinPath(dest, name), question) : file(dest, { ...question, inside: name }) };
  },
  *plan(given, { target }, { content }) {
    if (known(target) !== undefined && !given.force) return;
    yield* placeFile(target, content, { ...given, text: content.text, unsafe: given.unsafe_writes });
  },
  revertFacts: (_given, { target }) => ({ target: fileToRevert(target) }),
  *revert(_given, now, before) {
    yield* revertFile(now.target, before.target);
  },
  returns: ({ src }, { now, results, changes }, { content }) => ({ ...fileReturns(now.target, 'dest'), src, checksum: content.sha1, ...(changes.length > 0 ? { md5sum: content.md5 } : {}), ...backupReturn(results) }),
});

function render(given: Args, controller: Controller): { content: ReturnType<typeof inlineContent> } {
  const { src, newline_sequence } = given;
  const path = controller.findFile('templates', src);
  const text = controller.renderTemplate(withSettings(given, readTemplate(path, controller)), path);
  return { content: inlineContent(Buffer.from(text.replaceAll('\n', lineEnds[newline_sequence]!))) };
}

function readTemplate(path: string, controller: Controller): string {
  try {
    const content = readFileSync(path);
    return Buffer.from(controller.openVault?.(content, path) ?? content).toString('utf8');
  } catch (cause) {
    if (cause instanceof CtplayError) throw cause;
    throw new CtplayError('file.unreadable', `the template ${path} cannot be read`, { found: (cause as Error).message, cause });
  }
}

/** The text with the task's settings in its first line, in front of the file's own, which win. */
function withSettings(given: Args, text: string): string {
  const delimiters = delimiterNames.flatMap((name) => (given[name] === undefined ? [] : [`${name}: '${given[name].replace(/[\\']/g, '\\$&')}'`]));
  const settings = [...(given.trim_blocks ? [] : ['trim_blocks: False']), ...(given.lstrip_blocks ? ['lstrip_blocks: True'] : []), ...delimiters].join(', ');
  if (settings === '') return text;
  const own = /^#jinja2:/.exec(text)?.[0];
  return own === undefined ? `#jinja2: ${settings}\n${text}` : `#jinja2: ${settings},${text.slice(own.length)}`;
}
