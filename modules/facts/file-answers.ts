/** What file-script.ts prints of several paths, taken apart for each of them. */
import { createHash } from 'node:crypto';
import type { ReadResult } from '../../src/module.ts';
import type { FileInQuestion } from './file-script.ts';

interface Answer {
  readonly question: FileInQuestion;
  readonly fields: string[];
  path: string;
  /** Of a content that comes together with others. */
  bytes: number;
  /** stat(1) told of it. */
  found: boolean;
}

/** The fields of each of `files`, as if it had been asked for alone. Never throws. */
export function splitAnswers({ status, stdout, stderr }: ReadResult, files: readonly FileInQuestion[]): ReadResult[] {
  const answers = files.map((question): Answer => ({ question, fields: question.known === undefined ? [] : [`sha256=${question.known}`], path: '', bytes: 0, found: false }));
  let current: Answer | undefined;
  let order = [...answers];
  const fields = stdout.split('\0');
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at]!;
    const equals = field.indexOf('=');
    const value = field.slice(equals + 1);
    switch (field.slice(0, equals)) {
      case 'file':
        current = answers[Number(value)];
        break;
      case 'order':
        order = value.trim().split(' ').flatMap((index) => answers[Number(index)] ?? []);
        break;
      case 'stats':
        shareStats(value, [...answers]);
        break;
      case 'text':
        current?.fields.push(...fieldsOfText(value, current.question));
        break;
      case 'targets':
        // An empty field ends them, which no link holds.
        for (const { fields: own } of order) if (fields[at + 1] !== '') own.push(`target=${fields[++at]}`);
        at++;
        break;
      case 'checksums':
        while (++at < fields.length && fields[at] !== '') {
          const [, checksum, path] = /^([0-9a-f]+) [ *]([^]*)$/.exec(fields[at]!) ?? [];
          next(order, (one) => one === path)?.fields.push(`checksum=${checksum}`);
        }
        break;
      case 'mimes':
        // One line for each, whatever there is to say.
        value.split('\n').forEach((line, place) => order[place]?.fields.push(`mime=${line}`));
        break;
      case 'attributes':
        for (const line of value.split('\n')) {
          const [, attributes, path] = /^\s*(\S+\s+\S+) ([^]*)$/.exec(line) ?? [];
          next(order, (one) => one.split('\n')[0] === path)?.fields.push(`attributes=${attributes}`);
        }
        break;
      case 'digests':
        for (const line of value.split('\n')) {
          const [, escaped, digest, path] = /^(\\?)([0-9a-f]{64}) [ *]([^]*)$/.exec(line) ?? [];
          if (digest !== undefined) next(order, (one) => escaped !== '' || one === path)?.fields.push(`sha256=${digest}`);
        }
        break;
      case 'bytes':
        value.trim().split(' ').forEach((bytes, place) => order[place] && (order[place].bytes = Number(bytes)));
        break;
      case 'contents':
        shareContents(Buffer.from(value, 'base64'), order);
        break;
      default:
        if (field.startsWith('path=') && current) current.path = value;
        if (equals > 0) current?.fields.push(field);
    }
  }
  shareComplaints(stderr, answers.filter(({ found }) => !found));
  return answers.map((answer) => ({ status, stdout: answer.fields.map((field) => `${field}\0`).join(''), stderr }));
}

/** What was read for a path alone comes as the script gives it, what was read with others is split already. */
export function ownAnswer(result: ReadResult, asked: FileInQuestion): ReadResult {
  return result.stdout.startsWith('file=') ? splitAnswers(result, [asked])[0]! : result;
}

/** Takes the next one about such a path from a program's answers, and those before it, of which it said nothing. */
function next(order: Answer[], isIt: (path: string) => boolean): Answer | undefined {
  const place = order.findIndex(({ path }) => isIt(path));
  return place < 0 ? undefined : order.splice(0, place + 1).at(-1);
}

/** What was asked of a file whose content is at hand. */
function fieldsOfText(text: string, { digest, content, details }: FileInQuestion): string[] {
  const hash = (algorithm: string): string => createHash(algorithm).update(text).digest('hex');
  const sha256 = hash('sha256');
  return [
    ...((digest ?? false) === false && content === undefined ? [] : [`sha256=${sha256}`]),
    ...(content === undefined || content.unless === sha256 ? [] : [`content=${Buffer.from(text).toString('base64')}`]),
    ...(details?.checksum === undefined ? [] : [`checksum=${hash(details.checksum)}`]),
  ];
}

/** Lines of stat(1), as file-script.ts asks for them; a path that isn't there has none. The name ends where a quoted one or the line's end follows. */
function shareStats(stats: string, order: Answer[]): void {
  const line = /^(\S+(?: \S+)+)\t(.*?)\t(.*?)\t/gm;
  for (let match = line.exec(stats); match !== null; match = line.exec(stats)) {
    const [, stat, owner, group] = match;
    const start = line.lastIndex;
    const one = next(order, (path) => stats.startsWith(`${path}\t`, start) && ['', '\n', '"', "'"].includes(stats.charAt(start + path.length + 1)));
    if (!one) continue;
    line.lastIndex += one.path.length + 1;
    const target = / -> "((?:[^"\\]|\\.)*)"$/.exec(stats.slice(line.lastIndex, lineEnd(stats, line.lastIndex)))?.[1];
    one.found = true;
    one.fields.push(`stat=${stat}`, `owner=${owner}`, `group=${group}`, ...(target === undefined ? [] : [`target=${unescaped(target)}`]));
  }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** What a string of C stands for, each byte that is no ASCII in octal. */
function unescaped(text: string): string {
  const bytes = text.replace(/\\([0-7]{3}|.)/g, (_escape, sign: string) => (sign.length === 3 ? String.fromCharCode(Number.parseInt(sign, 8)) : (escapes[sign] ?? sign)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** stat(1) has one line for each path that it can't tell of. Where there are fewer or more, some path came or went meanwhile. */
function shareComplaints(stderr: string, answers: readonly Answer[]): void {
  const lines = stderr.split('\n').filter((line) => line.startsWith('stat: '));
  if (lines.length > 0) answers.forEach(({ fields }, place) => fields.push(`errors=${lines.length === answers.length ? lines[place]! : 'it came or went while it was looked at'}`));
}

/** Contents that follow one another. One that changed since its size was read moves all after it, which their digests tell. */
function shareContents(contents: Buffer, answers: readonly Answer[]): void {
  let start = 0;
  for (const { fields, bytes } of answers) {
    const content = contents.subarray(start, (start += bytes));
    if (fields.includes(`sha256=${createHash('sha256').update(content).digest('hex')}`)) fields.push(`content=${content.toString('base64')}`);
  }
}
