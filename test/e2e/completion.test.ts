/** The completion scripts in the real shells. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../harness/ctplay.ts';
import { Terminal } from '../harness/terminal.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-completion-'));
const script = (shell: string): string => path.join(folder, `ctplay.${shell}`);

beforeAll(() => {
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(script(shell), execFileSync(process.execPath, [bundle, 'completion', shell]));
  writeFileSync(path.join(folder, 'site.yaml'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is offered for the last word of a command line. */
const complete: Readonly<Record<'bash' | 'fish', (line: string) => string[]>> = {
  bash: (line) => {
    const program = `source ${script('bash')}; COMP_WORDS=(${line.endsWith(' ') ? `${line} ''` : line.replace('=', ' = ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _ctplay; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return words(execFileSync('bash', ['--norc', '-c', program], { cwd: folder, encoding: 'utf8' }));
  },
  fish: (line) => words(execFileSync('fish', ['--no-config', '-c', `source ${script('fish')}; complete -C '${line}'`], { cwd: folder, encoding: 'utf8', env: { ...process.env, HOME: folder } }).replace(/\t.*$/gm, '')),
};

function words(text: string): string[] {
  return text.split('\n').filter((word) => word !== '').sort();
}

describe.each(['bash', 'fish'] as const)('%s', (shell) => {
  it.each([
    ['ctplay re', ['reset']],
    ['ctplay lab ', ['down', 'ls', 'prune', 'ssh', 'up']],
    ['ctplay run --che', ['--check']],
    ['ctplay run site.yaml --output ', ['json', 'junit', 'live', 'plain']],
    ['ctplay run sit', ['site.yaml']],
    ['ctplay run -i sit', ['site.yaml']],
    ['ctplay run --limit ', []],
    ['ctplay doc create_br', ['create_bridge']],
    ['ctplay completion z', ['zsh']],
    ['ctplay lab up --na', ['--name']],
  ])('%j', (line, offered) => expect(complete[shell](line)).toEqual(offered));
});

it('bash: a value behind an equals sign', () => expect(complete.bash('ctplay run --output=js')).toEqual(['json']));

it('zsh', async () => {
  const terminal = new Terminal({ env: { HOME: folder } });
  try {
    terminal.run(`cd ${folder}; exec zsh -f`);
    terminal.run(`PS1='%% '; autoload -U compinit; compinit -u; source ${script('zsh')}; clear`);
    await terminal.until((screen) => screen.join('') === '%');
    const press = async (line: string, key: string, expected: RegExp): Promise<void> => {
      terminal.press('C-u');
      terminal.type(line);
      terminal.press(key);
      await terminal.until((screen) => expected.test(screen.join('\n')));
    };
    await press('ctplay re', 'Tab', /^% ctplay reset *$/m);
    await press('ctplay run --che', 'Tab', /^% ctplay run --check *$/m);
    await press('ctplay run -i sit', 'Tab', /^% ctplay run -i site\.yaml *$/m);
    await press('ctplay run --output=js', 'Tab', /^% ctplay run --output=json *$/m);
    await press('ctplay doc create_br', 'Tab', /^% ctplay doc create_bridge *$/m);
    await press('ctplay lab u', 'Tab', /^% ctplay lab up *$/m);
    await press('ctplay lab ', 'Tab', /^down +-- end a lab and remove all that it made$/m);
  } finally {
    terminal.close();
  }
});
