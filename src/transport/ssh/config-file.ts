/** The lines of an ssh_config(5) file. */
import { CtplayError } from '../../errors.ts';

export interface Directive {
  /** In lower case. */
  readonly keyword: string;
  readonly words: readonly string[];
  /** Counts from 1. */
  readonly line: number;
}

/** Parses a file's text. Throws CtplayError ssh.config for a quote that isn't closed or a keyword without a value. */
export function parseConfig(text: string, file: string): Directive[] {
  const directives: Directive[] = [];
  text.split('\n').forEach((raw, index) => {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) return;
    const span = { file, line: index + 1, column: raw.indexOf(content) + 1 };
    const [, keyword, rest] = /^([A-Za-z0-9]+)\s*(?:=\s*|\s|$)(.*)$/.exec(content) ?? [];
    if (keyword === undefined || rest === undefined) {
      throw new CtplayError('ssh.config', 'this line is no ssh_config directive', { span, expected: 'Keyword value' });
    }
    const lower = keyword.toLowerCase();
    // The rest of these lines is a command, quotes included.
    const words = lower === 'proxycommand' ? [rest.trim()] : splitWords(rest);
    if (words === undefined) throw new CtplayError('ssh.config', 'a quote is not closed', { span });
    if (words.length === 0 || words[0] === '') throw new CtplayError('ssh.config', `${keyword} needs a value`, { span });
    directives.push({ keyword: lower, words, line: index + 1 });
  });
  return directives;
}

/** Words separated by blanks, in double or single quotes where they hold some; a comment ends the line. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quoted: string | undefined;
  for (let position = 0; position < text.length; position++) {
    const sign = text[position]!;
    if (quoted !== undefined) {
      if (sign === quoted) quoted = undefined;
      else word += sign;
    } else if (sign === '"' || sign === "'") {
      quoted = sign;
      word ??= '';
    } else if (sign === ' ' || sign === '\t' || sign === '\r') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (sign === '#' && word === undefined) {
      break;
    } else {
      word = (word ?? '') + sign;
    }
  }
  if (quoted !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
