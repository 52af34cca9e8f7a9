/** The edits of `blockinfile`, as Ansible makes them. */
import { linesWithEnds } from './edit-text.ts';
import { searcher } from './pattern.ts';

export interface BlockEdit {
  readonly block: string;
  readonly marker: string;
  readonly marker_begin: string;
  readonly marker_end: string;
  readonly insertafter?: string;
  readonly insertbefore?: string;
  readonly append_newline: boolean;
  readonly prepend_newline: boolean;
}

/** The text with the block between its markers, or without both when the block is empty. */
export function withBlock(text: string, edit: BlockEdit): string {
  const [begin, end] = [edit.marker_begin, edit.marker_end].map((mark) => `${edit.marker.replaceAll('{mark}', mark)}\n`) as [string, string];
  const lines = linesWithEnds(text);
  const ended = lines.map((line) => (line.endsWith('\n') ? line : `${line}\n`));
  const [first, last] = [ended.lastIndexOf(begin), ended.lastIndexOf(end)];
  let position: number;
  if (first >= 0 && last >= 0) {
    position = Math.min(first, last);
    lines.splice(position, Math.abs(last - first) + 1);
  } else position = insertionPoint(lines, edit);

  if (edit.block === '') return first >= 0 && last >= 0 ? lines.join('') : text;
  const block = [begin, ...linesWithEnds(edit.block.endsWith('\n') ? edit.block : `${edit.block}\n`), end];
  if (position > 0 && !lines[position - 1]!.endsWith('\n')) lines[position - 1] += '\n';
  if (edit.prepend_newline && position > 0 && lines[position - 1] !== '\n') block.unshift('\n');
  if (edit.append_newline && position < lines.length && lines[position] !== '\n') block.push('\n');
  lines.splice(position, 0, ...block);
  return lines.join('');
}

function insertionPoint(lines: readonly string[], { insertafter, insertbefore }: BlockEdit): number {
  if (insertbefore === 'BOF') return 0;
  const pattern = insertafter !== undefined && insertafter !== 'EOF' ? insertafter : insertafter === undefined ? insertbefore : undefined;
  if (pattern === undefined) return lines.length;
  const search = searcher(pattern);
  let found = -1;
  for (const [index, line] of lines.entries()) if (search(line)) found = index;
  return found < 0 ? lines.length : insertafter === undefined ? found : found + 1;
}
