import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { file } from './facts/file.ts';
import { known, unreadable } from './shared/place-file.ts';

const limit = 32 * 1024 * 1024;

/** A file's content as a value. */
export default defineModule({
  summary: 'Read a file of the host into a variable',
  args: Type.Object({ src: Type.String({ minLength: 1, aliases: ['path'], description: 'The file on the host, up to 32 MiB.' }) }),
  returnValues: { content: 'the content in Base64', encoding: 'base64', source: 'the path of the file' },
  examples: `
- slurp: {src: /etc/machine-id}
  register: id
- debug: {msg: "{{ id.content | b64decode }}"}
`,
  subject: ({ src }) => `file ${src}`,
  facts: ({ src }) => ({ file: file(src, { follow: true, digest: true, content: { limit } }) }),
  *plan(_given, { file: located }) {
    const state = known(located);
    if (state === undefined) throw new PreconditionError(`${located.path} does not exist`);
    if (state.type !== 'file') throw new PreconditionError(`${located.path} is a ${state.type}`, { expected: 'a file' });
    if (state.sha256 === undefined) unreadable(located.path);
    if (state.content === undefined) throw new PreconditionError(`${located.path} is too large to be held in a variable`, { found: `${state.size} bytes`, hint: 'Copy it to the controller with fetch.' });
  },
  returns: ({ src }, { now }) => ({
    content: Buffer.from((now.file.state === 'present' ? now.file.value.content?.bytes : undefined) ?? []).toString('base64'),
    encoding: 'base64',
    source: src,
  }),
});
