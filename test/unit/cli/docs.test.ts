/** What the manual promises about things that only the source knows. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CtplayError, type ErrorCode } from '../../../src/errors.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

describe('docs/errors.md', () => {
  const documented = [...read('docs/errors.md').matchAll(/^\| `([a-z.-]+)` \|/gm)].map((match) => match[1]!);

  it('has every code once', () => {
    const known = [...read('src/errors.ts').matchAll(/^ {2}\| '([a-z.-]+)'/gm)].map((match) => match[1]!).filter((code) => code !== 'internal');
    expect([...documented].sort()).toEqual(known.sort());
  });

  it.each(['usage.option', 'task.failed', 'precondition', 'ssh.auth', 'host.locked', 'vault'] as const)('has %s below its exit status', (code: ErrorCode) => {
    const heading = read('docs/errors.md').split(`| \`${code}\` |`)[0]!.split('\n').filter((line) => line.startsWith('## ')).at(-1);
    const { exitStatus } = new CtplayError(code, 'x');
    expect(heading).toBe({ 1: '## Before the run', 2: '## On a host', 4: '## Reaching a host' }[exitStatus as 1 | 2 | 4]);
  });
});

describe('links', () => {
  const pages = ['README.md', ...readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  it.each(pages)('of %s lead somewhere', (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#([^)]*))?\)/g)].filter((match) => !/^https?:/.test(match[1]!));
    for (const [, file, anchor] of targets) {
      const target = path.join(root, path.dirname(page), file!);
      expect(existsSync(target), `${page} → ${file!}`).toBe(true);
      if (anchor === undefined) continue;
      const anchors = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));
      expect(anchors, `${page} → ${file!}#${anchor}`).toContain(anchor);
    }
  });
});
