/** Chooses and makes the renderer of a run. */
import type { Reporter } from '../events.ts';
import type { Output, ReportOptions } from './options.ts';

export type { Output, ReportOptions } from './options.ts';
export { wantsColor } from './style.ts';

export const reporterKinds = ['live', 'plain', 'json', 'junit'] as const;
export type ReporterKind = (typeof reporterKinds)[number];

/** `live` on a terminal that can move its cursor, else `plain`. */
export function defaultKind(stdout: Output, env: NodeJS.ProcessEnv = process.env): ReporterKind {
  return stdout.isTTY === true && env['TERM'] !== 'dumb' ? 'live' : 'plain';
}

/** Only the chosen renderer's code is loaded. */
export async function createReporter(kind: ReporterKind, options: ReportOptions): Promise<Reporter> {
  survivePipeEnd(options.stdout);
  switch (kind) {
    case 'live':
      return new (await import('./live.ts')).LiveReporter(options);
    case 'plain':
      return new (await import('./plain.ts')).PlainReporter(options);
    case 'json':
      return new (await import('./json.ts')).JsonReporter(options);
    case 'junit':
      return new (await import('./junit.ts')).JunitReporter(options);
  }
}

// `ctplay run … | head` must not end in the middle of a change because nobody reads any more.
function survivePipeEnd(output: Output): void {
  output.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
