/** Splits a command line into words as POSIX sh quotes them, without expanding anything (Python's shlex.split, as Ansible's `command` uses it). */

/** The words, or a problem in words: a quotation or an escape that doesn't end. */
export function splitWords(line: string): { readonly words: readonly string[] } | { readonly problem: string } {
  const words: string[] = [];
  let word: string | undefined;
  let quotation = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (quotation === "'") {
      if (character === "'") quotation = '';
      else word += character;
    } else if (quotation === '"') {
      if (character === '"') quotation = '';
      else if (character === '\\' && /["\\]/.test(line[i + 1] ?? '')) word += line[++i]!;
      else word += character;
    } else if (character === "'" || character === '"') {
      quotation = character;
      word ??= '';
    } else if (character === '\\') {
      if (i + 1 >= line.length) return { problem: 'it ends in a backslash' };
      word = (word ?? '') + line[++i]!;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quotation !== '') return { problem: `a quotation that starts with ${quotation} does not end` };
  if (word !== undefined) words.push(word);
  return { words };
}
