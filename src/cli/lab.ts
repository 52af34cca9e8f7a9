/** `ctplay lab`: practice hosts on this machine. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CtplayError, didYouMean } from '../errors.ts';
import { baseKinds, labHosts, labName, labPaths, maximumHosts, managementSubnet, type BaseKind } from '../lab/layout.ts';
import { down, list, prune, up } from '../lab/lab.ts';
import { LabReport } from '../lab/report.ts';
import { sshArguments } from '../lab/ssh.ts';
import { readRecord, type LabState } from '../lab/state.ts';

interface NameOption {
  readonly name: string;
}

export default function lab(command: Command): void {
  const name = () => new Option('--name <name>', 'which lab').default('lab');
  command
    .command('up')
    .description('make a lab and write its inventory to inventories/NAME; mend it if it exists already')
    .option('--hosts <number>', 'how many hosts (2 for a new lab)', hostCount)
    .addOption(new Option('--base <kind>', 'what a new host has: a bare Debian, or one with Docker, Open vSwitch and LXC').choices(baseKinds))
    .addOption(name())
    .action(async (options: NameOption & { hosts?: number; base?: BaseKind }) => {
      const report = new LabReport(process.stderr);
      try {
        const inventory = resolve('inventories', labName(options.name));
        const result = await up({ ...options, inventory, progress: report });
        report.done(result, inventory);
      } finally {
        report.clear();
      }
    });
  command
    .command('down')
    .description('end a lab and remove all that it made')
    .addOption(name())
    .action(async (options: NameOption) => {
      const removed = await down(options.name);
      process.stderr.write(removed ? `The lab '${options.name}' is gone.\n` : `There is no lab '${options.name}'.\n`);
    });
  command
    .command('ls')
    .description('list the labs and their hosts')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const labs = await list();
      process.stdout.write(json ? `${JSON.stringify(labs.map(describe), null, 2)}\n` : table(labs));
    });
  command
    .command('ssh')
    .description("log in to a lab's host, or run a command there")
    .argument('<host>', 'host1, or vagrant@host1 for the login without privileges')
    .argument('[command...]', 'what to run instead of a shell')
    .addOption(name())
    .passThroughOptions()
    .action(async (host: string, words: string[], options: NameOption) => {
      process.exitCode = await ssh(options.name, host, words);
    });
  command
    .command('prune')
    .description('remove cached base trees that no lab uses, and downloaded packages')
    .action(async () => {
      const trees = await prune();
      process.stderr.write(`Removed the downloaded packages and ${trees.length} base tree${trees.length === 1 ? '' : 's'}.\n`);
    });
  // For the options of `ssh` to reach the command that runs on the host.
  command.enablePositionalOptions();
}

function hostCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= maximumHosts) return count;
  throw new InvalidArgumentError(`It must be a number from 1 to ${maximumHosts}.`);
}

function describe({ record, init, hosts }: LabState) {
  return {
    name: record.name,
    state: init === undefined ? 'stopped' : 'running',
    base: record.base,
    subnet: managementSubnet(record.number),
    inventories: record.inventories,
    hosts: hosts.map(({ name, power, managementAddress, underlayAddress }) => ({ name, power, managementAddress, underlayAddress })),
  };
}

function table(labs: readonly LabState[]): string {
  if (labs.length === 0) return 'There are no labs. `ctplay lab up` makes one.\n';
  const rows = [['LAB', 'HOST', 'POWER', 'ETH0', 'ETH1', 'BASE', 'INVENTORY']];
  for (const { record, hosts } of labs) {
    for (const { name, power, managementAddress, underlayAddress } of hosts) {
      rows.push([record.name, name, power, managementAddress, underlayAddress, record.base, record.inventories[0] ?? '']);
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()}\n`).join('');
}

/** Becomes ssh(1) for the length of a session; gives its exit status. */
async function ssh(lab: string, destination: string, words: readonly string[]): Promise<number> {
  const [host, user = 'root'] = destination.split('@').reverse() as [string, string | undefined];
  const paths = labPaths();
  const record = await readRecord(paths, labName(lab));
  if (record === undefined) {
    throw new CtplayError('lab.state', `there is no lab '${lab}'`, { hint: '`ctplay lab up` makes one, `ctplay lab ls` lists them.' });
  }
  const hosts = labHosts(record);
  const target = hosts.find(({ name }) => name === host);
  if (target === undefined) {
    const names = hosts.map(({ name }) => name);
    throw new CtplayError('lab.state', `the lab '${lab}' has no host '${host}'`, {
      expected: names.join(', '),
      hint: didYouMean(host, names),
    });
  }
  // As with ssh(1), two dashes may stand before the command.
  const args = [...sshArguments(paths, lab, target, user), '--', ...(words[0] === '--' ? words.slice(1) : words)];
  const child = spawn('ssh', args, { stdio: 'inherit' });
  return new Promise((done, fail) => {
    child.once('error', (cause) => fail(new CtplayError('lab.system', "can't run ssh", { found: cause.message, cause })));
    child.once('close', (status) => done(status ?? 255));
  });
}
