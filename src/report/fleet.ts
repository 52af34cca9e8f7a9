/** A play's hosts as listr2 tasks, moved along by events: a host's task runs until its `host-end`. */
import { Listr, type ListrRendererFactory, type ListrTask } from 'listr2';
import type { Event, TaskEndEvent } from '../events.ts';
import { FleetRenderer, type FleetOptions, type HostProgress } from './fleet-renderer.ts';
import { lossOf } from './outcome.ts';
import { clean } from './text.ts';

interface Host {
  readonly progress: HostProgress;
  /** The task that runs. */
  task: string | undefined;
  failed: boolean;
  finish(): void;
}

/** A task that changed something, and where. */
export interface ChangedTask {
  readonly name: string;
  readonly hosts: string[];
}

export class Fleet {
  readonly #hosts = new Map<string, Host>();
  readonly #changed = new Map<string, ChangedTask>();
  readonly #finished: Promise<unknown>;
  #renderer: FleetRenderer | undefined;
  #ended = false;

  constructor(play: Extract<Event, { type: 'play-start' }>, options: Pick<FleetOptions, 'screen' | 'style' | 'check' | 'hidden'>) {
    const listr = new Listr<unknown, ListrRendererFactory>(
      play.hosts.map((name) => this.#hostTask(name, play.time)),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        renderer: FleetRenderer as unknown as ListrRendererFactory,
        rendererOptions: {
          ...options,
          tasks: play.tasks,
          startedAt: play.time,
          hidden: () => this.#ended || options.hidden(),
          onRenderer: (renderer: FleetRenderer) => (this.#renderer = renderer),
        } satisfies FleetOptions,
      },
    );
    this.#finished = listr.run();
  }

  /** Draws now, without waiting for the next turn of the spinner. */
  update(): void {
    this.#renderer?.update();
  }

  /** Tasks that changed something, in the order of their first change, their hosts in the play's order. */
  changed(): readonly ChangedTask[] {
    return [...this.#changed.values()].map(({ name, hosts }) => ({ name, hosts: [...this.#hosts.keys()].filter((host) => hosts.includes(host)) }));
  }

  get size(): number {
    return this.#hosts.size;
  }

  /** Ends all hosts and draws no more. The promise is fulfilled when listr2 has ended too. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const host of this.#hosts.values()) host.finish();
    await this.#finished;
  }

  handle(event: Event): void {
    if (!('host' in event) || event.host === undefined) return;
    const host = this.#hosts.get(event.host);
    if (host === undefined) return;
    const doing = (activity: string): void => {
      host.progress.activity = clean(activity).replaceAll('\n', ' ');
      host.progress.activitySince = event.time;
    };
    if (host.progress.activity === undefined) host.progress.startedAt = event.time;
    switch (event.type) {
      case 'host-connect':
        return doing(`connecting to ${event.address}`);
      case 'host-connected':
        // Hosts are connected to when their first task needs them.
        return doing(host.task ?? 'reading what is there');
      case 'host-waiting':
        return doing(`waiting: ${event.reason}`);
      case 'host-unreachable':
        host.failed = true;
        return doing(`${lossOf(event.error)}: ${event.error.message}`);
      case 'task-start':
        host.task = event.task.name;
        return doing(event.task.name);
      case 'task-retry':
        // The time goes on counting from the first attempt.
        host.progress.activity = `${clean(event.task.name)} (attempt ${event.attempt} of ${event.retries})`;
        return;
      case 'task-end':
        host.task = undefined;
        this.#count(host, event);
        if (host.failed) doing(`${event.status}: ${event.task.name}`);
        return;
      case 'host-end':
        host.progress.endedAt = event.time;
        host.finish();
    }
  }

  #count(host: Host, event: TaskEndEvent): void {
    host.progress.finishedTasks++;
    if (event.status === 'ok' || event.status === 'changed' || event.status === 'skipped') host.progress[event.status]++;
    else host.failed = !event.ignored && !event.rescued;
    if (event.status !== 'changed') return;
    const changed = this.#changed.get(event.task.id);
    if (changed) changed.hosts.push(event.host);
    else this.#changed.set(event.task.id, { name: clean(event.task.name), hosts: [event.host] });
  }

  #hostTask(name: string, now: number): ListrTask<unknown, ListrRendererFactory> {
    const progress: HostProgress = { activity: undefined, activitySince: now, startedAt: now, endedAt: now, finishedTasks: 0, ok: 0, changed: 0, skipped: 0 };
    const finished = new Promise<void>((resolve, reject) => {
      const host: Host = {
        progress,
        task: undefined,
        failed: false,
        finish: () => (host.failed ? reject(new Error(progress.activity)) : resolve()),
      };
      this.#hosts.set(name, host);
    });
    // A host may fail before listr2 looks at its promise.
    finished.catch(() => undefined);
    return { title: name, task: () => finished, rendererOptions: { progress } };
  }
}
