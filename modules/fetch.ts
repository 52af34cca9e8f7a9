import { Type } from 'typebox';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PreconditionError } from '../src/errors.ts';
import { FileDigests } from '../src/hashing/file-digests.ts';
import { defineModule } from '../src/module.ts';
import { file } from './facts/file.ts';
import { statFact, unreadStat } from './facts/stat.ts';
import { nameOf } from './shared/path.ts';
import { known, unreadable } from './shared/place-file.ts';

/** A file of the host, on the controller. */
export default defineModule({
  summary: 'Copy a file of the host to the controller',
  args: Type.Object({
    src: Type.String({ minLength: 1, description: 'The file on the host.' }),
    dest: Type.String({ minLength: 1, description: 'A directory of the controller; the file goes to HOST/PATH in it. With `flat` the file itself, or a directory with a trailing slash.' }),
    flat: Type.Boolean({ default: false, description: 'Do not make HOST/PATH below `dest`.' }),
    fail_on_missing: Type.Boolean({ default: true, description: 'Fail when there is no such file.' }),
    validate_checksum: Type.Boolean({ default: true, description: 'As in Ansible; what arrives is always compared by its digest on the next run.' }),
  }),
  returnValues: { dest: 'the path on the controller', src: 'the path on the host', file: 'the same as `src`', checksum: 'the SHA-1 of the file', remote_checksum: 'the same, as the host tells it', md5sum: 'the MD5 of the file', msg: 'that there is no such file, where `fail_on_missing` is off', remote_md5sum: 'as in Ansible: null' },
  examples: `
- fetch: {src: /var/log/openvswitch/ovs-vswitchd.log, dest: logs}
`,
  subject: ({ src }) => `file ${src}`,
  async prepare({ src, dest, flat }, controller) {
    const root = resolve(controller.playbookDirectory ?? '.', dest);
    const path = !flat ? join(root, controller.hostname, src) : dest.endsWith('/') ? join(root, nameOf(src)) : root;
    return { path, sha256: existsSync(path) ? (await (controller.digests ?? new FileDigests()).of(path)).sha256 : undefined };
  },
  facts({ src }, _inputs, isLive = () => true) {
    const digest = (checksum: 'sha1' | 'md5', isWanted: boolean): ReturnType<typeof statFact> => (isWanted ? statFact(src, { follow: true, checksum, mime: false }) : unreadStat);
    return { file: file(src, { follow: true, digest: true, large: true }), sha1: digest('sha1', isLive('checksum') || isLive('remote_checksum')), md5: digest('md5', isLive('md5sum')) };
  },
  *plan({ fail_on_missing }, { file: located }, { path, sha256 }) {
    const state = known(located);
    if (state === undefined) {
      if (fail_on_missing) throw new PreconditionError(`${located.path} does not exist`, { hint: 'fail_on_missing: false goes on without it.' });
      return;
    }
    if (state.type !== 'file') throw new PreconditionError(`${located.path} is a ${state.type}`, { expected: 'a file' });
    if (state.sha256 === undefined) unreadable(located.path);
    if (state.sha256 === sha256) return;
    // The controller's side isn't a fact, so it can't be read again as proof.
    yield { action: 'run', subject: `file ${path} of the controller`, from: sha256, to: state.sha256, commands: [], download: { from: located.path, to: path }, touches: [] };
  },
  returns({ src }, { now }, { path }) {
    if (now.file.state === 'absent') return { file: src, msg: 'the remote file does not exist, not transferring, ignored' };
    const { checksum } = now.sha1;
    const { checksum: md5sum } = now.md5;
    return { dest: path, src, file: src, ...(checksum === undefined ? {} : { checksum, remote_checksum: checksum }), ...(md5sum === undefined ? {} : { md5sum }), remote_md5sum: null };
  },
});
