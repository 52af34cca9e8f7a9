/** A renderer for listr2 whose tasks are the hosts of a play: draws them at the foot of the screen as `frame` lays them out. */
import { figures, Spinner, type ListrRendererFactory, type ListrTaskObject } from 'listr2';
import { frame, type HostView } from './frame.ts';
import type { Screen } from './screen.ts';
import type { Style } from './style.ts';

/** What listr2 doesn't know about a host; changed as events come in. Times in milliseconds since the epoch. */
export interface HostProgress {
  /** Undefined until the host has its turn. */
  activity: string | undefined;
  activitySince: number;
  startedAt: number;
  endedAt: number;
  finishedTasks: number;
  ok: number;
  changed: number;
  skipped: number;
}

export interface FleetOptions {
  readonly screen: Screen;
  readonly style: Style;
  readonly tasks: number;
  readonly startedAt: number;
  readonly check: boolean;
  /** Nothing is drawn while this says so: the play has ended, or something else has the terminal. */
  readonly hidden: () => boolean;
  readonly onRenderer: (renderer: FleetRenderer) => void;
}

type HostTask = ListrTaskObject<unknown, ListrRendererFactory, ListrRendererFactory>;

export class FleetRenderer {
  /** listr2 would fall back to another renderer where stdout is no terminal; whoever asks for this one gets it. */
  static readonly nonTTY = true;
  static readonly rendererOptions: FleetOptions;
  static readonly rendererTaskOptions: { progress: HostProgress };

  readonly #tasks: HostTask[];
  readonly #options: FleetOptions;
  readonly #spinner = new Spinner();

  constructor(tasks: HostTask[], options: FleetOptions) {
    this.#tasks = tasks;
    this.#options = options;
    options.onRenderer(this);
  }

  render(): void {
    this.#spinner.start(() => this.update());
  }

  end(): void {
    this.#spinner.stop();
  }

  /** Draws the present state. */
  update(): void {
    const { screen, style, tasks, startedAt, check, hidden } = this.#options;
    if (hidden()) return;
    const now = Date.now();
    const icons = { spinner: this.#spinner.fetch(), done: figures.tick, failed: figures.cross, waiting: '·' };
    screen.draw(frame({ hosts: this.#tasks.map((task) => view(task, now)), tasks, check, elapsed: now - startedAt }, screen.size(), icons, style));
  }
}

function view(task: HostTask, now: number): HostView {
  const { progress } = task.rendererTaskOptions as { progress: HostProgress };
  const finished = task.isCompleted() || task.hasFailed();
  return {
    name: task.title ?? '',
    state: task.hasFailed() ? 'failed' : task.isCompleted() ? 'done' : progress.activity === undefined ? 'waiting' : 'running',
    activity: progress.activity ?? '',
    elapsed: finished ? progress.endedAt - progress.startedAt : now - progress.activitySince,
    finishedTasks: progress.finishedTasks,
    ok: progress.ok,
    changed: progress.changed,
    skipped: progress.skipped,
  };
}
