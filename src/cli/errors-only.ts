/** A renderer for verbs that print their own result: what goes wrong goes to stderr. */
import type { Event, Reporter } from '../events.ts';
import { formatError } from '../report/error.ts';
import { wantsColor } from '../report/index.ts';

export function errorsOnly(verbosity = 0): Reporter {
  const color = wantsColor(process.stderr);
  const handle = (event: Event): void => {
    if (event.type === 'host-unreachable') process.stderr.write(`${event.host}: ${formatError(event.error, { color })}\n`);
    if (event.type === 'warning') process.stderr.write(`warning: ${event.host === undefined ? '' : `${event.host}: `}${event.message}\n`);
    if (event.type === 'host-waiting') process.stderr.write(`${event.host} waits: ${event.reason}\n`);
    if (event.type === 'log' && event.level <= verbosity) process.stderr.write(`${event.host === undefined ? '' : `${event.host}: `}${event.message}\n`);
  };
  return { handle, close: () => undefined };
}
