/** Shows a made-up run: `node show-report.js '{"hosts": 50, "speed": 2}'`. For looking at views, and for tests of them under a terminal. */
import { createReporter, defaultKind, wantsColor, type ReporterKind } from '../../src/report/index.ts';
import { play, simulate, type SimulatedRun } from './events.ts';

interface Show extends SimulatedRun {
  readonly speed?: number;
  readonly kind?: ReporterKind;
  readonly verbosity?: number;
  /** Ask a question after so many milliseconds. */
  readonly askAt?: number;
}

const show = JSON.parse(process.argv[2] ?? '{"hosts": 2}') as Show;
const reporter = await createReporter(show.kind ?? defaultKind(process.stdout), {
  stdout: process.stdout,
  stderr: process.stderr,
  verbosity: show.verbosity ?? 0,
  diff: show.diff ?? false,
  check: show.check ?? false,
  color: wantsColor(process.stdout),
});
if (show.askAt !== undefined) setTimeout(() => ask(), show.askAt);
await play(simulate(show), reporter, show.speed);

function ask(): void {
  const resume = reporter.suspend!();
  process.stdout.write('Passphrase: ');
  process.stdin.once('data', () => {
    process.stdin.pause();
    resume();
  });
}
