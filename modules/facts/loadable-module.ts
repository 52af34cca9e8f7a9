/** A module of the running kernel: sysfs(5), modinfo(8), lsmod(8). */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

export interface LoadableModule {
  readonly loaded: boolean;
  /** Part of the kernel itself. */
  readonly builtIn: boolean;
  /** modprobe(8) would find it. */
  readonly available: boolean;
  readonly inUse: boolean;
  readonly kernel: string;
}

export function loadableModule(name: string): Fact<LoadableModule> {
  const file = name.replaceAll('-', '_');
  return {
    kind: 'loadable-module',
    key: name,
    // Only loaded modules have a reference count there; parts of the kernel may have a folder without one.
    read: sh`m=/sys/module/${file}; k=$(uname -r); echo "kernel $k"
if [ -e $m/refcnt ]; then echo loaded; read -r r <$m/refcnt; [ "$r" = 0 ] || echo in-use; elif [ -d $m ]; then echo built-in; fi
tr - _ <"/lib/modules/$k/modules.builtin" 2>/dev/null | grep -q "/${file}\\.ko" && echo built-in
modprobe -n -q ${name} 2>/dev/null && echo available; :`,
    domains: ['kernel-module'],
    parse({ stdout }) {
      const has = (word: string): boolean => new RegExp(`^${word}$`, 'm').test(stdout);
      return { loaded: has('loaded'), builtIn: has('built-in'), available: has('available'), inUse: has('in-use'), kernel: /^kernel (.*)$/m.exec(stdout)?.[1] ?? '' };
    },
  };
}
