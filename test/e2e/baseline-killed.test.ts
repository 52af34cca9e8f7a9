/** A run that is killed at any moment leaves nothing that a reset to the baseline would not find. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCtplay, type Ended } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

/** Pairs of hosts that are at it at the same time, and how often each is killed. */
const pairs = [['host1', 'host2'], ['host3', 'host4'], ['host5', 'host6']] as const;
const kills = 10;

const lab = withLab({ hosts: 6, base: 'full' });
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Pair = (typeof pairs)[number];

/** The lab's inventory with one pair alone, as its playbook wants it. */
function inventoryOf(pair: Pair): string {
  const inventory = parse(readFileSync(path.join(lab().inventory, 'hosts.yml'), 'utf8')) as { lab: { hosts: Record<string, unknown> } };
  inventory.lab.hosts = Object.fromEntries(pair.map((host) => [host, inventory.lab.hosts[host]]));
  const file = path.join(folder, `${pair[0]}.yml`);
  writeFileSync(file, stringify(inventory));
  return file;
}

const start = (pair: Pair, ...args: readonly string[]) => startCtplay([...args, '-i', inventoryOf(pair)], { env: { XDG_STATE_HOME: path.join(folder, 'state') } });
const run = (pair: Pair) => start(pair, 'run', 'playbooks/gre-lab.yaml', '--output', 'plain');

async function reset(pair: Pair): Promise<void> {
  // The last command of a killed run goes on for a moment.
  const ended = await start(pair, 'reset', '--to', 'baseline', '--wait-lock', '120', '--output', 'plain').ended;
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ status: 0 });
  const drift = await start(pair, 'drift').ended;
  expect(drift, drift.stdout + drift.stderr).toMatchObject({ status: 0 });
}

/** Numbers from 0 to 1 that are the same for the same seed (the generator of Park and Miller). */
function* random(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

describe('a run of the GRE lab', () => {
  let tookMs: number;

  beforeAll(async () => {
    for (const captured of await Promise.all(pairs.map((pair) => start(pair, 'baseline', 'capture').ended))) expect(captured, captured.stdout + captured.stderr).toMatchObject({ status: 0 });
    const started = Date.now();
    const whole: Ended[] = await Promise.all(pairs.map((pair) => run(pair).ended));
    tookMs = Date.now() - started;
    for (const ended of whole) expect(ended, ended.stdout + ended.stderr).toMatchObject({ status: 0 });
  });

  it('is taken back whole', async () => {
    await Promise.all(pairs.map(reset));
  });

  it('is taken back wherever it was killed', async () => {
    await Promise.all(
      pairs.map(async (pair, index) => {
        const moments = random(20_260_301 + index);
        for (let kill = 0; kill < kills; kill++) {
          const killed = run(pair);
          const moment = Math.round(moments.next().value * tookMs);
          await Promise.race([sleep(moment), killed.ended]);
          killed.process.kill('SIGKILL');
          await killed.ended;
          await reset(pair).catch((error: unknown) => {
            throw new Error(`${pair.join(' and ')}, killed after ${moment} of ${tookMs} ms`, { cause: error });
          });
        }
      }),
    );
  }, 600_000);
});
