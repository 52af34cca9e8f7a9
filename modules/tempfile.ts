import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { pathWord } from './shared/path.ts';

/** A new temporary file or directory. */
export default defineModule({
  summary: 'Make a temporary file or directory',
  description: 'Every run makes another. Its name is returned as `path`; removing it is up to you.',
  args: Type.Object({
    state: Type.Enum(['file', 'directory'], { default: 'file', description: 'What to make.' }),
    path: Type.Optional(Type.String({ minLength: 1, description: 'The directory to make it in; that for temporary files when left out.' })),
    prefix: Type.String({ default: 'ansible.', description: 'How its name begins.' }),
    suffix: Type.String({ default: '', description: 'How its name ends.' }),
  }),
  examples: `
- tempfile: {state: directory, suffix: .rootfs}
  register: work
`,
  declarative: false,
  *validate({ prefix, suffix }) {
    for (const [name, part] of Object.entries({ prefix, suffix })) if (part.includes('/')) yield { path: [name], message: 'a part of a name can hold no slash' };
  },
  subject: ({ state }) => `temporary ${state}`,
  facts: () => ({}),
  *plan({ state, path, prefix, suffix }) {
    const place = path === undefined ? sh`"\${TMPDIR:-/tmp}"` : pathWord(path);
    const command = sh`mktemp ${state === 'directory' ? sh`-d ` : nothing}-p ${place} --suffix=${suffix} -- ${`${prefix}XXXXXXXX`}`;
    yield { action: 'run', subject: `temporary ${state}`, commands: [command], touches: ['file'], brings: [] };
  },
  returns({ state }, { results }) {
    const path = (results[0]?.stdout ?? '').trim();
    return { path, mode: state === 'directory' ? '0700' : '0600', state };
  },
});
