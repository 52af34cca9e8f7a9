/** The plan as the commands a person would type, host by host. */
import type { Event, Reporter, TaskEndEvent, TaskItemEvent } from '../events.ts';
import { formatError } from './error.ts';

interface Sink {
  write(text: string): unknown;
}

export class ExplainReporter implements Reporter {
  readonly #byHost = new Map<string, string[]>();
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #color: boolean;
  readonly #looped = new Set<string>();
  readonly #failed = new Set<string>();

  constructor(stdout: Sink, stderr: Sink, color: boolean) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#color = color;
  }

  handle(event: Event): void {
    switch (event.type) {
      case 'play-start':
        for (const host of event.hosts) if (!this.#byHost.has(host)) this.#byHost.set(host, []);
        break;
      case 'task-item':
        this.#looped.add(`${event.host}\0${event.task.id}`);
        this.#task(event, `${event.task.name} (${event.label})`);
        break;
      case 'task-end':
        if (!this.#looped.delete(`${event.host}\0${event.task.id}`)) this.#task(event, event.task.name);
        break;
      case 'host-unreachable':
        this.#failed.add(event.host);
        this.#stderr.write(`${formatError(event.error, { color: this.#color })}\n`);
        break;
      case 'warning':
        this.#stderr.write(`warning: ${event.message}\n`);
        break;
      default:
        break;
    }
  }

  /** Hosts are explained one after the other, so their text is printed when all is known. */
  close(): void {
    for (const [host, lines] of this.#byHost) {
      this.#stdout.write(`${this.#bold(`# on ${host}`)}\n${lines.length === 0 && !this.#failed.has(host) ? '# nothing to do\n' : ''}${lines.join('')}${this.#failed.has(host) ? '\n# an error ends it here\n' : ''}\n`);
    }
    this.#byHost.clear();
  }

  #task(event: TaskEndEvent | TaskItemEvent, title: string): void {
    const lines = this.#byHost.get(event.host) ?? [];
    this.#byHost.set(event.host, lines);
    if (event.status === 'failed' && event.ignored !== true && event.rescued !== true) this.#failed.add(event.host);
    if (event.error) this.#stderr.write(`${event.host}: ${formatError(event.error, { color: this.#color })}\n`);
    if (event.changes.length === 0 && event.knownAfterApply !== true) return;
    lines.push(`\n${this.#bold(`# ${title}`)}\n`);
    if (event.changes.length === 0) lines.push('# known only after the commands above have run\n');
    for (const change of event.changes) {
      lines.push(`# ${change.action} ${change.subject}${change.why === undefined ? '' : `: ${change.why}`}\n`);
      lines.push(...(change.typed ?? change.commands).map((command) => `${command}\n`));
    }
  }

  #bold(text: string): string {
    return this.#color ? `\u001B[1m${text}\u001B[22m` : text;
  }
}
