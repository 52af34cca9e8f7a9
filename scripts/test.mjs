// Runs every check and ends with `N passed, N failed` alone on a line. With CI=true a test that was skipped is a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const withHosts = process.argv[2] !== 'without-hosts';
const strict = process.env.CI === 'true';
const work = mkdtempSync(path.join(tmpdir(), 'ctplay-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

function run(command, args) {
  return spawnSync(path.join(root, 'node_modules/.bin', command), args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function check(title, command, args) {
  process.stdout.write(`\n== ${title}\n`);
  if (run(command, args)) total.passed++;
  else total.failed++;
}

function vitest(project) {
  process.stdout.write(`\n== ${project} tests\n`);
  const report = path.join(work, `${project}.json`);
  const ended = run('vitest', ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    counts.passed = result.numPassedTests;
    counts.failed = result.numFailedTests;
    counts.skipped = result.numPendingTests + result.numTodoTests;
    // A file that can't be loaded fails without a test that does.
    if (counts.failed === 0 && !ended) counts.failed = Math.max(1, result.numFailedTestSuites);
  } catch {
    counts.failed = 1;
  }
  for (const key of Object.keys(total)) total[key] += counts[key];
}

try {
  check('types', 'tsc', ['--noEmit']);
  check('lint', 'eslint', ['.']);
  vitest('unit');
  if (withHosts) vitest('e2e');
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (!withHosts) {
  process.stdout.write('\n*** LEFT OUT: every test on real hosts. They need root on Debian 12; the Vagrantfile gives such a machine. ***\n');
  if (strict) total.failed++;
}
if (total.skipped > 0) {
  process.stdout.write(`\n*** ${total.skipped} tests were skipped ***\n`);
  if (strict) total.failed += total.skipped;
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
