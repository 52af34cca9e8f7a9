/** The same play with 50 ms of round trip between the controller and the hosts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { farPort, startFleet, type Fleet } from '../fleet.ts';
import { interleaved } from '../measure.ts';
import { sizesOf, type Comparison, type Part, type PartResult, type Settings } from '../part.ts';
import { again, built, everybody, settle, type Job } from '../peers.ts';
import type { Way } from '../proxy.ts';
import { general } from './general.ts';

const roundTripMs = 50;

const part: Part = {
  name: 'latency',
  title: `No-op with ${roundTripMs} ms of round trip`,
  async run(settings: Settings): Promise<PartResult> {
    const sizes = sizesOf(settings, [2, 50], [2]);
    const fleet = await startFleet(sizes.at(-1)!);
    const proxy = await startProxy(fleet);
    const comparisons: Comparison[] = [];
    try {
      for (const size of sizes) {
        process.stderr.write(`${size} hosts, ${roundTripMs} ms away\n`);
        const hosts = fleet.hosts.slice(0, size).map((host) => ({ ...host, port: farPort }));
        const job: Job = { fleet, hosts, inventory: fleet.inventory(`far-${size}`, hosts) };
        const playbook = path.resolve(general.playbook);
        await settle(job, playbook);
        const before = comparisons.at(-1)?.figures;
        const guess = (name: string): number | undefined => {
          const earlier = before?.find((one) => one.name === name);
          return earlier && name.startsWith('ansible') ? (earlier.turns === 0 ? Infinity : (earlier.wallMs * size) / 10) : undefined;
        };
        comparisons.push({ part: part.title, title: `${size} hosts`, figures: await interleaved([...everybody(job, playbook, general.script, 0), again(job, playbook, 0)], settings, guess) });
      }
    } finally {
      proxy.kill();
      await fleet.stop();
    }
    return { comparisons, goals: [] };
  },
};
export default part;

async function startProxy(fleet: Fleet): Promise<ChildProcess> {
  const list = path.join(fleet.folder, 'ways.json');
  writeFileSync(list, JSON.stringify(fleet.hosts.map(({ address, port }): Way => ({ address, from: farPort, to: port }))));
  const proxy = spawn(process.execPath, [path.join(built, 'proxy.mjs'), list, String(roundTripMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    proxy.stdout.once('data', () => resolve());
    proxy.once('exit', () => reject(new Error('the proxy did not start')));
  });
  return proxy;
}
