/** JUnit's XML, printed once the run has ended: a suite for each host, a case for each task that ended on it. */
import type { Event, Reporter, TaskEndEvent } from '../events.ts';
import type { ReportOptions } from './options.ts';
import { errorLines } from './outcome.ts';
import { clean } from './text.ts';

interface Case {
  readonly name: string;
  readonly play: string;
  readonly milliseconds: number;
  readonly place: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly text: string;
}

export class JunitReporter implements Reporter {
  readonly ignoresResults = true;
  readonly #options: ReportOptions;
  readonly #suites = new Map<string, Case[]>();
  #play = '';
  #startedAt = 0;
  #durationMs = 0;
  #closed = false;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  handle(event: Event): void {
    switch (event.type) {
      case 'run-start':
        this.#startedAt = event.time;
        break;
      case 'play-start':
        this.#play = event.play;
        break;
      case 'host-unreachable':
        this.#add(event.host, { name: 'connect', play: this.#play, milliseconds: 0, place: '', outcome: 'error', message: event.error.message, text: errorLines(event.error, false).join('\n') });
        break;
      case 'task-end':
        this.#add(event.host, caseOf(event, this.#play));
        break;
      case 'run-end':
        this.#durationMs = event.durationMs;
        break;
    }
  }

  /** Prints also what there is of a run that was cut short. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const suites = [...this.#suites].map(([host, cases]) => suite(host, cases, this.#startedAt));
    const all = [...this.#suites.values()].flat();
    this.#options.stdout.write(['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="ctplay" ${totals(all)} time="${seconds(this.#durationMs)}">`, ...suites, '</testsuites>', ''].join('\n'));
  }

  #add(host: string, testCase: Case): void {
    const cases = this.#suites.get(host);
    if (cases) cases.push(testCase);
    else this.#suites.set(host, [testCase]);
  }
}

function caseOf(event: TaskEndEvent, play: string): Case {
  const { span } = event.task;
  const tolerated = event.ignored || event.rescued;
  const outcome = event.status === 'skipped' || (tolerated && event.status === 'failed') ? 'skipped' : event.status === 'failed' ? 'failure' : event.status === 'unreachable' || event.status === 'interrupted' ? 'error' : 'passed';
  return {
    name: event.task.name,
    play,
    milliseconds: event.durationMs,
    place: ` file="${attribute(span.file)}" line="${span.line}"`,
    outcome,
    message: event.error?.message ?? event.skipReason ?? event.status,
    text: event.error ? errorLines(event.error, false).join('\n') : '',
  };
}

function suite(host: string, cases: readonly Case[], startedAt: number): string {
  const time = cases.reduce((sum, one) => sum + one.milliseconds, 0);
  return [
    `  <testsuite name="${attribute(host)}" ${totals(cases)} time="${seconds(time)}" timestamp="${new Date(startedAt).toISOString()}">`,
    ...cases.map((one) => {
      const head = `    <testcase name="${attribute(one.name)}" classname="${attribute(one.play)}" time="${seconds(one.milliseconds)}"${one.place}`;
      if (one.outcome === 'passed') return `${head}/>`;
      const text = one.text === '' ? '/>' : `>${escape(one.text)}</${one.outcome}>`;
      return `${head}><${one.outcome} message="${attribute(one.message)}"${text}</testcase>`;
    }),
    '  </testsuite>',
  ].join('\n');
}

function totals(cases: readonly Case[]): string {
  const number = (outcome: Case['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  return `tests="${cases.length}" failures="${number('failure')}" errors="${number('error')}" skipped="${number('skipped')}"`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

// XML 1.0 has no way at all to write most control characters.
function escape(text: string): string {
  return clean(text).replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character]!);
}

function attribute(text: string): string {
  return escape(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}
