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
  returnValues: { path: 'the path of what was made', state: 'the argument', mode: 'its permission bits', owner: 'the name of its owner', group: 'the name of its group', uid: 'the number of its owner', gid: 'the number of its group', size: 'its size in bytes' },
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
    const command = sh`f=$(mktemp ${state === 'directory' ? sh`-d ` : nothing}-p ${place} --suffix=${suffix} -- ${`${prefix}XXXXXXXX`}) && stat -c '%U %G %u %g %s %n' "$f"`;
    yield { action: 'run', subject: `temporary ${state}`, commands: [command], touches: ['file'], brings: [] };
  },
  returns({ state }, { results }) {
    const [, owner, group, uid, gid, size, path] = /^(\S+) (\S+) (\d+) (\d+) (\d+) (.*)$/s.exec((results[0]?.stdout ?? '').trim()) ?? [];
    if (path === undefined) return { state };
    return { path, state, mode: state === 'directory' ? '0700' : '0600', owner, group, uid: Number(uid), gid: Number(gid), size: Number(size) };
  },
});
