/** A real terminal for tests: tmux on a server of its own. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Terminal {
  readonly #socket = `ctplay-test-${randomUUID()}`;

  /** A shell without a prompt, in which `run` types commands. */
  constructor({ columns = 80, rows = 24, env = {} }: TerminalOptions = {}) {
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'test', '-x', String(columns), '-y', String(rows), ...variables, 'exec bash --norc --noprofile');
    this.run('PS1=');
  }

  /** Types a line and presses Enter. */
  run(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  type(text: string): void {
    this.#tmux('send-keys', '-t', 'test', '-l', text);
  }

  /** Presses a key by tmux's name, such as C-c. */
  press(key: string): void {
    this.#tmux('send-keys', '-t', 'test', key);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-t', 'test', '-x', String(columns), '-y', String(rows));
  }

  /** The rows that can be seen, without blank ones at the end; with `colors`, the escape sequences too. */
  screen({ colors = false } = {}): string[] {
    return lines(this.#tmux('capture-pane', '-p', '-t', 'test', ...(colors ? ['-e'] : [])));
  }

  /** Everything printed so far, what has scrolled away included, broken rows joined. */
  history(): string[] {
    return lines(this.#tmux('capture-pane', '-p', '-J', '-S', '-', '-t', 'test')).map((line) => line.trimEnd());
  }

  cursorShown(): boolean {
    return this.#tmux('display-message', '-p', '-t', 'test', '#{cursor_flag}').trim() === '1';
  }

  /** Waits until the screen is as wanted, and gives it. Throws with the screen when it never is. */
  async until(wanted: (screen: string[]) => boolean, seconds = 20): Promise<string[]> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(30)) {
      const screen = this.screen();
      if (wanted(screen)) return screen;
    }
    throw new Error(`the terminal never showed it; in the end it showed:\n${this.screen().join('\n')}`);
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...args], { encoding: 'utf8' });
  }
}

function lines(text: string): string[] {
  return text.replace(/\n+$/, '').split('\n');
}
