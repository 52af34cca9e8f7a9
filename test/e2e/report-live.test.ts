/** The live view on a real terminal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Terminal, type TerminalOptions } from '../harness/terminal.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-report-'));
const program = path.join(folder, 'show.mjs');

beforeAll(async () => {
  const require = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({ entryPoints: [path.join(import.meta.dirname, '../harness/show-report.ts')], outfile: program, bundle: true, format: 'esm', platform: 'node', target: 'node20', banner: { js: require } });
});
afterAll(() => rmSync(folder, { recursive: true }));

let terminal: Terminal;
afterEach(() => terminal.close());

function show(run: object, options: TerminalOptions & { readonly prefix?: string } = {}): Terminal {
  terminal = new Terminal(options);
  terminal.run(`clear; ${options.prefix ?? ''} node ${program} '${JSON.stringify(run)}'; echo "exit status $?"`);
  return terminal;
}

const spinner = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/;
const ended = (screen: string[]): boolean => /^exit status \d+$/.test(screen.at(-1) ?? '');
const footers = (lines: string[]): string[] => lines.filter((line) => /^ {2}[━─]{20} /.test(line));

it('shows what each host does and for how long, and in the end what changed and the recap', async () => {
  show({ hosts: 3, forks: 2, speed: 5 });
  const running = await terminal.until((screen) => screen.some((line) => /^ {2}. host2 +0\/9 +1s {2}Install Docker$/.test(line)));
  expect(running[0]).toBe('PLAY Two hosts, one network (3 hosts)');
  expect(running[1]).toMatch(/^ {2}[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] host1 +\d\/9 +\d+s {2}Install /);
  expect(running.at(-1)).toMatch(/^ {2}[━─]{20} {2}\ds {2}0\/3 ✔ {2}1 waiting$/);
  expect(terminal.cursorShown()).toBe(false);

  const collapsed = await terminal.until((screen) => screen.some((line) => line.includes('✔ host1')));
  expect(collapsed.find((line) => line.includes('✔ host1'))).toMatch(/^ {2}✔ host1 +\d+\.\ds {2}1 ok, 7 changed, 1 skipped$/);

  await terminal.until(ended);
  const history = terminal.history();
  expect(history.filter((line) => spinner.test(line) || line.includes('━'))).toEqual([]);
  expect(history).toContain('  changed  Create bridge br0                 host1, host2, host3');
  expect(history).toContain('host1 : ok=8 changed=7 unreachable=0 failed=0 skipped=1 rescued=0 ignored=0');
  expect(history.at(-1)).toBe('exit status 0');
  expect(terminal.cursorShown()).toBe(true);
});

it('has fewer lines for a second run that changes nothing', async () => {
  show({ hosts: 2, speed: 1, converged: true });
  await terminal.until(ended);
  expect(terminal.history().filter((line) => line.includes('changed  '))).toEqual([]);
  expect(terminal.history().at(-2)).toMatch(/^2 hosts · nothing changed · 0\.\ds$/);
});

it.each([
  [80, 24],
  [120, 40],
])('fits fifty hosts into %i × %i', async (columns, rows) => {
  show({ hosts: 50, forks: 40, speed: 5, failing: [7, 31], unreachable: [12] }, { columns, rows });
  const screen = await terminal.until((lines) => lines.some((line) => line.includes('1 ✖')) && lines.some((line) => line.includes('Open vSwitch')));
  expect(screen.filter((line) => spinner.test(line)).length).toBe(Math.floor((rows * 2) / 3) - 3);
  expect(screen.at(-2)).toMatch(/^ {4}… and \d+ more: \d+ Install /);
  expect(footers(screen)).toHaveLength(1);
  expect(footers(screen)[0]).toMatch(/0\/50 ✔ {2}1 ✖ {2}9 waiting$/);
  expect(screen).toContain('host12  unreachable');

  await terminal.until(ended);
  const history = terminal.history();
  expect(history.filter((line) => spinner.test(line) || line.includes('━'))).toEqual([]);
  expect(history.filter((line) => / : ok=/.test(line))).toHaveLength(50);
  for (const host of ['host07', 'host31']) {
    const at = history.findIndex((line) => line.startsWith(`${host}  failed `));
    expect(history.slice(at + 1, at + 4).map((line) => line.trim())).toEqual(['error: docker run ended with exit status 125 [task.failed]', 'hint      Import the image first, with docker_image.', 'docker: Error response from daemon: No such image: alpine:latest']);
  }
  expect(history).toContain('  changed  Start the container               47 of 50 hosts');
});

describe('a terminal that changes its size', () => {
  it('keeps one picture when it gets narrower, and fills it again when it gets wider', async () => {
    show({ hosts: 6, speed: 2, failing: [2] }, { columns: 100 });
    await terminal.until((screen) => footers(screen).length === 1);
    for (const [columns, rows] of [[60, 24], [50, 20], [110, 30]] as const) {
      terminal.resize(columns, rows);
      await sleep(300);
      expect(terminal.history().filter((line) => line.includes(' host3 '))).toHaveLength(1);
      expect(footers(terminal.history())).toHaveLength(1);
    }
  });

  it('stays within a very small one', async () => {
    show({ hosts: 50, speed: 2 }, { columns: 100 });
    await terminal.until((screen) => footers(screen).length === 1);
    terminal.resize(20, 6);
    await sleep(300);
    const screen = terminal.screen();
    expect(screen.length).toBeLessThanOrEqual(6);
    expect(screen.at(-1)).toMatch(/^ {2}\ds {2}0\/50 ✔$/);
  });
});

it('makes way for a question', async () => {
  show({ hosts: 3, speed: 3, unreachable: [3], askAt: 500 });
  const asked = await terminal.until((screen) => screen.at(-1) === 'Passphrase:');
  expect(asked.some((line) => spinner.test(line))).toBe(false);
  expect(terminal.cursorShown()).toBe(true);
  await sleep(1000);
  expect(terminal.screen().at(-1)).toBe('Passphrase:');
  terminal.press('Enter');
  const answered = await terminal.until((screen) => screen.some((line) => spinner.test(line)));
  expect(answered).toContain('host3  unreachable');
  expect(terminal.cursorShown()).toBe(false);
});

describe('the terminal is given back', () => {
  it('after Ctrl-C that nobody handles', async () => {
    show({ hosts: 3, speed: 1 });
    await terminal.until((screen) => screen.some((line) => spinner.test(line)));
    terminal.press('C-c');
    const screen = await terminal.until((lines) => !lines.some((line) => spinner.test(line)));
    expect(screen[0]).toBe('PLAY Two hosts, one network (3 hosts)');
    expect(terminal.cursorShown()).toBe(true);
  });

  it('while it is stopped by Ctrl-Z, and taken again by fg', async () => {
    show({ hosts: 3, speed: 2 });
    await terminal.until((screen) => screen.some((line) => spinner.test(line)));
    terminal.press('C-z');
    await terminal.until((screen) => screen.some((line) => line.includes('Stopped')));
    expect(terminal.cursorShown()).toBe(true);
    expect(terminal.screen().some((line) => spinner.test(line))).toBe(false);
    terminal.run('fg');
    await terminal.until((screen) => screen.some((line) => spinner.test(line)));
    expect(terminal.cursorShown()).toBe(false);
  });

  it('when the program throws', async () => {
    terminal = new Terminal();
    terminal.run(`clear; node -e "import('${program}').catch(() => undefined); setTimeout(() => { throw new Error('a defect') }, 600)" '{"hosts": 2}'`);
    await terminal.until((screen) => screen.some((line) => line.includes('a defect')));
    expect(terminal.cursorShown()).toBe(true);
  });
});

describe('colors and cursor movement', () => {
  it('uses colors', async () => {
    show({ hosts: 1, speed: 20 });
    await terminal.until(ended);
    expect(terminal.screen({ colors: true }).join('\n')).toContain('\x1b[33m');
  });

  it('leaves colors out with NO_COLOR', async () => {
    show({ hosts: 1, speed: 20, failing: [1] }, { env: { NO_COLOR: '1' } });
    await terminal.until(ended);
    expect(terminal.screen({ colors: true }).join('\n')).not.toContain('\x1b[');
  });

  it('prints plain lines on a dumb terminal', async () => {
    show({ hosts: 1, speed: 20 }, { prefix: 'TERM=dumb' });
    await terminal.until(ended);
    expect(terminal.history()).toContain('host1  changed  Create bridge br0  0.8s');
  });

  it('prints plain lines into a pipe, and goes on when nobody reads', async () => {
    terminal = new Terminal();
    terminal.run(`clear; node ${program} '{"hosts": 1, "speed": 20}' | head -2; echo "exit status \${PIPESTATUS[0]}"`);
    const screen = await terminal.until(ended);
    expect(screen).toEqual(['PLAY Two hosts, one network (1 host)', 'host1  changed  Install Docker  5.4s', 'exit status 0']);
  });
});
