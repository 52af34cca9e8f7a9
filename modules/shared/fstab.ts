/** Edits of fstab(5): one entry, all other lines untouched. */
import { parseMount } from '../facts/mounts.ts';

export interface FstabEntry {
  readonly src: string;
  readonly path: string;
  readonly fstype: string;
  readonly opts: string;
  readonly dump: string;
  readonly passno: string;
}

/** The line of the entry for a mount point (for swap, of the device), or undefined. */
export function fstabLine(text: string, entry: Pick<FstabEntry, 'path' | 'src' | 'fstype'>): string | undefined {
  return text.split('\n').find((line) => isFor(line, entry));
}

/** The text with the line in the place of the entry, or at the end; without the entry when there is no line. A line that says the same in other blanks stays. */
export function withFstabLine(text: string, entry: Pick<FstabEntry, 'path' | 'src' | 'fstype'>, line: string | undefined): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const index = lines.findIndex((candidate) => isFor(candidate, entry));
  if (index >= 0 && line !== undefined && JSON.stringify(parseMount(lines[index]!)) === JSON.stringify(parseMount(line))) return text;
  if (index >= 0) lines.splice(index, 1, ...(line === undefined ? [] : [line]));
  else if (line !== undefined) lines.push(line);
  else return text;
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

export function formatFstab({ src, path, fstype, opts, dump, passno }: FstabEntry): string {
  return [src, path, fstype, opts, dump, passno].map((word) => word.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)).join(' ');
}

function isFor(line: string, { path, src, fstype }: Pick<FstabEntry, 'path' | 'src' | 'fstype'>): boolean {
  const found = parseMount(line);
  return found !== undefined && (fstype === 'swap' ? found.fstype === 'swap' && found.src === src : found.path === path);
}
