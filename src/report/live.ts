/** The view on a terminal: what is under way at its foot; above, what stays: failures as they happen, what changed, the recap. */
import type { Event, Reporter } from '../events.ts';
import { Fleet } from './fleet.ts';
import { Narrator } from './narrator.ts';
import type { ReportOptions } from './options.ts';
import { isMessage } from './outcome.ts';
import { Screen } from './screen.ts';
import { createStyle, type Style } from './style.ts';
import { guardTerminal } from './terminal-guard.ts';
import { padEnd, truncate, widthOf } from './text.ts';

export class LiveReporter implements Reporter {
  readonly ignoresResults: boolean;
  readonly #options: ReportOptions;
  readonly #style: Style;
  readonly #narrator: Narrator;
  readonly #screen: Screen;
  readonly #stopGuard: () => void;
  readonly #ending: Promise<void>[] = [];
  #fleet: Fleet | undefined;
  #check: boolean;
  #suspended = 0;
  /** Lines that wait until a question has been answered. */
  #held: string[] = [];

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#check = options.check;
    this.#style = createStyle(options.color);
    this.#narrator = new Narrator(options);
    this.ignoresResults = this.#narrator.ignoresResults;
    this.#screen = new Screen(options.stdout, () => this.#fleet?.update(), options);
    this.#stopGuard = guardTerminal({ release: () => this.#screen.close(), resume: () => this.#show() });
  }

  handle(event: Event): void {
    const lines = this.#narrator.tell(event);
    if (event.type === 'run-start') this.#check = event.check;
    if (event.type === 'play-end') this.#endPlay();
    else this.#fleet?.handle(event);
    if (lines.length > 0 && this.#stays(event)) this.#print(lines);
    if (event.type === 'play-start') this.#startPlay(event);
  }

  /** Leaves the terminal to a prompt until the function that it gives is called. */
  suspend(): () => void {
    this.#suspended++;
    this.#screen.close();
    return () => {
      this.#suspended--;
      this.#flush();
      this.#show();
    };
  }

  async close(): Promise<void> {
    this.#endPlay();
    this.#suspended = 0;
    this.#flush();
    this.#stopGuard();
    await Promise.all(this.#ending);
  }

  #startPlay(play: Extract<Event, { type: 'play-start' }>): void {
    this.#fleet = new Fleet(play, { screen: this.#screen, style: this.#style, check: this.#check, hidden: () => this.#suspended > 0 });
    this.#show();
  }

  #endPlay(): void {
    const fleet = this.#fleet;
    if (fleet === undefined) return;
    this.#fleet = undefined;
    this.#ending.push(fleet.end());
    this.#screen.close();
    if (!this.#showsChanges()) this.#print(this.#changedLines(fleet));
  }

  #print(lines: readonly string[]): void {
    this.#held.push(...lines);
    if (this.#suspended === 0) this.#flush();
  }

  #flush(): void {
    if (this.#held.length > 0 && this.#suspended === 0) this.#screen.print(this.#held.splice(0));
  }

  #show(): void {
    if (this.#fleet === undefined || this.#suspended > 0) return;
    this.#screen.open();
    this.#fleet.update();
  }

  // Where changes are printed one by one there is no need for their sum.
  #showsChanges(): boolean {
    return this.#options.diff || this.#check || this.#options.verbosity > 0;
  }

  #stays(event: Event): boolean {
    switch (event.type) {
      case 'host-waiting':
      case 'task-retry':
        return this.#options.verbosity > 0;
      case 'task-item':
      case 'task-end':
        if (this.#options.verbosity > 0 || event.status === 'failed' || event.status === 'unreachable' || event.status === 'interrupted') return true;
        return isMessage(event) || (this.#showsChanges() && event.status === 'changed');
      default:
        return true;
    }
  }

  /** `changed  Create bridge br0  host1, host2` */
  #changedLines(fleet: Fleet): string[] {
    const tasks = fleet.changed();
    const names = Math.min(Math.max(0, ...tasks.map((task) => widthOf(task.name))), 60);
    return tasks.map((task) => {
      const hosts = task.hosts.length > 3 ? (task.hosts.length === fleet.size ? `all ${fleet.size} hosts` : `${task.hosts.length} of ${fleet.size} hosts`) : task.hosts.join(', ');
      return `  ${this.#style.yellow('changed')}  ${padEnd(truncate(task.name, names), names)}  ${this.#style.dim(hosts)}`;
    });
  }
}
