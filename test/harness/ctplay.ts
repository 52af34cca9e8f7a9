/** The command line as a user has it: the bundle, as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../src/events.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const bundle = path.join(root, 'bin/ctplay');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCtplay {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the standard output matches. Throws with the output when the process ends first. */
  printed(pattern: RegExp): Promise<void>;
}

export function startCtplay(args: readonly string[], options: { cwd?: string; env?: Record<string, string>; /** Without a controlling terminal. */ detached?: boolean } = {}): RunningCtplay {
  const child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: options.cwd ?? root, detached: options.detached ?? false, env: { ...process.env, NO_COLOR: '1', ...options.env } });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const watcher of watchers) watcher();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const watcher = (): void => {
        if (!pattern.test(stdout)) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      watcher();
      void ended.then(() => reject(new Error(`ended without printing ${pattern}\n${stdout}${stderr}`)));
    });
  return { process: child, ended, printed };
}

export function ctplay(...args: readonly string[]): Promise<Ended> {
  return startCtplay(args).ended;
}

/** A folder of files for one test, removed by `dispose`. */
export interface Workspace {
  readonly folder: string;
  write(name: string, text: string): string;
  dispose(): void;
}

export function workspace(): Workspace {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-test-'));
  return {
    folder,
    write(name, text) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The events of a run with --output json. */
export function eventsOf(ended: Ended): Event[] {
  return ended.stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Event);
}
