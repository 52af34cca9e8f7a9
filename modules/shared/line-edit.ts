/** The edits of `lineinfile`, as Ansible makes them. */
import { expandReplacement } from '../../src/template/python/regex.ts';
import { linesWithEnds, withoutEnd } from './edit-text.ts';
import { searcher } from './pattern.ts';

export interface LineEdit {
  readonly line: string;
  readonly regexp?: string;
  readonly search_string?: string;
  readonly insertafter?: string;
  readonly insertbefore?: string;
  readonly backrefs: boolean;
  readonly firstmatch: boolean;
}

export interface Edited {
  readonly text: string;
  readonly message: string;
}

interface Places {
  /** The line to replace. */
  readonly match: number;
  readonly groups: RegExpExecArray | undefined;
  /** Where to insert; -1 for nowhere in particular. */
  readonly insert: number;
}

/** The text with the line in it: in the place of the last (or first) match, else where it is to be inserted. */
export function withLine(text: string, edit: LineEdit): Edited {
  const lines = linesWithEnds(text);
  const { match, groups, insert } = findPlaces(lines, edit);
  if (match >= 0) {
    const line = edit.backrefs && groups ? expandReplacement(edit.line, groups) : edit.line;
    const ended = line.endsWith('\n') ? line : `${line}\n`;
    if (lines[match] === ended) return { text, message: '' };
    lines[match] = ended;
    return { text: lines.join(''), message: 'line replaced' };
  }
  if (edit.backrefs) return { text, message: '' };
  const { insertbefore } = edit;
  const insertafter = edit.insertafter ?? (insertbefore === undefined ? 'EOF' : undefined);
  if (insertbefore === 'BOF' || insertafter === 'BOF') lines.unshift(`${edit.line}\n`);
  else if (insertafter === 'EOF' || insert < 0 || insert === lines.length) appendLine(lines, edit.line);
  else if (insertafter === undefined || withoutEnd(lines[insert]!) !== edit.line) lines.splice(insert, 0, `${edit.line}\n`);
  const edited = lines.join('');
  return { text: edited, message: edited === text ? '' : 'line added' };
}

/** The text without the lines that match, and how many those were. */
export function withoutLines(text: string, { line, regexp, search_string }: { readonly line?: string; readonly regexp?: string; readonly search_string?: string }): Edited & { readonly found: number } {
  const search = regexp === undefined ? undefined : searcher(regexp);
  const goes = (candidate: string): boolean =>
    search ? search(candidate) !== undefined : search_string !== undefined ? candidate.includes(search_string) : withoutEnd(candidate) === line;
  const lines = linesWithEnds(text);
  const kept = lines.filter((candidate) => !goes(candidate));
  const found = lines.length - kept.length;
  return { text: kept.join(''), message: found === 0 ? '' : `${found} line(s) removed`, found };
}

function findPlaces(lines: readonly string[], edit: LineEdit): Places {
  const search = edit.regexp === undefined ? undefined : searcher(edit.regexp);
  let match = -1;
  let groups: RegExpExecArray | undefined;
  for (const [index, line] of lines.entries()) {
    const found = search?.(line);
    if (!found && !(edit.search_string !== undefined && line.includes(edit.search_string))) continue;
    match = index;
    groups = found;
    if (edit.firstmatch) break;
  }
  if (match >= 0) return { match, groups, insert: -1 };

  const { insertafter, insertbefore } = edit;
  const place = insertafter !== undefined && !/^(BOF|EOF)$/.test(insertafter) ? insertafter : insertafter === undefined && insertbefore !== undefined && insertbefore !== 'BOF' ? insertbefore : undefined;
  const anchor = place === undefined ? undefined : searcher(place);
  let insert = -1;
  for (const [index, line] of lines.entries()) {
    if (withoutEnd(line) === edit.line) match = index;
    else if (anchor?.(line)) {
      insert = insertafter === undefined ? index : index + 1;
      if (edit.firstmatch) break;
    }
  }
  return { match, groups: undefined, insert };
}

function appendLine(lines: string[], line: string): void {
  const last = lines.at(-1);
  if (last !== undefined && !/[\r\n]$/.test(last)) lines[lines.length - 1] = `${last}\n`;
  lines.push(`${line}\n`);
}
