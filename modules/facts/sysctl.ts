/** Kernel parameters as they are now (proc(5), /proc/sys). */
import type { Fact, Reading } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { absent, present, unavailable } from './reading.ts';

/** The path of a parameter below /proc/sys: dots separate, and where a name has slashes those do (sysctl(8)). */
export function sysctlPath(name: string): string {
  const slash = name.indexOf('/');
  const dot = name.indexOf('.');
  if (slash !== -1 && (dot === -1 || slash < dot)) return name;
  return name.replace(/[./]/g, (character) => (character === '.' ? '/' : '.'));
}

/** The value that the kernel uses, with blanks and tabs as single blanks; absent when it knows no such parameter. */
export function sysctlValue(name: string): Fact<Reading<string>> {
  const path = `/proc/sys/${sysctlPath(name)}`;
  return {
    kind: 'sysctl',
    key: name,
    read: sh`[ -e ${path} ] || exit 3; cat ${path}`,
    domains: [`sysctl:${name}`],
    parse(result) {
      if (result.status === 3) return absent;
      return result.status === 0 ? present(normalValue(result.stdout)) : unavailable(result);
    },
  };
}

export function normalValue(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
