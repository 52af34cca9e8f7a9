/** What of an archive on the host is already unpacked: tar(1) --compare, unzip(1). */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { fileDomain, pathWord } from '../shared/path.ts';

export interface ArchiveState {
  readonly exists: boolean;
  readonly unpacked: boolean;
  /** Why it can't be read, in the tool's words. */
  readonly problem?: string;
  readonly entries: readonly string[];
}

/** The archive of a task that has none on the host. */
export const noArchive: ArchiveState = { exists: false, unpacked: false, entries: [] };

/** Contents and existence count; times and owners don't, which unpacking without root can't set. */
export function remoteArchive(archive: string, dest: string): Fact<ArchiveState> {
  return {
    kind: 'archive',
    key: archive,
    read: sh`LC_ALL=C; export LC_ALL; a=${pathWord(archive)}; d=${pathWord(dest)}; [ -f "$a" ] || exit 3
case $a in *.zip) unzip -Z1 "$a" || exit 4; echo; unzip -Z1 "$a" | while IFS= read -r f; do case $f in */) [ -d "$d/$f" ] ;; *) unzip -p "$a" "$f" | cmp -s - "$d/$f" ;; esac || echo "differs: $f"; done ;;
*) tar -tf "$a" || exit 4; echo; tar -df "$a" -C "$d" 2>&1 | grep -Ev ': (Uid|Gid|Mode|Mod time) differs$' ;; esac; :`,
    domains: [fileDomain(archive), fileDomain(dest)],
    parse({ status, stdout, stderr }) {
      const [list = '', differences = ''] = stdout.split(/\n\n|^\n/);
      if (status === 3) return noArchive;
      if (status !== 0) return { exists: true, unpacked: false, problem: stderr.trim(), entries: [] };
      return { exists: true, unpacked: differences.trim() === '', entries: list.split('\n').filter((line) => line !== '') };
    },
  };
}
