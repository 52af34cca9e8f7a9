/**
 * The moving part at the foot of a terminal: some lines that are drawn over and over, with text that stays printed above
 * them. Only lines that differ are written, in one write that the terminal shows at once, so nothing flickers.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Output } from './options.ts';
import { widthOf } from './text.ts';

// ECMA-48 control sequences and xterm's private modes (xterm ctlseqs). Terminals without mode 2026 ignore it.
const eraseToEndOfLine = '\x1b[K';
// From the second column: tmux takes 'erase below' in the top left corner for `clear` and keeps what was there in its history.
const eraseBelow = '\x1b[K\x1b[2G\x1b[J\r';
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const beginSynchronized = '\x1b[?2026h';
const endSynchronized = '\x1b[?2026l';
const up = (lines: number): string => (lines > 0 ? `\x1b[${lines}A\r` : '\r');

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export class Screen {
  readonly #output: Output;
  readonly #fallback: Size;
  readonly #redraw: () => void;
  /** What stands at the foot; the cursor is at the start of the line below. */
  #drawn: readonly string[] = [];
  #reflowed = false;
  #open = false;

  /** `redraw` is called when the terminal has changed its size. */
  constructor(output: Output, redraw: () => void, fallback: Partial<Size> = {}) {
    this.#output = output;
    this.#redraw = redraw;
    this.#fallback = { columns: fallback.columns ?? 80, rows: fallback.rows ?? 24 };
  }

  size(): Size {
    return { columns: this.#output.columns || this.#fallback.columns, rows: this.#output.rows || this.#fallback.rows };
  }

  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#output.on('resize', this.#onResize);
    this.#output.write(hideCursor);
  }

  /** Replaces the lines at the foot; each must be narrower than the terminal, and all together lower. */
  draw(lines: readonly string[]): void {
    if (!this.#open) return;
    const same = !this.#reflowed && lines.length === this.#drawn.length && lines.every((line, index) => line === this.#drawn[index]);
    if (!same) this.#write('', lines);
  }

  /** Prints lines that stay, and the lines at the foot again below them. */
  print(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}${eraseToEndOfLine}\n`).join('');
    if (this.#open) this.#write(text, this.#drawn);
    else this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Erases the lines at the foot and gives the terminal back. */
  close(): void {
    if (!this.#open) return;
    this.#write('', []);
    this.#open = false;
    this.#output.off('resize', this.#onResize);
    this.#output.write(showCursor);
  }

  #write(above: string, lines: readonly string[]): void {
    const inPlace = above === '' && !this.#reflowed;
    const body = lines.map((line, index) => (inPlace && line === this.#drawn[index] ? '\n' : `${line}${eraseToEndOfLine}\n`)).join('');
    const start = up(this.#height()) + (this.#reflowed ? eraseBelow : '');
    this.#drawn = lines;
    this.#reflowed = false;
    this.#output.write(beginSynchronized + start + above + body + eraseBelow + endSynchronized);
  }

  // A terminal that got narrower has broken the lines drawn before into several rows.
  #height(): number {
    const { columns, rows } = this.size();
    const height = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns)), 0);
    return Math.min(height, rows - 1);
  }

  readonly #onResize = (): void => {
    this.#reflowed = true;
    this.#redraw();
  };
}
