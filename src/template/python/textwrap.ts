/** Python's textwrap.wrap() for one line, blanks kept as they are. */

export interface WrapOptions {
  readonly width: number;
  readonly breakLongWords: boolean;
  readonly breakOnHyphens: boolean;
}

/** Lines of at most `width` characters; words are broken only when they are longer than a line. */
export function wrapText(line: string, options: WrapOptions): string[] {
  const chunks = (options.breakOnHyphens ? line.match(/\s+|[^\s]+?(?:(?<=[\p{L}\p{N}_]{2})-(?=[\p{L}_]{2})|(?=\s)|$)/gu) : line.match(/\s+|\S+/g)) ?? [];
  const pending = [...chunks].reverse();
  const lines: string[] = [];
  while (pending.length > 0) {
    const current: string[] = [];
    let size = 0;
    if (lines.length > 0 && pending.at(-1)!.trim() === '') pending.pop();
    while (pending.length > 0 && size + pending.at(-1)!.length <= options.width) {
      size += pending.at(-1)!.length;
      current.push(pending.pop()!);
    }
    if (pending.length > 0 && pending.at(-1)!.length > options.width) takeLongWord(pending, current, size, options);
    if (current.at(-1)?.trim() === '') current.pop();
    if (current.length > 0) lines.push(current.join(''));
  }
  return lines;
}

function takeLongWord(pending: string[], current: string[], size: number, { width, breakLongWords, breakOnHyphens }: WrapOptions): void {
  const space = Math.max(1, width - size);
  const word = pending.pop()!;
  if (!breakLongWords) {
    if (current.length === 0) current.push(word);
    else pending.push(word);
    return;
  }
  const hyphen = breakOnHyphens && word.length > space ? word.lastIndexOf('-', space - 1) : -1;
  const end = hyphen > 0 && /[^-]/.test(word.slice(0, hyphen)) ? hyphen + 1 : space;
  current.push(word.slice(0, end));
  if (end < word.length) pending.push(word.slice(end));
}
