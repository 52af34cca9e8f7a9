/** Events as lines that stay: what the plain view prints, and what the live view prints above its moving part. */
import type { Event, SeatView, TaskEndEvent } from '../events.ts';
import type { ReportOptions } from './options.ts';
import { errorLines, lossOf, outcomeLines, type Outcome } from './outcome.ts';
import { recapLines } from './recap.ts';
import { proofLines, seatLines } from './seats.ts';
import { createStyle, type Style } from './style.ts';
import { clean, count, indent, widthOf } from './text.ts';

/** Remembers only what lines up the columns and keeps a loop's changes and a host's end from being shown twice. */
export class Narrator {
  #options: ReportOptions;
  readonly #style: Style;
  /** Loops under way, and whether an item of theirs has failed. */
  readonly #loops = new Map<string, boolean>();
  /** Why hosts can't be reached, as their task has shown it. */
  readonly #unreachable = new Map<string, string>();
  #seats: readonly SeatView[] | undefined;
  #hostWidth = 0;
  #plays = 0;

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#style = createStyle(options.color);
  }

  /** As a reporter: results are shown from -v on. */
  get ignoresResults(): boolean {
    return this.#options.verbosity === 0;
  }

  /** The lines for an event; none for most. */
  tell(event: Event): string[] {
    const style = this.#style;
    switch (event.type) {
      case 'run-start':
        this.#options = { ...this.#options, check: event.check };
        return [];
      case 'play-start':
        this.#hostWidth = Math.max(0, ...event.hosts.map(widthOf));
        return [...(this.#plays++ === 0 ? [] : ['']), style.bold(`PLAY ${clean(event.play)}`) + style.dim(` (${count(event.hosts.length, 'host')})`)];
      case 'host-connected':
        return this.#options.verbosity >= 3 ? [style.dim(`${event.host}  connected in ${event.durationMs} ms${event.retries > 0 ? ` after ${count(event.retries, 'retry', 'retries')}` : ''}`)] : [];
      case 'host-waiting':
        return [`${event.host}  ${style.yellow('waits')}  ${clean(event.reason)}`];
      case 'host-unreachable':
        if (this.#unreachable.get(event.host) === event.error.message) return [];
        return [`${style.bold(event.host)}  ${style.red(lossOf(event.error))}`, ...indent(errorLines(event.error, this.#options.color), '    ')];
      case 'task-retry':
        return [`${event.host}  ${style.yellow('retry')}    ${clean(event.task.name)} ${style.dim(`(${event.attempt} of ${event.retries})`)}`];
      case 'task-item':
        this.#loops.set(loopKey(event), this.#loops.get(loopKey(event)) === true || event.error !== undefined);
        return this.#outcome(event);
      case 'task-end':
        if (event.status === 'unreachable' && event.error !== undefined) this.#unreachable.set(event.host, event.error.message);
        return this.#outcome(this.#endOfLoop(event));
      case 'log':
        return event.level <= this.#options.verbosity ? [style.dim(`${event.host === undefined ? '' : `${event.host}  `}${clean(event.message)}`)] : [];
      case 'warning':
        return [`${style.yellow('warning')}: ${event.host === undefined ? '' : `${event.host}: `}${clean(event.message)}${event.span ? style.dim(` (${event.span.file}:${event.span.line})`) : ''}`];
      case 'host-proof':
        return proofLines(event, this.#hostWidth, style);
      case 'seats':
        this.#seats = event.seats;
        return [];
      case 'run-end':
        // Counters of tasks say less of a reset than what was proven.
        if (this.#seats) return ['', ...seatLines(this.#seats, style), ...recapLines(event, { check: this.#options.check, roundTrips: false }, style).slice(-1)];
        return ['', ...recapLines(event, { check: this.#options.check, roundTrips: this.#options.verbosity >= 1 }, style)];
      case 'play-end':
      case 'host-connect':
      case 'host-end':
      case 'task-start':
        return [];
    }
  }

  #outcome(event: Outcome): string[] {
    return outcomeLines(event, { hostWidth: this.#hostWidth }, this.#options, this.#style);
  }

  // The items have shown their changes, results and errors.
  #endOfLoop(event: TaskEndEvent): TaskEndEvent {
    if (this.#loops.size === 0) return event;
    const failed = this.#loops.get(loopKey(event));
    if (failed === undefined) return event;
    this.#loops.delete(loopKey(event));
    const { args: _args, error, ...rest } = event;
    const shown = error !== undefined && failed ? { error: { code: error.code, message: error.message } } : error === undefined ? {} : { error };
    return { ...rest, ...shown, changes: [], result: {} };
  }
}

function loopKey(event: Outcome): string {
  return JSON.stringify([event.host, event.task.id]);
}
