/** What apt-get would upgrade or remove by itself, by simulation (apt-get(8), `-s`); and what a .deb file holds. */
import type { Fact, Reading, ReadResult } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { fileDomain, pathWord } from '../shared/path.ts';
import { absent, present, unavailable } from './reading.ts';

/** The packages that a command of apt-get would install, upgrade or remove. */
export function simulated(words: readonly string[]): Fact<Reading<readonly string[]>> {
  return {
    kind: 'apt-simulation',
    key: words.join(' '),
    read: sh`LC_ALL=C apt-get -s ${words}`,
    domains: ['package', 'apt-cache'],
    parse: (result) => (result.status === 0 ? present([...result.stdout.matchAll(/^(?:Inst|Purg|Remv) (\S+)/gm)].map((match) => match[1]!)) : unavailable(result)),
  };
}

export interface DebFile {
  readonly package: string;
  readonly version: string;
}

/** The package in a .deb file of the host (deb(5)). */
export function debFile(path: string): Fact<Reading<DebFile>> {
  return {
    kind: 'deb-file',
    key: path,
    read: sh`[ -e ${pathWord(path)} ] || exit 3; LC_ALL=C dpkg-deb -f ${pathWord(path)} Package Version`,
    domains: [fileDomain(path)],
    parse: (result: ReadResult) => {
      if (result.status === 3) return absent;
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(result.stdout)?.[1];
      const [name, version] = [field('Package'), field('Version')];
      return result.status !== 0 || name === undefined || version === undefined ? unavailable(result) : present({ package: name, version });
    },
  };
}
