/** What an image can be made of on a host. */
import type { Fact, Reading } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { fileDomain, pathWord } from '../shared/path.ts';
import { absent, present, unavailable } from './reading.ts';

export interface ImageSource {
  readonly type: 'file' | 'directory';
  /** Size and time of the last change: changes when the file does. A folder's says nothing about the files in it. */
  readonly version: string;
}

/** A tar archive or a folder with a root file system. */
export function imageSource(path: string): Fact<Reading<ImageSource>> {
  return sourceFact('image-source', path, sh`p=${pathWord(path)}`, fileDomain(path));
}

/** A busybox that needs no libraries. Absent, too, where busybox is linked with shared ones. */
export function staticBusybox(): Fact<Reading<ImageSource>> {
  // A program that loads libraries names the loader of its own in itself.
  return sourceFact('static-busybox', '', sh`p=$(command -v busybox) || exit 3; ! LC_ALL=C grep -qaF -e /ld-linux -e /ld-musl "$p" || exit 3`, 'package');
}

function sourceFact(kind: string, key: string, find: Command, domain: string): Fact<Reading<ImageSource>> {
  return {
    kind,
    key,
    read: sh`${find}
[ -e "$p" ] || exit 3; if [ -d "$p" ]; then echo directory; else echo file; fi; LC_ALL=C stat -L -c '%s %Y' "$p"`,
    domains: [domain],
    parse: (result) => {
      if (result.status === 3) return absent;
      const [type, version] = result.stdout.split('\n');
      if (result.status !== 0 || version === undefined) return unavailable(result);
      return present({ type: type as ImageSource['type'], version: type === 'directory' ? '' : version });
    },
  };
}
