/** Python's regular expressions, translated to JavaScript's with the u flag (Library Reference, "re"). */
import { valueError } from './values.ts';

export interface RegexFlags {
  readonly ignorecase?: boolean;
  readonly multiline?: boolean;
}

const cache = new Map<string, RegExp>();

/** A global expression that matches what Python's does. Throws where the pattern is wrong. */
export function compileRegex(pattern: string, flags: RegexFlags = {}): RegExp {
  const key = `${flags.ignorecase === true ? 'i' : ''}${flags.multiline === true ? 'm' : ''}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) {
    known.lastIndex = 0;
    return known;
  }
  const compiled = new Translator(pattern, flags).compile();
  if (cache.size > 1000) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

const classes: Readonly<Record<string, string>> = { d: '\\p{Nd}', D: '\\P{Nd}', w: '\\p{L}\\p{N}_', s: '\\s', S: '\\S' };
const controls: Readonly<Record<string, string>> = { a: '\\x07', f: '\\f', n: '\\n', r: '\\r', t: '\\t', v: '\\v' };

class Translator {
  readonly #pattern: string;
  #ignorecase: boolean;
  #multiline: boolean;
  #dotall = false;
  #verbose = false;
  #at = 0;

  constructor(pattern: string, flags: RegexFlags) {
    this.#pattern = pattern;
    this.#ignorecase = flags.ignorecase === true;
    this.#multiline = flags.multiline === true;
  }

  compile(): RegExp {
    const global = /^\(\?([aiLmsux]+)\)/.exec(this.#pattern);
    if (global !== null) {
      this.#setFlags(global[1]!);
      this.#at = global[0].length;
    }
    let source = '';
    while (this.#at < this.#pattern.length) source += this.#next();
    try {
      return new RegExp(source, `gu${this.#ignorecase ? 'i' : ''}${this.#multiline ? 'm' : ''}${this.#dotall ? 's' : ''}`);
    } catch (error) {
      throw valueError(`wrong regular expression '${this.#pattern}': ${(error as Error).message.replace(/^.*\/\w*: /, '')}`);
    }
  }

  #setFlags(letters: string): void {
    this.#ignorecase ||= letters.includes('i');
    this.#multiline ||= letters.includes('m');
    this.#dotall ||= letters.includes('s');
    this.#verbose ||= letters.includes('x');
  }

  #next(): string {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!);
    const rest = this.#pattern.slice(this.#at);
    if (character === '\\') return this.#escape(false);
    if (character === '[') return this.#set();
    if (character === '(' && rest.startsWith('(?')) return this.#extension(rest);
    if (this.#verbose) {
      const skipped = /^(?:\s+|#[^\n]*)/.exec(rest)?.[0];
      if (skipped !== undefined) {
        this.#at += skipped.length;
        return '';
      }
    }
    if (character === '{') {
      const bounds = /^\{(\d*)(,?)(\d*)\}/.exec(rest);
      const isBounds = bounds !== null && (bounds[1] !== '' || bounds[3] !== '');
      this.#at += isBounds ? bounds[0].length : 1;
      if (!isBounds) return '\\{';
      return bounds[1] === '' ? `{0,${bounds[3]!}}` : bounds[0];
    }
    this.#at += character.length;
    if (character === '$') return this.#multiline ? '(?=\\n|(?![\\s\\S]))' : '(?=\\n?(?![\\s\\S]))';
    if (character === '.') return this.#dotall ? '.' : '[^\\n]';
    if (character === '^' && this.#multiline) return '(?<![^\\n])';
    return character === '}' || character === ']' ? `\\${character}` : character;
  }

  #extension(rest: string): string {
    const take = (match: RegExpExecArray, result: string): string => {
      this.#at += match[0].length;
      return result;
    };
    const named = /^\(\?P<(\w+)>/u.exec(rest);
    if (named !== null) return take(named, `(?<${named[1]!}>`);
    const reference = /^\(\?P=(\w+)\)/u.exec(rest);
    if (reference !== null) return take(reference, `\\k<${reference[1]!}>`);
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment !== null) return take(comment, '');
    const flags = /^\(\?([aiLmsux]+)\)/.exec(rest);
    if (flags !== null) throw valueError(`global flags not at the start of the expression '${this.#pattern}'`);
    const scoped = /^\(\?[aiLmsux-]+:/.exec(rest);
    if (scoped !== null) throw valueError(`flags for a part of an expression are not supported: '${scoped[0]}'`);
    const group = /^\(\?(?:[:=!]|<[=!])/.exec(rest);
    if (group !== null) return take(group, group[0]);
    throw valueError(`unknown extension in the regular expression: '${rest.slice(0, 4)}'`);
  }

  #escape(inSet: boolean): string {
    const rest = this.#pattern.slice(this.#at);
    if (rest.length === 1) throw valueError(`bad escape (end of pattern) in '${this.#pattern}'`);
    const hex = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (hex !== null) {
      this.#at += hex[0].length;
      return `\\u{${(hex[1] ?? hex[2] ?? hex[3])!}}`;
    }
    const octal = /^\\(0[0-7]{0,2}|[0-3][0-7]{2})/.exec(rest);
    if (octal !== null) {
      this.#at += octal[0].length;
      return `\\u{${parseInt(octal[1]!, 8).toString(16)}}`;
    }
    const number = inSet ? null : /^\\[1-9]\d?/.exec(rest);
    if (number !== null) {
      this.#at += number[0].length;
      return `(?:${number[0]})`;
    }
    const letter = String.fromCodePoint(rest.codePointAt(1)!);
    this.#at += 1 + letter.length;
    if (letter in controls) return controls[letter]!;
    if (letter === 'b') return inSet ? '\\x08' : wordBoundary;
    if (letter === 'W') return inSet ? '\\W' : '[^\\p{L}\\p{N}_]';
    if (letter in classes) return inSet || letter !== 'w' ? classes[letter]! : `[${classes['w']!}]`;
    if (!inSet && letter === 'B') return '\\B';
    if (!inSet && letter === 'A') return '(?<![\\s\\S])';
    if (!inSet && letter === 'Z') return '(?![\\s\\S])';
    if (/[A-Za-z0-9]/.test(letter)) throw valueError(`bad escape \\${letter} in the regular expression '${this.#pattern}'`);
    return literal(letter);
  }

  /** `[…]`: brackets and signs that JavaScript would read otherwise are escaped. */
  #set(): string {
    const start = this.#at;
    this.#at++;
    let result = '[';
    if (this.#pattern[this.#at] === '^') {
      result += '^';
      this.#at++;
    }
    let isFirst = true;
    for (;;) {
      const character = this.#pattern.codePointAt(this.#at);
      if (character === undefined) throw valueError(`unterminated character set at position ${start} of '${this.#pattern}'`);
      const letter = String.fromCodePoint(character);
      if (letter === ']' && !isFirst) break;
      isFirst = false;
      if (letter === '\\') {
        const escaped = this.#escape(true);
        // A class can't be the start of a range: the hyphen after it stands for itself.
        const isClass = /^\\[pPsSW]/.test(escaped);
        result += escaped;
        if (isClass && this.#pattern[this.#at] === '-' && this.#pattern[this.#at + 1] !== ']') {
          result += '\\-';
          this.#at++;
        }
      } else {
        this.#at += letter.length;
        result += letter === '-' ? this.#hyphen() : literal(letter);
      }
    }
    this.#at++;
    return `${result}]`;
  }

  /** A hyphen at either end of a set or before a class stands for itself. */
  #hyphen(): string {
    const before = this.#pattern[this.#at - 2];
    const isEdge = before === '[' || (before === '^' && this.#pattern[this.#at - 3] === '[') || this.#pattern[this.#at] === ']';
    const beforeClass = /^\\[dDwWsS]/.test(this.#pattern.slice(this.#at));
    return isEdge || beforeClass ? '\\-' : '-';
  }
}

const wordBoundary = '(?:(?<=[\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_])|(?<![\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_]))';

function literal(letter: string): string {
  return /[\\^$.|?*+()[\]{}/-]/.test(letter) ? `\\${letter}` : letter;
}

/** The text that a replacement with \1 and \g<name> stands for in one match. Throws for a group that isn't there. */
export function expandReplacement(template: string, match: RegExpExecArray): string {
  return template.replace(/\\(?:g<(\w+)>|(0[0-7]{0,2}|[1-9]\d?)|([\s\S]))/g, (whole, name?: string, digits?: string, letter?: string) => {
    if (digits?.startsWith('0') === true) return String.fromCodePoint(parseInt(digits, 8));
    const reference = name ?? digits;
    if (reference !== undefined) return groupOf(match, reference) ?? '';
    const control = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\' }[letter!];
    if (control !== undefined) return control;
    if (/[A-Za-z]/.test(letter!)) throw valueError(`bad escape \\${letter!} in the replacement '${template}'`);
    return whole;
  });
}

/** A group of a match by number or name; undefined when it took no part. Throws when there is none of this name. */
export function groupOf(match: RegExpExecArray, reference: string): string | undefined {
  if (/^\d+$/.test(reference)) {
    if (Number(reference) >= match.length) throw valueError(`invalid group reference ${reference} in the regular expression`);
    return match[Number(reference)];
  }
  if (match.groups === undefined || !Object.hasOwn(match.groups, reference)) throw valueError(`unknown group name '${reference}' in the regular expression`);
  return match.groups[reference];
}

/** All matches from the left, empty ones too. */
export function allMatches(regex: RegExp, source: string): RegExpExecArray[] {
  regex.lastIndex = 0;
  return [...source.matchAll(regex)] as RegExpExecArray[];
}
