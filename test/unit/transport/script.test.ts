import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LINE_PROGRAM, batchStart, bootScript, encodeLine, printfEscape, requestLine } from '../../../src/transport/script.ts';

describe('request lines', () => {
  const request = { id: 7, index: 2, when: 'always', script: 'echo', input: { kind: 'none' } } as const;

  it.each([
    ['a plain step', request, '__ctplay 7 2 always echo\n'],
    ['a dependent step', { ...request, when: 'succeeded' } as const, '__ctplay 7 2 succeeded echo\n'],
    ['a step of the shell itself', { ...request, inShell: true }, '__ctplay 7 2 always echo inshell\n'],
    ['a program', { ...request, script: 'mkdir a' }, "__ctplay 7 2 always 'exec mkdir a'\n"],
    ['a step of the shell itself that says nothing of its success', { ...request, inShell: true, silent: true }, '__ctplay 7 2 always echo silent\n'],
    ['a program of the shell itself', { ...request, script: 'mkdir a', inShell: true }, "__ctplay 7 2 always 'mkdir a' inshell\n"],
    ['quotes and lines', { ...request, script: "echo 'a'\nb" }, "__ctplay 7 2 always 'echo '\\''a'\\''\nb'\n"],
    ['text for a program', { ...request, script: 'tee a', input: { kind: 'text', text: 'b' } } as const, "__ctplay 7 2 always 'exec tee a' %s b\n"],
    ['text', { ...request, input: { kind: 'text', text: '%s\n' } } as const, "__ctplay 7 2 always echo %s '%s\n'\n"],
    ['bytes', { ...request, input: { kind: 'bytes', bytes: Buffer.from([0, 92, 65]) } } as const, "__ctplay 7 2 always echo %b '\\0000\\0134A'\n"],
    ['inherited input', { ...request, input: { kind: 'inherited' } } as const, '__ctplay 7 2 always echo inherited\n'],
  ])('write %s', (_name, given, line) => {
    expect(requestLine(given)).toBe(line);
  });

  it('refuse NUL in a script', () => {
    expect(() => requestLine({ ...request, script: 'a\0b' })).toThrow(RangeError);
  });
});

it('never writes the nonce in one piece', () => {
  expect(bootScript({ first: '0123456789abcdef', second: 'fedcba9876543210' })).not.toContain('0123456789abcdeffedcba9876543210');
});

// BusyBox and bash stand for the shells of other hosts; what isn't installed here is left to the machines that have it.
const shells = [
  ['sh', ['/bin/sh']],
  ['bash', ['bash', '--posix']],
  ['BusyBox', ['busybox', 'sh']],
  ['dash', ['dash']],
].filter(([, words]) => runs(words as string[])) as [string, string[]][];

describe.each(shells)('in %s', (_name, [program, ...words]) => {
  const nonce = { first: 'aaaaaaaaaaaaaaaa', second: 'bbbbbbbbbbbbbbbb' };
  const mark = nonce.first + nonce.second;
  const feed = (input: string | Buffer, more: string[] = []): string => execFileSync(program!, [...words, ...more], { input, encoding: 'latin1', stdio: ['pipe', 'pipe', 'ignore'] });

  it('every byte comes through printf', () => {
    const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), randomBytes(2000)]);
    const line = requestLine({ id: 1, index: 0, when: 'always', script: 'cat', input: { kind: 'bytes', bytes } });
    expect(feed(bootScript(nonce) + batchStart('') + line).split('\n').slice(1).join('\n')).toBe(`${bytes.toString('latin1')}${mark} 1 0\n`);
    expect(printfEscape(bytes)).toMatch(/^[ -~]*$/);
  });

  it('a batch runs to its end and remembers the first failure', () => {
    const steps = [
      { when: 'always', script: 'exit 1' },
      { when: 'succeeded', script: 'set -e; false; :' },
      { when: 'succeeded', script: 'echo no' },
      { when: 'always', script: 'echo $CTPLAY_FAILED $#' },
      { when: 'always', script: 'if' },
      { when: 'always', script: 'cat', input: { kind: 'text', text: "it's\n" } },
      { when: 'always', script: '${nothing:?}' },
      { when: 'always', script: 'unset -f __ctplay; __ctplay_1=x; exec >&-' },
      { when: 'always', script: 'cat; echo end' },
      { when: 'always', script: '__ctplay_own=kept; printf lost >/dev/full', inShell: true },
      { when: 'succeeded', script: 'echo never', inShell: true },
      { when: 'always', script: 'cat; printf lost >>/dev/null/file', inShell: true },
      { when: 'always', script: 'echo $__ctplay_own' },
      { when: 'always', script: '__ctplay_own=quiet', inShell: true, silent: true },
      { when: 'always', script: 'echo $__ctplay_own; (exit 3)', inShell: true, silent: true },
      { when: 'succeeded', script: ':', inShell: true, silent: true },
    ] as const;
    const lines = steps.map((step, index) => requestLine({ input: { kind: 'none' }, ...step, id: index + 1, index }));
    const answers = feed(bootScript(nonce) + batchStart('') + lines.join(''));
    const [boot, ...rest] = answers.split('\n');
    expect(boot).toMatch(new RegExp(`^${mark} 0 \\d+$`));
    expect(rest.map((line) => line.replace(mark, '=').replace(/^(= (?:5|7|10|12)) [1-9]\d*$/, '$1 failed'))).toEqual([
      '= 1 1', '= 2 1', '= 3 -', '1:1 0', '= 4 0', '= 5 failed', "it's", '= 6 0', '= 7 failed', '= 8 0', 'end', '= 9 0', '= 10 failed', '= 11 -', '= 12 failed', 'kept', '= 13 0', 'quiet', '= 15 3', '= 16 -', '',
    ]);
  });

  it('a line program leaves what follows its line to the script', () => {
    const script = bootScript(nonce) + batchStart('3:4') + requestLine({ id: 1, index: 5, when: 'always', script: 'printf "%s\\n" "a\\\\b" $CTPLAY_FAILED\ncat', input: { kind: 'inherited' } });
    const rest = randomBytes(100_000);
    const output = feed(Buffer.concat([Buffer.from(encodeLine(script)), rest]), ['-c', LINE_PROGRAM]);
    expect(output.slice(output.indexOf('\n') + 1)).toBe(`a\\b\n3:4\n${rest.toString('latin1')}${mark} 1 0\n`);
  });
});

function runs([program, ...words]: string[]): boolean {
  try {
    execFileSync(program!, [...words, '-c', ':'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
