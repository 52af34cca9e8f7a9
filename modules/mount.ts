import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Fact } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { file, noFile, type LocatedFile } from './facts/file.ts';
import { mountTable, type Mount } from './facts/mounts.ts';
import { settled } from './facts/settled.ts';
import { backupReturn } from './shared/file-returns.ts';
import { formatFstab, fstabLine, withFstabLine } from './shared/fstab.ts';
import { inlineContent } from './shared/local-file.ts';
import { fileDomain, trimSlash } from './shared/path.ts';
import { known, placeFile } from './shared/place-file.ts';

const args = Type.Object({
  path: Type.String({ minLength: 1, pattern: '^(/|none$|swap$)', aliases: ['name'], description: 'Where it is mounted.' }),
  src: Type.Optional(Type.String({ minLength: 1, description: 'What is mounted: a device, UUID=…, a network path, or the source of a bind mount.' })),
  fstype: Type.Optional(Type.String({ minLength: 1, description: 'The type of the file system.' })),
  opts: Type.Optional(Type.String({ minLength: 1, description: 'Options of the mount, separated by commas.' })),
  dump: Type.String({ default: '0', pattern: '^\\d+$', description: 'As in fstab(5).' }),
  passno: Type.String({ default: '0', pattern: '^\\d+$', description: 'As in fstab(5).' }),
  boot: Type.Boolean({ default: true, description: 'Mount it at boot, too.' }),
  state: Type.Enum(['mounted', 'present', 'ephemeral', 'unmounted', 'absent', 'absent_from_fstab', 'remounted'], {
    description: '`mounted`: mounted and in fstab; `present`: in fstab; `ephemeral`: mounted, not in fstab; `unmounted`: not mounted; `absent`: neither, and the mount point is removed; `absent_from_fstab`: not in fstab, mounted or not; `remounted`: mounted anew, each time.',
  }),
  fstab: Type.String({ default: '/etc/fstab', description: 'The file of entries.' }),
  backup: Type.Boolean({ default: false, description: 'Leave a copy of the old fstab beside it.' }),
});
type Args = Static<typeof args>;
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly fstab: Fact<LocatedFile>;
  readonly mounts: Fact<readonly Mount[]>;
  readonly point: Fact<LocatedFile>;
  /** The fstab of before, for reset. */
  readonly kept: Fact<LocatedFile>;
}

/** A file system, mounted now and at boot. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Have a file system mounted, or not',
  args,
  returnValues: { name: 'the path', src: 'the argument', fstype: 'the argument', opts: 'the options', dump: 'the argument', passno: 'the argument', fstab: 'the file of entries', boot: '`yes` or `no`', backup_file: 'the path of the copy that `backup` made; empty when there is none' },
  examples: `
- mount: {path: /srv/images, src: /dev/vdb1, fstype: ext4, opts: noatime, state: mounted}
`,
  *validate({ state, src, fstype }) {
    for (const [name, value] of Object.entries({ src, fstype })) {
      if (value === undefined && ['mounted', 'present', 'ephemeral'].includes(state)) yield { path: [name], message: `state: ${state} needs ${name}` };
    }
  },
  subject: ({ path }) => `mount ${path}`,
  facts: ({ fstab, path }) => ({ fstab: file(fstab, { follow: true, digest: true, content: { limit: 1 << 20 } }), mounts: mountTable, point: file(path), kept: settled(noFile) }),
  *plan(given, { fstab, mounts, point }) {
    const { state, path } = given;
    const mounted = mountedAt(mounts, path);
    const old = textOf(fstab);
    const entry = ['mounted', 'present'].includes(state) ? formatFstab(entryOf(given)) : undefined;
    const text = ['ephemeral', 'unmounted', 'remounted'].includes(state) ? old : withFstabLine(old, keyOf(given), entry);
    if (text !== old) yield* fstabChange(given, fstab, text);
    if (state === 'mounted' || state === 'ephemeral') {
      if (known(point) === undefined && given.fstype !== 'swap') yield { action: 'create', subject: `directory ${path}`, commands: [sh`mkdir -p ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
      if (!mounted) yield { action: 'create', subject: `mount ${path}`, to: given.src, commands: [mountCommand(given)], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
      else if (text !== old && fstabLine(old, keyOf(given)) !== undefined) yield { action: 'run', subject: `mount ${path}: options`, from: mounted.opts, to: given.opts, commands: [sh`mount -o remount ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
    }
    if ((state === 'unmounted' || state === 'absent') && mounted) yield { action: 'delete', subject: `mount ${path}`, from: mounted.src, commands: [sh`umount ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
    if (state === 'absent' && known(point)?.type === 'directory' && (mounted || text !== old)) yield { action: 'run', subject: `directory ${path}: remove if empty`, commands: [sh`rmdir --ignore-fail-on-non-empty ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
    if (state === 'remounted') {
      if (!mounted) throw new PreconditionError(`nothing is mounted on ${path}`, { hint: 'Use state: mounted.' });
      yield { action: 'run', subject: `mount ${path}`, commands: [sh`mount -o remount${given.opts === undefined ? nothing : sh`,${given.opts}`} ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
    }
  },
  revertFacts: ({ fstab, path }, before) => ({
    fstab: file(fstab, { follow: true, digest: true, content: { limit: 1 << 20 } }),
    mounts: mountTable,
    point: file(path),
    // Mounting needs root, whose folder this is.
    kept: before.fstab.state === 'present' && before.fstab.value.sha256 !== undefined ? file(`/var/lib/ctplay/backup/${before.fstab.value.sha256}`, { content: { limit: 1 << 20 } }) : settled(noFile),
  }),
  *revert(given, now, before) {
    const { path } = given;
    const [is, was] = [mountedAt(now.mounts, path), mountedAt(before.mounts, path)];
    if (is && !was) yield { action: 'delete', subject: `mount ${path}`, from: is.src, commands: [sh`umount ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
    const text = textOf(now.fstab);
    const changed = now.kept.state === 'present' && now.kept.value.content !== undefined;
    const old = changed ? withFstabLine(text, keyOf(given), fstabLine(textOf(now.kept), keyOf(given))) : text;
    if (old !== text) yield* fstabChange(given, now.fstab, old);
    if (was && !is) yield { action: 'create', subject: `mount ${path}`, to: was.src, commands: [sh`mkdir -p ${path} && mount -t ${was.fstype} -o ${was.opts} ${was.src} ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
    if (before.point.state === 'absent' && now.point.state === 'present') yield { action: 'run', subject: `directory ${path}: remove if empty`, commands: [sh`rmdir --ignore-fail-on-non-empty ${path}`], touches: ['mount', 'file'], brings: ['mount', fileDomain(path)] };
  },
  returns: (given, { results }) => ({ name: given.path, src: given.src, fstype: given.fstype, opts: optionsOf(given), fstab: given.fstab, dump: given.dump, passno: given.passno, boot: given.boot ? 'yes' : 'no', backup_file: '', ...backupReturn(results) }),
});

const keyOf = ({ path, src = '', fstype = '' }: Args) => ({ path: trimSlash(path), src, fstype });
const optionsOf = ({ opts, boot }: Args): string => [opts ?? 'defaults', ...(boot ? [] : ['noauto'])].join(',');
const entryOf = (given: Args) => ({ ...keyOf(given), opts: optionsOf(given), dump: given.dump, passno: given.passno });

function mountedAt(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts.findLast((one) => one.path === trimSlash(path));
}

function textOf(located: LocatedFile): string {
  return known(located)?.content?.text ?? '';
}

function* fstabChange({ backup }: Args, located: LocatedFile, text: string): Generator<Change> {
  const { input, sha256, text: shown } = inlineContent(Buffer.from(text));
  yield* placeFile(located, { sha256, input }, { text: shown, backup });
}

function mountCommand({ path, src = '', fstype = '', opts, state, fstab }: Args) {
  if (state === 'mounted' && fstab === '/etc/fstab') return sh`mount ${path}`;
  return sh`mount -t ${fstype} ${opts === undefined ? nothing : sh`-o ${opts} `}${src} ${path}`;
}
