/** Unified diffs of texts, as `diff -u` writes them. */
import { structuredPatch } from 'diff';
import type { Style } from './style.ts';
import { clean, count } from './text.ts';

/** Beyond this many inserted and deleted lines the work grows too fast: it is quadratic in them, unless one text is empty. */
const maxEdits = 1000;

export interface TextDiff {
  /** Headers, hunks and lines without colors; empty when the texts are equal. */
  readonly lines: readonly string[];
  readonly added: number;
  readonly removed: number;
}

/** The difference of two texts with three lines of context; undefined when they differ too much to compare. */
export function diffText(label: string, from: string, to: string): TextDiff | undefined {
  const patch = structuredPatch(label, label, from, to, 'before', 'after', { context: 3, maxEditLength: from === '' || to === '' ? Infinity : maxEdits });
  if (patch === undefined) return undefined;
  if (patch.hunks.length === 0) return { lines: [], added: 0, removed: 0 };
  const lines = patch.hunks.flatMap((hunk) => [`@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`, ...hunk.lines]);
  return {
    lines: [`--- before: ${label}`, `+++ after: ${label}`, ...lines.map(clean)],
    added: lines.filter((line) => line.startsWith('+')).length,
    removed: lines.filter((line) => line.startsWith('-')).length,
  };
}

// As GNU diff: a length of one is left out, and an empty range is named by the line before it.
function range(start: number, length: number): string {
  return length === 1 ? String(start) : `${length === 0 ? start - 1 : start},${length}`;
}

/** Colored lines of a diff, or one line that says why there is none. */
export function renderDiff(label: string, from: string, to: string, style: Style): string[] {
  const diff = diffText(label, from, to);
  if (diff === undefined) return [style.dim(`${label}: too different to compare, ${count(lineCount(from), 'line')} before and ${count(lineCount(to), 'line')} after`)];
  return diff.lines.map((line, index) => {
    if (index < 2) return style.bold(line);
    if (line.startsWith('@@')) return style.cyan(line);
    if (line.startsWith('+')) return style.green(line);
    if (line.startsWith('-')) return style.red(line);
    return line;
  });
}

/** `+3 -1`, or undefined when the texts can't be compared. */
export function diffStat(from: string, to: string): string | undefined {
  const diff = diffText('', from, to);
  return diff && `+${diff.added} -${diff.removed}`;
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}
