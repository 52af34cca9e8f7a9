import { sh, type Command } from '../../shell.ts';
import { defineKind, type Items, type Remainder, type Restoration } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';
import { mountLayers, type MountLayer } from './mount-read.ts';

type Layers = readonly MountLayer[];

/** Mounts, less those of the kernel's own file systems and of containers' runtimes. */
export const mountKind = defineKind<Layers, { mounts: typeof mountLayers }>({
  name: 'mount',
  summary: 'Mounts: source, type and options, less those of /proc, /sys, /dev, /run and of runtimes of containers',
  facts: { mounts: mountLayers },
  items: ({ mounts }) => mounts,
  subject: ({ key }) => `mount ${key}`,
  words: (difference) =>
    clauses(difference, (before, now) => {
      if (before.length !== now.length) return [now.length > before.length ? `is covered by ${now.at(-1)!.source}` : `is no longer covered by ${before.at(-1)!.source}`];
      return now.flatMap((layer, index) => layerWords(before[index]!, layer));
    }),
  ledgerSubjects: (key) => [`mount ${key}`, key],
  *restore(differences, context) {
    const { added, gone, changed } = sortOut(differences);
    // What is mounted below another goes before it and comes after it.
    for (const { key, now } of [...added].reverse()) yield unmounting(key, now, now.length);
    const before = (context.baseline['mount']?.state === 'present' ? context.baseline['mount'].value : {}) as Items<Layers>;
    for (const { key, before: layers } of gone) yield* mounting(key, layers, before);
    for (const one of changed) yield* changing(one.key, one.before, one.now, before);
  },
});

function layerWords(before: MountLayer, now: MountLayer): string[] {
  if (before.source !== now.source || before.type !== now.type) return [`is ${now.source} (${now.type}), not ${before.source} (${before.type})`];
  const added = now.options.filter((one) => !before.options.includes(one));
  const gone = before.options.filter((one) => !now.options.includes(one));
  return added.length + gone.length === 0 ? [] : [`has ${added.join(',') || 'fewer options'}${gone.length === 0 ? '' : `, not ${gone.join(',')}`}`];
}

function unmounting(path: string, layers: Layers, count: number): Restoration {
  const once = sh`{ ! mountpoint -q ${path} || umount ${path} 2>/dev/null || umount -l ${path}; }`;
  return { stage: 'mounts-off', keys: [path], change: { action: 'delete', subject: `mount ${path}`, from: layers.slice(-count), commands: Array.from({ length: count }, () => once), typed: [sh`umount ${path}`] } };
}

function* mounting(path: string, layers: Layers, all: Items<Layers>, onto = 0): Generator<Restoration | Remainder> {
  const commands = layers.map((layer, index) => mountCommand(path, layer, all, onto + index === 0));
  if (commands.some((command) => command === undefined)) yield { key: path, why: `it can't be told how ${layers.map(({ source }) => source).join(', ')} was mounted` };
  else yield { stage: 'mounts-on', keys: [path], change: { action: 'create', subject: `mount ${path}`, to: layers, commands: commands as Command[] } };
}

function* changing(path: string, before: Layers, now: Layers, all: Items<Layers>): Generator<Restoration | Remainder> {
  const same = before.findIndex((layer, index) => now[index]?.source !== layer.source || now[index]?.type !== layer.type);
  const shared = same === -1 ? before.length : same;
  if (now.length > shared) yield unmounting(path, now, now.length - shared);
  if (before.length > shared) yield* mounting(path, before.slice(shared), all, shared);
  const [top, old] = [now[shared - 1], before[shared - 1]];
  if (top && old && shared === before.length && top.options.join() !== old.options.join()) {
    const change = { action: 'update', subject: `mount ${path}: options`, from: top.options, to: old.options, commands: [sh`mount -o ${`remount,${old.options.join(',')}`} ${path}`] } as const;
    yield { stage: 'mounts-on', keys: [path], change };
  }
}

/** undefined where /proc doesn't tell enough: a folder of a device that isn't mounted as a whole. fstab(5) is asked first, since it says more. */
function mountCommand(path: string, layer: MountLayer, all: Items<Layers>, isLowest: boolean): Command | undefined {
  const mount = directCommand(path, layer, all);
  if (mount === undefined || !isLowest) return mount;
  return sh`mountpoint -q ${path} || { mkdir -p ${path}; mount ${path} 2>/dev/null || { ${mount}; }; }`;
}

function directCommand(path: string, layer: MountLayer, all: Items<Layers>): Command | undefined {
  const options = layer.options.join(',');
  const [, device, folder] = /^([^[]*)\[(.*)\]$/.exec(layer.source) ?? [];
  if (device === undefined) return layer.source === '/dev/loop' ? undefined : sh`mount -t ${layer.type} -o ${options} ${layer.source} ${path}`;
  const whole = Object.entries(all).find(([, layers]) => layers.some(({ source, type }) => source === device && type === layer.type))?.[0];
  if (whole === undefined) return undefined;
  const from = `${whole === '/' ? '' : whole}${folder}`;
  return sh`mount --bind ${from} ${path} && mount -o ${`remount,bind,${options}`} ${path}`;
}
