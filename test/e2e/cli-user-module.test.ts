/** A module of the user's own, as the manual shows it, in a folder that knows nothing of ctplay. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
const manual = readFileSync(path.join(root, 'docs/modules-of-your-own.md'), 'utf8');
const block = (language: string): string => new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(manual)![1]!;

let files: Workspace;
beforeAll(() => {
  files = workspace();
  files.write('modules/network_namespace.mjs', block('js'));
  files.write('site.yaml', block('yaml'));
});
afterAll(() => files.dispose());

const run = (...args: string[]): Promise<Ended> => startCtplay(args, { cwd: files.folder }).ended;

describe('a module beside the playbook', () => {
  it('changes, has nothing left to change, and is taken back from anywhere', async () => {
    const inventory = ['-i', lab().inventory];
    expect((await run('run', 'site.yaml', ...inventory, '--check')).stdout).toContain('would change');
    expect(await lab().output('host1', 'ip netns list')).toBe('');
    expect((await run('run', 'site.yaml', ...inventory)).stdout).toMatch(/^host1 {2}changed {2}A namespace for the router .*\n {4}create namespace router/m);
    expect(await lab().output('host1', 'ip netns list')).toBe('router');
    expect((await run('run', 'site.yaml', ...inventory)).stdout).toMatch(/^host1 {2}ok {7}A namespace for the router/m);
    expect((await run('explain', 'site.yaml', ...inventory)).stdout).toContain('nothing to do');
    expect((await startCtplay(['reset', ...inventory]).ended).stdout).toMatch(/^host1 {2}changed {2}namespace router .*\n {4}delete namespace router/m);
    expect(await lab().output('host1', 'ip netns list')).toBe('');
  });

  it('has its page', async () => {
    expect((await run('doc', 'network_namespace')).stdout).toContain('Make or remove a network namespace');
  });

  it.each([
    ['a word that is no JavaScript', 'foo bar', /broken\.mjs can't be loaded[^]*SyntaxError: Unexpected identifier/],
    ['an import that is not there', "import { nothing_such } from 'ctplay';", /SyntaxError: .*nothing_such/],
    ['an error of its own', 'const a = 1;\nb.c;', /ReferenceError: b is not defined[^]*broken\.mjs:2:1/],
    ['no default export', 'export const a = 1;', /is no module[^]*defineModule/],
  ])('with %s is told where, and without a stack', async (_what, text, message) => {
    files.write('modules/broken.mjs', text);
    files.write('broken.yaml', '- hosts: all\n  tasks:\n    - broken: {}\n');
    const ended = await run('run', 'broken.yaml', '-i', 'h,');
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toContain('bundle.cjs');
  });
});
