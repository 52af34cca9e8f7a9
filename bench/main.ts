/** `npm run bench -- [PART…] [--rounds N] [--budget SECONDS] [--contestant NAME]… [--hosts N]… [--quick] [--output FILE]`: measures, and prints one table. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Part, PartResult, Settings } from './part.ts';
import { markdown } from './report.ts';

const parts: Readonly<Record<string, () => Promise<{ default: Part }>>> = {
  noop: () => import('./parts/noop.ts'),
  'first-run': () => import('./parts/first-run.ts'),
  tasks: () => import('./parts/tasks.ts'),
  hosts: () => import('./parts/hosts.ts'),
  files: () => import('./parts/files.ts'),
  'gre-lab': () => import('./parts/gre-lab.ts'),
  latency: () => import('./parts/latency.ts'),
  reset: () => import('./parts/reset.ts'),
  startup: () => import('./parts/startup.ts'),
  templates: () => import('./parts/templates.ts'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, budget: { type: 'string', default: '900' }, contestant: { type: 'string', multiple: true }, hosts: { type: 'string', multiple: true }, quick: { type: 'boolean', default: false }, output: { type: 'string' } },
});
const chosen = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = chosen.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
const settings: Settings = {
  rounds: Number(values.rounds),
  budgetMs: Number(values.budget) * 1000,
  quick: values.quick,
  ...(values.hosts === undefined ? {} : { hosts: values.hosts.map(Number) }),
  ...(values.contestant === undefined ? {} : { only: values.contestant }),
};

// What contestants keep for later runs is the benchmark's own.
const cache = mkdtempSync(path.join(tmpdir(), 'ctplay-bench-cache-'));
process.env['XDG_CACHE_HOME'] = cache;
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const loads = [load()];
const results: PartResult[] = [];
for (const name of chosen) {
  const { default: part } = await parts[name]!();
  process.stderr.write(`== ${part.title}\n`);
  results.push(await part.run(settings));
  // What was measured so far isn't lost when a later part fails.
  if (values.output !== undefined) writeFileSync(values.output, markdown(results, [...loads, load()]));
}
process.stdout.write(markdown(results, [...loads, load()]));

function load(): string {
  return readFileSync('/proc/loadavg', 'utf8').split(' ')[0]!;
}
