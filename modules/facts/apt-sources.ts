/** The lines of apt's one-line sources: sources.list(5). */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { fileDomain } from '../shared/path.ts';
import { parseRecords } from '../shared/record.ts';

/** The text of each .list file, by its path. It is configuration that everyone may read. */
export const aptSources: Fact<Readonly<Record<string, string>>> = {
  kind: 'apt-sources',
  key: '',
  read: sh`for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do [ ! -f "$f" ] || printf 'path=%s\\0text=%s\\0' "$f" "$(cat "$f")"; done`,
  domains: [fileDomain('/etc/apt'), 'apt-sources'],
  parse: ({ stdout }) => Object.fromEntries(parseRecords(stdout, 'path').map((record) => [record.get('path')!, record.get('text') ?? ''])),
};

/** A source without the blanks that don't matter. */
export function normalizeSource(line: string): string {
  return line.replace(/\s+#.*$/, '').trim().replace(/\s+/g, ' ').replace(/\[\s*/, '[').replace(/\s*\]/, ']').replace(/\/(?= )/, '');
}

export function hasSource(text: string, source: string): boolean {
  return text.split('\n').some((line) => normalizeSource(line) === normalizeSource(source));
}
