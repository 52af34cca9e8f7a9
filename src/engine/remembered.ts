/**
 * What earlier runs read of a host at some cost, such as digests of files, and what it was read with. A part is used only where the host
 * shows the same stamp again, and only once two runs have read it alike under that stamp with some time between: what changed within
 * one tick of a file system's clock bears one stamp with two contents, but only until the tick is over.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { HostTarget } from '../transport/types.ts';

export type Parts = Readonly<Record<string, string>>;

interface Part {
  readonly value: string;
  /** When it was first read under its stamp, in milliseconds since the epoch by the controller's clock. */
  readonly since: number;
  readonly settled: boolean;
}

interface Answer {
  readonly stamp: string;
  readonly parts: Readonly<Record<string, Part>>;
}

/** Ticks are shorter than that: 1 s on ext3 and older file systems of the network, 2 s on FAT. */
const tickMs = 2_000;

/** Per host; the oldest are forgotten first. */
const mostAnswers = 20_000;

/** Of what the files hold; older ones are passed over. */
const format = 1;

export class RememberedAnswers {
  readonly #file: string;
  #answers: Map<string, Answer> | undefined;
  #changed = false;

  /** @param flush begins with nothing */
  constructor(file: string, flush = false) {
    this.#file = file;
    if (flush) this.#answers = new Map();
  }

  /** The parts that may be used where the stamp is the same, and that stamp. */
  recall(key: string): { readonly stamp: string; readonly parts: Parts } | undefined {
    const answer = this.#all().get(key);
    if (!answer) return undefined;
    const settled = Object.entries(answer.parts).filter(([, part]) => part.settled);
    return settled.length === 0 ? undefined : { stamp: answer.stamp, parts: Object.fromEntries(settled.map(([name, { value }]) => [name, value])) };
  }

  /** Takes what was read under a stamp just now; without a stamp, nothing is known of it any more. */
  remember(key: string, stamp: string | undefined, parts: Parts, now = Date.now()): void {
    const answers = this.#all();
    const before = answers.get(key);
    const known = before?.stamp === stamp ? (before?.parts ?? {}) : {};
    const read = Object.entries(parts).map(([name, value]): [string, Part] => [name, confirmed(known[name], value, now)]);
    if (before?.stamp === stamp && read.every(([name, part]) => part === known[name])) return;
    if (answers.delete(key)) this.#changed = true;
    if (stamp === undefined || read.length === 0) return;
    answers.set(key, { stamp, parts: { ...known, ...Object.fromEntries(read) } });
    this.#changed = true;
  }

  /** Writes it down for later runs, whole or not at all. Never throws: without it they read anew. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    const answers = Object.fromEntries([...this.#all()].slice(-mostAnswers));
    const draft = `${this.#file}.${randomUUID()}`;
    const write = (): Promise<void> => writeFile(draft, JSON.stringify({ format, answers }), { mode: 0o600 });
    try {
      // The folder is there in all runs but the first.
      await write().catch(async () => {
        await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
        await write();
      });
      await rename(draft, this.#file);
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  #all(): Map<string, Answer> {
    return (this.#answers ??= new Map(Object.entries(load(this.#file))));
  }
}

function confirmed(known: Part | undefined, value: string, now: number): Part {
  if (known?.value !== value) return { value, since: now, settled: false };
  // A clock that was set back shows no time between.
  return !known.settled && now - known.since >= tickMs ? { ...known, settled: true } : known;
}

function load(file: string): Readonly<Record<string, Answer>> {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as { readonly format?: unknown; readonly answers?: Readonly<Record<string, Answer>> };
    return content.format === format ? (content.answers ?? {}) : {};
  } catch {
    return {};
  }
}

/** Where runs keep them: in the user's folder for what can be read anew (XDG Base Directory: XDG_CACHE_HOME). */
export function answersFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env['XDG_CACHE_HOME'];
  return path.join(cache !== undefined && path.isAbsolute(cache) ? cache : path.join(homedir(), '.cache'), 'ctplay', 'answers');
}

export interface AnswersPlace {
  readonly folder: string;
  /** Begin with nothing. */
  readonly flush: boolean;
}

/** The file for a host: those who reach it in another way, or as somebody else, may see another one. */
export function answersFile(folder: string, { connection, address, port, user, proxyJump }: HostTarget): string {
  const digest = createHash('sha256').update(JSON.stringify([connection, address, port, user, proxyJump])).digest('hex');
  return path.join(folder, `${digest.slice(0, 32)}.json`);
}
