/** What is mounted, from /proc/self/mountinfo (proc_pid_mountinfo(5)), which also tells bind mounts. */
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { present, unavailable } from '../../../modules/facts/reading.ts';

export type MountLayer = {
  /** The device or what stands for one; `/dev/vda1[/srv/a]` for a folder of it. */
  readonly source: string;
  readonly type: string;
  readonly options: readonly string[];
};

/** Mounts by path. Where several lie over each other, the lowest comes first. */
export const mountLayers: Fact<Reading<Readonly<Record<string, readonly MountLayer[]>>>> = {
  kind: 'mount-layers',
  key: '',
  read: sh`cat /proc/self/mountinfo`,
  domains: ['mount'],
  parse: (result) => (result.status === 0 ? present(parseMounts(result.stdout)) : unavailable(result)),
};

/** Where the kernel, systemd and runtimes of containers mount and unmount by themselves. */
const others = /^\/(proc|sys|dev|run|snap|var\/snap|var\/lib\/(docker|containerd|containers|lxc|lxcfs|lxd|incus|snapd|kubelet)|var\/run|tmp\/snap[^/]*|tmp\/systemd-private-[^/]*)(\/|$)/;

/** Options that nobody gave: the kernel tells them by its version and its mood. */
const kernels = /^(seclabel|inode(32|64)|(uuid|index|xino|metacopy|redirect_dir|nfs_export)=.*)$/;

function parseMounts(text: string): Record<string, MountLayer[]> {
  const mounts: Record<string, MountLayer[]> = {};
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root, path, options] = left.split(' ').map(unescapeOctal);
    const [type, source, superOptions] = right.split(' ').map(unescapeOctal);
    if (path === undefined || options === undefined || superOptions === undefined || others.test(path) || /^(nsfs|autofs)$/.test(type!)) continue;
    const device = source!.replace(/^\/dev\/loop\d+$/, '/dev/loop');
    const words = [...new Set([...options.split(','), ...superOptions.split(',')])].filter((word) => (word !== 'rw' || !options.split(',').includes('ro')) && !kernels.test(word));
    (mounts[path] ??= []).push({ source: root === '/' ? device : `${device}[${root}]`, type: type!, options: words.sort() });
  }
  return mounts;
}

function unescapeOctal(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
