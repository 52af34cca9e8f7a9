/** A reader of shell scripts (POSIX XCU 2.2 to 2.9) that knows quotes, operators and substitutions, and nothing of what they mean. */

/** One simple command: its words without quotes, and whether its output goes to a file. */
export interface ParsedCommand {
  readonly words: readonly string[];
  readonly writes: boolean;
}

/** What means nothing but itself, outside quotes and in double ones. */
const plain = /[^\s\\'"`$#<>;|&()]+/y;
const plainQuoted = /[^"\\$`]+/y;

/** The simple commands of a script in the order in which they stand, those of substitutions before their own. Total: what is malformed ends where the text does. */
export function parseScript(script: string): readonly ParsedCommand[] {
  const commands: ParsedCommand[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let writes = false;
  let at = 0;

  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push({ words, writes });
    words = [];
    writes = false;
  };
  const add = (text: string): void => {
    word = (word ?? '') + text;
  };
  /** Adds what matches from here on; whether something does. `at` is on its last character then. */
  const addRun = (run: RegExp): boolean => {
    run.lastIndex = at;
    if (!run.test(script)) return false;
    add(script.slice(at, run.lastIndex));
    at = run.lastIndex - 1;
    return true;
  };
  /** What a substitution gives isn't known: a dollar sign stands for it, as for a variable. */
  const substitute = (inner: string): void => {
    commands.push(...parseScript(inner));
    add('$');
  };
  const doubleQuoted = (): void => {
    add('');
    for (at++; at < script.length && script[at] !== '"'; at++) {
      if (addRun(plainQuoted)) continue;
      if (script[at] === '\\') add(script[++at] ?? '');
      else if (script.startsWith('$(', at)) at = closing(script, at + 1, substitute);
      else if (script[at] === '`') at = until(script, at, '`', substitute);
      else add(script[at]!);
    }
  };

  for (; at < script.length; at++) {
    if (addRun(plain)) continue;
    const sign = script[at]!;
    if (sign === '\\') {
      at++;
      if (script[at] !== '\n') add(script[at] ?? '');
    } else if (sign === "'") at = until(script, at, "'", add);
    else if (sign === '"') doubleQuoted();
    else if (script.startsWith('$(', at)) at = closing(script, at + 1, substitute);
    else if (sign === '`') at = until(script, at, '`', substitute);
    else if (sign === '#' && word === undefined) at = until(script, at, '\n', endCommand);
    else if (sign === '<' || sign === '>') {
      // The number of a file descriptor belongs to the redirection.
      if (word !== undefined && /^\d+$/.test(word)) word = undefined;
      endWord();
      const [redirection] = /^[<>]+(?:&[\d-]?|\|)?(?:\s*\/dev\/null)?/.exec(script.slice(at)) ?? [sign];
      writes ||= /^>+\|?$/.test(redirection);
      at += redirection.length - 1;
    } else if (/[\n;|&()]/.test(sign)) endCommand();
    else if (/\s/.test(sign)) endWord();
    else add(sign);
  }
  endCommand();
  return commands;
}

/** Gives what stands between `at` and the next `end` to `take`, and the position of that end. */
function until(script: string, at: number, end: string, take: (inner: string) => void): number {
  const found = script.indexOf(end, at + 1);
  const position = found < 0 ? script.length : found;
  take(script.slice(at + 1, position));
  return position;
}

/** The same from an opening parenthesis to the one that closes it. */
function closing(script: string, at: number, take: (inner: string) => void): number {
  let depth = 0;
  let position = at;
  for (; position < script.length; position++) {
    if (script[position] === '(') depth++;
    if (script[position] === ')' && --depth === 0) break;
  }
  take(script.slice(at + 1, position));
  return position;
}
