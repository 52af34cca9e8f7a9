/** Words of a line as Python's shlex splits them in POSIX mode. */
import { CtplayError } from '../../errors.ts';

/** Splits at blanks outside quotes, takes the quotes away, and ends at a `#` that starts a word. Throws inventory.syntax for an open quote. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else if (char === '\\' && quote === '"' && /["\\]/.test(line[i + 1] ?? '')) word += line[++i]!;
      else word += char;
    } else if (char === ' ' || char === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '#') break;
    else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === '\\') word = (word ?? '') + (line[++i] ?? '');
    else word = (word ?? '') + char;
  }
  if (quote !== undefined) throw new CtplayError('inventory.syntax', `a quote (${quote}) is opened and never closed`);
  if (word !== undefined) words.push(word);
  return words;
}
