/** Texts in a terminal: their width in columns, cutting, wrapping, and what must not reach a terminal. */
import { stripVTControlCharacters } from 'node:util';
import { graphemesOf, widthOf } from './width.ts';

export { widthOf } from './width.ts';

/** The text cut to at most `columns`, with `…` in place of what was cut. */
export function truncate(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 1;
  for (const { segment } of graphemesOf(text)) {
    width += widthOf(segment);
    if (width > columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Spaces after the text up to `columns`. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text;
}

/** Words in lines of at most `columns`; a longer word has a line of its own. Line breaks in the text stay. */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    return [...lines, line];
  });
}

/** `0.3s`, `12.4s`, `1m02s`, `1h02m`. */
export function formatDuration(milliseconds: number): string {
  const tenths = Math.round(milliseconds / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  return formatSeconds(tenths * 100);
}

/** Whole seconds, for times that count up on the screen: `3s`, `1m02s`, `1h02m`. */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`;
}

/**
 * Text from a host, made harmless for a terminal: no escape sequences, of a line that overwrote itself by carriage returns
 * only what was last seen, other control characters as U+FFFD. Tabs and line feeds stay.
 */
export function clean(text: string): string {
  if (/^[ -~\t\n]*$/.test(text)) return text;
  return stripVTControlCharacters(text)
    .replace(/\r+(?=\n|$)/g, '')
    .replace(/[^\n]*\r/g, '')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\uFFFD');
}

export function indent(lines: readonly string[], by: string): string[] {
  return lines.map((line) => (line === '' ? '' : by + line));
}

/** `1 host`, `3 hosts`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
