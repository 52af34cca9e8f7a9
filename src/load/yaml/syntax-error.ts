/** The parser's complaints in words that lead to the mistake, which often stands before the place where the parser stumbled. */
import type { YAMLParseError } from 'yaml';
import { CtplayError, type SourceSpan } from '../../errors.ts';

type SpanAt = (from: number, to: number) => SourceSpan;

interface Diagnosis {
  readonly message: string;
  readonly hint?: string;
  /** Where the mistake is, when it isn't where the parser stopped. */
  readonly from?: number;
  readonly to?: number;
}

/** The text, and what is known of it although it is malformed. */
export interface Malformed {
  readonly text: string;
  readonly lastQuote: number | undefined;
  readonly spanAt: SpanAt;
}

/** A yaml.syntax error for what the parser found first. */
export function syntaxError(error: YAMLParseError, { text, lastQuote, spanAt }: Malformed): CtplayError {
  const [from, to] = error.pos;
  const found = isOpenQuote(error) && lastQuote !== undefined ? { ...openQuote, from: lastQuote, to: lastQuote + 1 } : diagnose(error, text, from);
  return new CtplayError('yaml.syntax', found.message, { span: spanAt(found.from ?? from, found.to ?? Math.max(to, from + 1)), hint: found.hint });
}

/** `key: {{ variable }}` is YAML for a mapping in a mapping; a mapping as a key is nothing else in a playbook. */
export function unquotedTemplate(text: string, from: number, to: number, spanAt: SpanAt): CtplayError {
  const isTemplate = text[from] === '{' && text[from - 1] === '{';
  if (!isTemplate) return new CtplayError('yaml.syntax', 'a key must be a plain word or a string', { span: spanAt(from, to), hint: 'Lists and mappings can stand only as values.' });
  const close = text.indexOf('}}', from);
  return new CtplayError('yaml.syntax', 'a value that starts with {{ must be quoted', {
    span: spanAt(from - 1, close < 0 ? to : close + 2),
    hint: quoted(lineAt(text, from).text),
  });
}

function diagnose(error: YAMLParseError, text: string, offset: number): Diagnosis {
  const line = lineAt(text, offset);
  const tab = /^[ ]*\t/.exec(line.text);
  if (tab || error.code === 'TAB_AS_INDENT') {
    const at = line.start + (tab ? tab[0].length - 1 : 0);
    return { message: 'a tab is used for indentation', hint: 'YAML is indented with blanks alone; replace the tab by blanks.', from: at, to: at + 1 };
  }
  if (/^\s*(?:- +)*(?:[\w.-]+:\s+)?\{\{/.test(line.text)) {
    const from = line.start + line.text.indexOf('{{');
    const close = text.indexOf('}}', from);
    return { message: 'a value that starts with {{ must be quoted', hint: quoted(line.text), from, to: close < 0 ? from + 2 : close + 2 };
  }
  const inFlow = /[[{,][^'"]*?\{\{[^'"]*?\}\}/.exec(line.text);
  if (inFlow && error.code === 'UNEXPECTED_TOKEN') {
    const from = line.start + line.text.indexOf('{{', inFlow.index);
    return { message: 'a value with {{ in it must be quoted here', hint: 'Inside [ ] and { } a brace starts a mapping: put the value into quotes.', from, to: text.indexOf('}}', from) + 2 };
  }
  const glued = missingBlank(text, line);
  if (glued) return glued;
  return byCode(error, line);
}

/** `name:value` without the blank makes the line a plain string, which the parser notices only at the next line. */
function missingBlank(text: string, line: Line): Diagnosis | undefined {
  const before = line.start > 0 ? lineAt(text, line.start - 1) : undefined;
  for (const candidate of [line, before]) {
    const match = candidate && /^(\s*(?:- +)?)([A-Za-z_][\w.]*):(?=[^\s:/])/.exec(candidate.text);
    if (!match) continue;
    const colon = candidate.start + match[0].length - 1;
    return { message: `a blank is missing after '${match[2]!}:'`, hint: `Write '${match[2]!}: ${candidate.text.slice(match[0].length)}'.`, from: colon, to: colon + 1 };
  }
  return undefined;
}

function byCode(error: YAMLParseError, line: Line): Diagnosis {
  switch (error.code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      return /:\s.*:\s/.test(line.text) || /:\s.*:$/.test(line.text)
        ? { message: "this value holds a ': ' and so looks like a mapping in a mapping", hint: 'Quote the whole value.' }
        : { message: 'this line has a value and then deeper lines below it', hint: 'Is the next line indented too far, or does the key need to stand alone, with its value below?' };
    case 'MULTILINE_IMPLICIT_KEY':
      return { message: 'this is neither a key with a colon nor a list item', hint: 'Is a colon missing after the key, or is the line below it indented by a wrong number of blanks?' };
    case 'UNEXPECTED_TOKEN':
      return /['"][^'"]*['"]\s*\S/.test(line.text)
        ? { message: 'there is text after the closing quote', hint: requote(line.text) }
        : { message: 'this does not fit here', hint: "Check the indentation, and the line above for a missing colon or '-'." };
    case 'MISSING_CHAR':
      return missingCharacter(error);
    case 'BAD_SCALAR_START':
      return { message: `a value can't start with '${line.text[error.linePos ? error.linePos[0].col - 1 : 0] ?? ''}'`, hint: 'Quote the value.' };
    case 'BAD_INDENT':
      return /Flow|flow/.test(error.message)
        ? { message: 'a [ or { is not closed, or closed at a wrong place', hint: 'Every [ needs a ] and every { a }, and lines between them are indented deeper than the key.' }
        : { message: 'this line is indented by a number of blanks that fits nothing above it', hint: 'Lines of one list or mapping start in the same column.' };
    case 'BAD_DQ_ESCAPE':
      return { message: 'in double quotes a backslash starts an escape, and there is no such escape', hint: 'Use single quotes, or double the backslash.' };
    default:
      return { message: plainMessage(error) };
  }
}

const openQuote: Diagnosis = { message: 'a quote is opened and never closed', hint: 'A quote inside a quoted text is doubled in single quotes, and has a backslash before it in double quotes.' };

function isOpenQuote(error: YAMLParseError): boolean {
  return error.code === 'MISSING_CHAR' && error.message.includes('quote');
}

function missingCharacter(error: YAMLParseError): Diagnosis {
  if (isOpenQuote(error)) return openQuote;
  if (/indicator/.test(error.message)) {
    return { message: 'this line is indented by a number of blanks that fits nothing above it', hint: 'Lines of one list or mapping start in the same column.' };
  }
  return { message: plainMessage(error) };
}

function plainMessage(error: YAMLParseError): string {
  const first = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  return first.charAt(0).toLowerCase() + first.slice(1);
}

interface Line {
  readonly text: string;
  readonly start: number;
}

function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return { start, text: text.slice(start, end < 0 ? undefined : end) };
}

function quoted(line: string): string {
  const match = /^\s*(?:- +)?(?:([\w.-]+): +)?(\{\{.*)$/.exec(line);
  if (!match) return 'Write it in quotes: "{{ … }}".';
  const value = match[2]!.trimEnd().replaceAll('"', "'");
  return `Write ${match[1] === undefined ? '' : `${match[1]}: `}"${value}"`;
}

/** How to quote a value that goes on after its closing quote. */
function requote(line: string): string {
  const advice = 'Put the whole value into one pair of quotes';
  const condition = /^\s*(?:- +)?(?:when|until|changed_when|failed_when|that): +(.*\S)\s*$/.exec(line);
  if (condition) return `${advice}: ${condition[1]!.includes("'") ? `"${condition[1]!.replaceAll('"', "'")}"` : `'${condition[1]!}'`}`;
  // Where one line holds several values, the end of this one can't be told.
  if (/^\s*(?:- +)?(?:[\w.-]+: +)?[[{]/.test(line)) return `${advice}, and use the other kind of quotes inside it.`;
  const match = /:\s+(['"])(.*)$/.exec(line);
  const quote = match?.[1] ?? '"';
  const rest = (match?.[2] ?? line.trim()).trimEnd();
  // Quotes in an expression belong to it.
  const other = quote === '"' ? "'" : '"';
  if (rest.endsWith(quote) && rest.split(/(?<=\{\{)|(?=\}\})/).some((part, index, parts) => parts[index - 1]?.endsWith('{{') === true && part.includes(quote))) {
    return `${advice}, and use the other kind inside it: ${quote}${rest.slice(0, -1).replaceAll(quote, other)}${quote}`;
  }
  const inner = rest.replaceAll(quote, '');
  return `${advice}: ${quote === "'" ? `'${inner}'` : `"${inner.replaceAll('"', "'")}"`}`;
}
