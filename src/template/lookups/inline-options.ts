/** Options written into a lookup's term: 'key file=users.csv delimiter=,' */

export interface InlineOptions {
  /** What stands without '='. */
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** Splits a term at blanks, quotes kept together. */
export function inlineOptions(term: string): InlineOptions {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (const part of term.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+|\S+/g) ?? []) {
    const option = /^(\w+)=(.*)$/s.exec(part);
    if (option === null) words.push(unquote(part));
    else options.set(option[1]!, unquote(option[2]!));
  }
  return { words, options };
}

function unquote(part: string): string {
  return /^(['"]).*\1$/s.test(part) ? part.slice(1, -1) : part;
}
