import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { checksumAlgorithms, statFact, valuesOf } from './facts/stat.ts';

/** What is at a path, for conditions. */
export default defineModule({
  summary: 'Look at a file',
  description: 'Changes nothing, and does not fail when there is nothing: `stat.exists` is false then. The digest, the kind of the content and the attributes are read only where something in the run may look at them.',
  args: Type.Object({
    path: Type.String({ minLength: 1, aliases: ['dest', 'name'], description: 'The path on the host.' }),
    follow: Type.Boolean({ default: false, description: 'Look at what a link leads to.' }),
    get_checksum: Type.Boolean({ default: true, description: 'Return a digest of a regular file.' }),
    checksum_algorithm: Type.Enum([...checksumAlgorithms], { default: 'sha1', aliases: ['checksum', 'checksum_algo'], description: 'Which digest.' }),
    get_mime: Type.Boolean({ default: true, aliases: ['mime', 'mime_type', 'mime-type'], description: 'Return the kind of the content, where the host has file(1).' }),
    get_attributes: Type.Boolean({ default: true, aliases: ['attr', 'attributes'], description: 'Return the attributes of the file system, where the host has lsattr(1) of the package e2fsprogs.' }),
  }),
  returnValues: { stat: 'what is there: `exists`, and then `path, mode, isdir, isreg, islnk, size, uid, gid, pw_name, gr_name, inode, dev, nlink, atime, mtime, ctime, readable, writeable, executable, checksum, mimetype, lnk_source, lnk_target` and more, as in Ansible' },
  examples: `
- stat: {path: /etc/docker/daemon.json}
  register: daemon
- debug: {msg: not there yet}
  when: not daemon.stat.exists
`,
  subject: ({ path }) => `file ${path}`,
  facts({ path, follow, get_checksum, checksum_algorithm, get_mime, get_attributes }, _inputs, isLive = () => true) {
    const isAnyLive = (names: readonly string[]): boolean => names.some((name) => isLive(`stat.${name}`));
    return {
      stat: statFact(path, {
        follow,
        checksum: get_checksum && isAnyLive(valuesOf.checksum) ? checksum_algorithm : undefined,
        mime: get_mime && isAnyLive(valuesOf.mime),
        attributes: get_attributes && isAnyLive(valuesOf.attributes),
      }),
    };
  },
  *plan({ path }, { stat }) {
    if (typeof stat['problem'] === 'string') throw new PreconditionError(`${path} cannot be looked at`, { found: stat['problem'], hint: 'Use become.' });
  },
  returns: (_given, { now }) => ({ stat: now.stat }),
});
