/** What `lab up` shows: one live line on a terminal, plain lines elsewhere. */
import type { WriteStream } from 'node:tty';
import type { LabProgress, UpResult } from './lab.ts';
import type { BaseKind, LabHost } from './layout.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Writes progress to `stream`. Call `clear` at the end, however it ends: a timer redraws the line until then. */
export class LabReport implements LabProgress {
  readonly #stream: WriteStream;
  readonly #started = Date.now();
  #line = '';
  #timer: NodeJS.Timeout | undefined;
  #ready = 0;
  #hosts = 0;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  building(kind: BaseKind, phase: string): void {
    this.#show(`Building the base tree '${kind}', once for this machine: ${phase}`);
  }

  booting(hosts: number): void {
    this.#hosts = hosts;
    this.#show(`Booting ${hosts === 1 ? '1 host' : `${hosts} hosts`}`);
  }

  ready(host: LabHost): void {
    this.#ready += 1;
    this.#show(`${host.name} is up (${this.#ready} of ${this.#hosts})`);
  }

  /** The last words: what was done and how to go on. */
  done({ record, changes }: UpResult, inventory: string): void {
    this.clear();
    const seconds = ((Date.now() - this.#started) / 1000).toFixed(1);
    if (changes.length === 0) {
      this.#stream.write(`The lab '${record.name}' is running already; nothing to do. Inventory: ${inventory}\n`);
      return;
    }
    this.#stream.write(`The lab '${record.name}' is up after ${seconds} s: ${changes.join(', ')}.\n`);
  }

  /** Removes the live line and stops its timer. */
  clear(): void {
    clearInterval(this.#timer);
    if (this.#timer !== undefined) this.#stream.write('\r\x1b[K');
    this.#timer = undefined;
  }

  #show(line: string): void {
    if (line === this.#line) return;
    this.#line = line;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), 100).unref();
  }

  #draw(): void {
    const elapsed = (Date.now() - this.#started) / 1000;
    const frame = frames[Math.floor(elapsed * 10) % frames.length]!;
    const text = `${frame} ${this.#line} ${elapsed.toFixed(0)} s`;
    this.#stream.write(`\r\x1b[K${text.slice(0, (this.#stream.columns || 80) - 1)}`);
  }
}
