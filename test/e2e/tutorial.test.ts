/** docs/tutorial.md, command by command: its files are written, its commands run, what they print is compared. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { root, workspace } from '../harness/ctplay.ts';
import { removeTestLab, testLabName } from '../harness/lab.ts';

interface Block {
  readonly language: string;
  readonly line: number;
  readonly lines: readonly string[];
}

/** The fenced blocks of a text, with the line on which each begins. */
function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  markdown.split('\n').forEach((text, index) => {
    if (!text.startsWith('```')) open?.lines.push(text);
    else if (open) {
      blocks.push(open);
      open = undefined;
    } else open = { language: text.slice(3), line: index + 1, lines: [] };
  });
  return blocks;
}

/** A line that is `…` stands for any lines, within a line it stands for any text. */
function pattern(expected: readonly string[]): RegExp {
  const escaped = expected.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')}\\n`));
  return new RegExp(`^${escaped.join('')}$`);
}

/** Hosts end in any order: what ad-hoc commands print is put into that of the manual. */
function inOrderOfHosts(output: string): string {
  if (!/^host\d \| /.test(output)) return output;
  return output.split(/^(?=host\d \| )/m).sort().join('');
}

const tutorial = readFileSync(path.join(root, 'docs/tutorial.md'), 'utf8');
// The lab of the tutorial must not be one that somebody works with.
const name = testLabName();
const files = workspace();
const inTest = (command: string): string => command.replace(/ctplay lab (up|down|ssh)/g, `ctplay lab $1 --name ${name}`).replaceAll('inventories/lab', `inventories/${name}`);
const asWritten = (output: string): string => output.replaceAll(name, 'lab').replace(/[^\n]$/, '$&\n');

afterAll(async () => {
  await removeTestLab(name);
  files.dispose();
});

describe('the tutorial', () => {
  for (const { language, line, lines } of blocksOf(tutorial)) {
    if (language === 'yaml') {
      it(`line ${line}: ${lines[0]!}`, () => {
        const file = /^# (\S+)$/.exec(lines[0]!)![1]!;
        expect(files.write(inTest(file), `${lines.slice(1).join('\n')}\n`)).toContain(files.folder);
      });
      continue;
    }
    for (const step of stepsOf(lines)) {
      it(`line ${line}: ${step.command}`, () => {
        const { stdout, stderr } = spawnSync('sh', ['-c', inTest(step.command)], { cwd: files.folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', PATH: `${path.join(root, 'bin')}:${process.env['PATH']!}` } });
        expect(asWritten(inOrderOfHosts(stdout) + stderr)).toMatch(pattern(step.expected));
      });
    }
  }
});

function stepsOf(lines: readonly string[]): { command: string; expected: string[] }[] {
  const steps: { command: string; expected: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), expected: [] });
    else steps.at(-1)!.expected.push(line);
  }
  return steps;
}
