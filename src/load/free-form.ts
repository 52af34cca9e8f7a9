/** Arguments written as one string, `copy: src=a dest="b c"` or `command: ls creates=/x`, taken apart as Ansible does. */
import { CtplayError } from '../errors.ts';

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface FreeForm {
  /** `key=value` words. Values are strings, unquoted, with backslash escapes decoded. */
  readonly options: Readonly<Record<string, string>>;
  /** Everything else as written, blanks and line ends kept; undefined when nothing else is there. */
  readonly raw: string | undefined;
}

/**
 * Splits the words of a string at blanks and line ends that stand neither in quotes nor in a template, and sorts them into
 * options and the rest. `isOption` says which keys count as options: a command line may hold `a=b` words of its own.
 * Throws playbook.structure for an open quote or template.
 */
export function parseFreeForm(text: string, isOption: (key: string) => boolean): FreeForm {
  const options: Record<string, string> = {};
  let raw = '';
  let position = 0;
  let dropped = false;
  for (const token of tokens(text)) {
    const gap = text.slice(position, token.start);
    position = token.end;
    const equals = separator(token.text);
    const key = equals > 0 ? token.text.slice(0, equals).trim() : '';
    if (equals > 0 && isOption(key)) {
      options[key] = unquote(decodeEscapes(token.text.slice(equals + 1)).trim());
      dropped = true;
      continue;
    }
    raw += (raw === '' || dropped ? gap.replace(/^ +/, raw === '' ? '' : ' ') : gap) + token.text.replaceAll('\\=', '=');
    dropped = false;
  }
  const rest = text.slice(position);
  if (raw !== '' && !dropped) raw += rest;
  return { options, raw: raw === '' ? undefined : raw };
}

/** Where the last `name=value` word stands in a string: offsets of its first character, its `=`, and behind its last. */
export function optionPlace(text: string, name: string): { readonly start: number; readonly equals: number; readonly end: number } | undefined {
  let place;
  for (const token of tokens(text)) {
    const equals = separator(token.text);
    if (equals > 0 && token.text.slice(0, equals).trim() === name) place = { start: token.start, equals: token.start + equals, end: token.end };
  }
  return place;
}

/** The words of a string, such as the arguments in a task or after `-a`. A backslash alone at a line's end joins lines. */
function* tokens(text: string): Generator<Token> {
  let start = -1;
  let quote: string | undefined;
  let depth = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i];
    const blank = char === undefined || char === ' ' || char === '\n';
    if (blank && quote === undefined && depth === 0) {
      if (start >= 0) yield { text: text.slice(start, i), start, end: i };
      start = -1;
      continue;
    }
    if (char === undefined) break;
    if (start < 0) start = i;
    const pair = text.slice(i, i + 2);
    if (quote !== undefined) {
      if (char === quote && text[i - 1] !== '\\') quote = undefined;
    } else if (/^\{[{%#]$/.test(pair)) {
      depth++;
      i++;
    } else if (depth > 0 && /^[}%#]\}$/.test(pair)) {
      depth--;
      i++;
    } else if (depth === 0 && (char === '"' || char === "'") && text[i - 1] !== '\\') quote = char;
  }
  if (quote !== undefined || depth > 0) {
    throw new CtplayError('playbook.structure', quote === undefined ? 'a template is opened and never closed' : `a quote (${quote}) is opened and never closed`, {
      hint: quote === undefined ? "Look for '{{' without '}}'." : 'Close it, put a backslash before it, or write the arguments as a mapping.',
    });
  }
}

/** The index of the first `=` that no backslash precedes, or -1. */
function separator(word: string): number {
  for (let i = word.indexOf('='); i >= 0; i = word.indexOf('=', i + 1)) if (word[i - 1] !== '\\') return i;
  return -1;
}

function unquote(text: string): string {
  const quote = text[0];
  return text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote) && text.at(-2) !== '\\' ? text.slice(1, -1) : text;
}

const simpleEscapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', "'": "'", '"': '"' };

function decodeEscapes(text: string): string {
  return text.replace(/\\(?:U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|([ntrabfv\\'"]))/g, (_, long?: string, short?: string, byte?: string, octal?: string, simple?: string) => {
    const hex = long ?? short ?? byte;
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
    return octal !== undefined ? String.fromCodePoint(parseInt(octal, 8)) : simpleEscapes[simple!]!;
  });
}
