/** Builds base trees with mmdebstrap(1), once per machine and kind. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { aptSettings, aptSources, basePackages, basePrefix, baseTree, certificateFolder, sourceLine } from './base.ts';
import { ignoring } from './files.ts';
import type { BaseKind, LabPaths } from './layout.ts';
import { withLock } from './lock.ts';
import { run } from './run.ts';
import { customiseScript } from './scripts/base.ts';

/** Told what a build is doing: a phase in words ('downloading packages with apt'). */
export type BuildProgress = (phase: string) => void;

/** How the lines begin that tell the phases of mmdebstrap, and what a person is told. */
const phases = [
  ['running apt-get update', 'reading the package lists'],
  ['downloading packages', 'downloading packages'],
  ['extracting archives', 'unpacking the essential packages'],
  ['installing essential', 'setting up the essential packages'],
  ['installing remaining', 'installing the other packages'],
  ['running --customize-hook', 'making it a lab host'],
  ['cleaning', 'cleaning up'],
] as const;

const unfinished = '.building';

/**
 * The folder of the base tree of this kind, built if need be (about 20 s for `minimal`, 45 s for `full`). A tree is built
 * under another name and renamed when it is whole; what a killed build left is removed. `inUse` gives the trees that must
 * stay; older ones of the same kind are removed after a build.
 */
export async function ensureBase(
  paths: LabPaths,
  kind: BaseKind,
  inUse: () => Promise<ReadonlySet<string>>,
  progress: BuildProgress,
): Promise<string> {
  const tree = await baseTree(paths, kind);
  if (existsSync(tree)) return tree;
  return withLock(
    buildLock(paths, kind),
    async () => {
      if (existsSync(tree)) return tree;
      await removeTrees(paths, (name) => name.startsWith(basePrefix(kind)) && name.endsWith(unfinished));
      await build(tree, kind, progress);
      const keep = await inUse();
      await removeTrees(paths, (name) => name.startsWith(basePrefix(kind)) && name !== basename(tree) && !keep.has(join(paths.cache, name)));
      return tree;
    },
    () => progress('waiting for another build'),
  );
}

/** The lock that a build of this kind holds. */
export function buildLock(paths: LabPaths, kind: BaseKind): string {
  return join(paths.cache, `${kind}.lock`);
}

/** Removes the base trees whose names are chosen; gives the names. */
export async function removeTrees(paths: LabPaths, chosen: (name: string) => boolean): Promise<string[]> {
  const names = ((await ignoring(['ENOENT'], readdir(paths.cache))) ?? []).filter((name) => name.startsWith('base-') && chosen(name));
  for (const name of names) {
    // Under a name that no lab takes for whole, should this be killed half-way.
    const doomed = name.endsWith(unfinished) ? name : `${name}${unfinished}`;
    await rename(join(paths.cache, name), join(paths.cache, doomed));
    await run('rm', ['-rf', '--one-file-system', join(paths.cache, doomed)]);
  }
  return names;
}

async function build(tree: string, kind: BaseKind, progress: BuildProgress): Promise<void> {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  const root = `${tree}${unfinished}`;
  await mkdir(root, { recursive: true });
  const script = join(root, 'customise.sh');
  await writeFile(script, customiseScript);
  const sources = await aptSources(codename);
  const keyrings = new Set(sources.flatMap(({ signedBy }) => signedBy ?? []));
  await run(
    'setpriv',
    [
      // However this process ends, the build and its mounts end with it.
      ...['--pdeathsig', 'KILL', 'unshare', '--pid', '--mount', '--fork', '--kill-child', '--mount-proc', 'mmdebstrap'],
      '--variant=minbase',
      `--include=${basePackages[kind].join(',')}`,
      ...[...keyrings].map((keyring) => `--setup-hook=mkdir -p "$1"${dirname(keyring)} && cp ${keyring} "$1"${keyring}`),
      ...(await aptSettings()).map((setting) => `--aptopt=${setting}`),
      `--customize-hook=sh ${script} "$1" ${certificateFolder}`,
      codename,
      join(root, 'tree'),
      ...sources.map(sourceLine),
    ],
    {
      code: 'lab.build',
      onErrorLine: (line) => {
        const phase = phases.find(([start]) => line.startsWith(`I: ${start}`));
        if (phase !== undefined) progress(phase[1]);
      },
    },
  );
  // It holds programs that run as root for whoever starts them, and it is not kept up to date.
  await chmod(root, 0o700);
  await rename(root, tree);
}
