/** What the kernel can do by a module, loaded, built in or only installed (modprobe(8)). */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

/** Whether the kernel has a module, loaded or not. Loads nothing. */
export function kernelHasModule(name: string): Fact<boolean> {
  return {
    kind: 'kernel-module',
    key: name,
    read: sh`[ -d /sys/module/${name} ] || modprobe -nq ${name}`,
    domains: ['kernel'],
    parse: (result) => result.status === 0,
  };
}
