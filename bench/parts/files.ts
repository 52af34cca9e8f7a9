/** Copying to one host: a large file, many small ones, and a tree that is there already. */
import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { startFleet } from '../fleet.ts';
import { interleaved, type Contestant } from '../measure.ts';
import { figureOf, type Comparison, type Part, type PartResult, type Settings } from '../part.ts';
import { ctplay, execute, sshOptions, type Job } from '../peers.ts';

const part: Part = {
  name: 'files',
  title: 'Files to one host',
  async run(settings: Settings): Promise<PartResult> {
    const fleet = await startFleet(1);
    const [host] = fleet.hosts;
    const wiped: Job = { fleet, hosts: fleet.hosts, inventory: fleet.inventory('one', fleet.hosts), prepare: () => fleet.wipe(fleet.hosts) };
    const kept: Job = { ...wiped, prepare: () => {} };
    try {
      const large = path.join(fleet.folder, 'large');
      const megabytes = settings.quick ? 100 : 1024;
      writeLarge(large, megabytes);
      const tree = path.join(fleet.folder, 'tree');
      const count = settings.quick ? 100 : 1000;
      writeTree(tree, count);
      const to = `${host!.user}@${host!.address}:${host!.home}/`;
      const plays = { large: playOf(fleet.folder, 'large', large), tree: playOf(fleet.folder, 'tree', tree) };
      const options = sshOptions(wiped);
      const rsync = (source: string): string[] => ['rsync', '-a', '-e', `ssh ${options.join(' ')}`, source, to];
      const peer = (name: string, command: readonly string[], { prepare }: Job): Contestant => ({ name, command, ...(prepare && { prepare }) });
      const there = (file: string, size: number) => (): void => {
        if (statSync(path.join(host!.home, file)).size !== size) throw new Error(`${file} was not copied whole`);
      };

      const comparisons: Comparison[] = [];
      const compare = async (title: string, contestants: readonly Contestant[], bytes: number): Promise<void> => {
        process.stderr.write(`${title}\n`);
        const figures = await interleaved(contestants, settings);
        const rate = figures.filter(({ turns }) => turns > 0).map(({ name, wallMs }) => `${name} ${(bytes / 1e6 / (wallMs / 1000)).toFixed(0)} MB/s`);
        comparisons.push({ part: part.title, title, figures, remarks: bytes > 0 ? [rate.join(', ')] : [] });
      };
      const whole: Job = { ...wiped, verify: there('large', megabytes << 20) };
      await compare(`1 × ${megabytes} MB`, [peer('scp', ['scp', ...options, large, to], whole), peer('rsync', rsync(large), whole), ctplay(whole, plays.large, 1)], megabytes << 20);
      await compare(`${count} × 10 KB`, [peer('scp', ['scp', '-r', ...options, tree, to], wiped), peer('rsync', rsync(tree), wiped), ctplay(wiped, plays.tree, 1)], count * 10_240);
      fleet.wipe(fleet.hosts);
      await execute(ctplay(kept, plays.tree));
      await compare(`${count} × 10 KB, all there`, [peer('scp', ['scp', '-r', ...options, tree, to], kept), peer('rsync', rsync(tree), kept), ctplay(kept, plays.tree)], 0);
      const { peakMb, turns } = figureOf(comparisons[0]!.figures, 'ctplay');
      if (turns === 0) return { comparisons, goals: [] };
      const small = figureOf(comparisons[2]!.figures, 'ctplay').peakMb;
      return { comparisons, goals: [{ what: `copying ${megabytes} MB`, aim: 'memory stays flat (within 100 MB of a run that copies nothing)', found: `${peakMb.toFixed(0)} MB, ${small.toFixed(0)} MB without`, met: peakMb <= small + 100 }] };
    } finally {
      await fleet.stop();
    }
  },
};
export default part;

function playOf(folder: string, name: string, source: string): string {
  const file = path.join(folder, `copy-${name}.yaml`);
  writeFileSync(file, `- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: { src: ${source}, dest: "{{ target | dirname }}/", mode: preserve }\n`);
  return file;
}

/** Random, so that no compression helps. */
function writeLarge(file: string, megabytes: number): void {
  const block = randomBytes(1 << 20);
  const handle = openSync(file, 'w');
  for (let written = 0; written < megabytes; written++) {
    block.writeUInt32BE(written);
    writeSync(handle, block);
  }
  closeSync(handle);
}

function writeTree(folder: string, count: number): void {
  for (let index = 0; index < count; index++) {
    const below = path.join(folder, `d${index % 20}`);
    mkdirSync(below, { recursive: true });
    writeFileSync(path.join(below, `f${index}`), randomBytes(10_240));
  }
}
