/** What one task found on each host, in the form of Ansible's ad-hoc command. */
import type { Event, Reporter, TaskEndEvent } from '../events.ts';
import { changeLines } from './changes.ts';
import { errorLines } from './outcome.ts';
import type { ReportOptions } from './options.ts';
import { createStyle, paintOf, type Style } from './style.ts';
import { clean, indent } from './text.ts';

/** Modules whose result is what a command printed. */
const commands: readonly string[] = ['command', 'shell', 'script', 'raw'];

export class AdHocReporter implements Reporter {
  readonly #options: ReportOptions;
  readonly #stderr: { write(text: string): unknown };
  readonly #style: Style;

  constructor(options: ReportOptions, stderr: { write(text: string): unknown }) {
    this.#options = options;
    this.#stderr = stderr;
    this.#style = createStyle(options.color);
  }

  handle(event: Event): void {
    switch (event.type) {
      case 'task-end':
        if (event.status !== 'unreachable') this.#print(this.#outcome(event));
        break;
      case 'host-unreachable':
        this.#print([this.#style.red(`${event.host} | UNREACHABLE!`), ...indent(errorLines(event.error, this.#options.color), '    ')]);
        break;
      case 'warning':
        this.#stderr.write(`warning: ${clean(event.message)}\n`);
        break;
      case 'log':
        if (event.level <= this.#options.verbosity) this.#stderr.write(`${event.host === undefined ? '' : `${event.host}  `}${clean(event.message)}\n`);
        break;
      default:
        break;
    }
  }

  close(): void {}

  #print(lines: readonly string[]): void {
    this.#options.stdout.write(`${lines.join('\n')}\n`);
  }

  #outcome(event: TaskEndEvent): string[] {
    const { diff, check, verbosity } = this.#options;
    const head = paintOf(this.#style, event.status)(`${event.host} | ${statusOf(event, check)}`);
    const changes = diff || check || verbosity >= 2 ? indent(event.changes.flatMap((change) => changeLines(change, { diff, commands: verbosity >= 2 }, this.#style)), '    ') : [];
    const { rc } = event.result;
    if (commands.includes(event.task.module) && typeof rc === 'number') return [`${head.replace('!', '')} | rc=${rc} >>`, ...changes, ...printed(event)];
    const { error } = event;
    if (error !== undefined) {
      const { span: _span, ...rest } = error;
      return [head, ...changes, ...indent(errorLines(rest, this.#options.color), '    ')];
    }
    const shown = Object.entries(event.result).filter(([name]) => !name.startsWith('_') && name !== 'failed' && name !== 'skipped');
    return [`${head} => ${clean(JSON.stringify(Object.fromEntries(shown), null, 4))}`, ...changes];
  }
}

function statusOf({ status, skipReason }: TaskEndEvent, check: boolean): string {
  switch (status) {
    case 'ok': return 'SUCCESS';
    case 'changed': return check ? 'WOULD CHANGE' : 'CHANGED';
    case 'failed': return 'FAILED!';
    case 'skipped': return skipReason === undefined ? 'SKIPPED' : `SKIPPED (${clean(skipReason)})`;
    case 'interrupted': return 'INTERRUPTED';
    case 'unreachable': return 'UNREACHABLE!';
  }
}

function printed({ result }: TaskEndEvent): string[] {
  return [result['stdout'], result['stderr'], result['rc'] === 0 ? undefined : result['msg']].flatMap((text) => (typeof text === 'string' && text.trim() !== '' ? clean(text).trimEnd().split('\n') : []));
}
