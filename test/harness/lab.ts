/** Real hosts for tests: a lab of their own per test file, gone afterwards, also after a test run that was killed. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { down, list, up } from '../../src/lab/lab.ts';
import { labHosts, labPaths, type BaseKind, type LabHost } from '../../src/lab/layout.ts';
import { attempt, type ProgramResult } from '../../src/lab/run.ts';
import { sshArguments } from '../../src/lab/ssh.ts';
import { initOf } from '../../src/lab/state.ts';

export interface TestLabOptions {
  /** Two when absent. */
  readonly hosts?: number;
  /** `minimal` when absent. */
  readonly base?: BaseKind;
}

export interface TestLab {
  readonly name: string;
  readonly hosts: readonly LabHost[];
  /** Absolute path of the folder with hosts.yml, the key and the known host keys. */
  readonly inventory: string;
  /** Runs a shell command on a host by ssh(1); `host1`, or `vagrant@host1` for the login without privileges. */
  exec(host: string, command: string, input?: string): Promise<ProgramResult>;
  /** The same for a command that has to succeed; gives what it printed, without the last newline. */
  output(host: string, command: string, input?: string): Promise<string>;
  /** Watches the wire between the hosts with tcpdump(8); see Capture. */
  capture(filter: string): Promise<Capture>;
}

export interface Capture {
  /** Ends it; gives one line per packet. */
  stop(): Promise<string[]>;
}

/** Brings a lab up before the tests of this file and takes it down after them. Call at the top of the file or a describe. */
export function withLab(options: TestLabOptions = {}): () => TestLab {
  let lab: TestLab | undefined;
  beforeAll(async () => {
    lab = await startTestLab(options);
  });
  afterAll(async () => {
    if (lab !== undefined) await removeTestLab(lab.name);
  });
  return () => {
    if (lab === undefined) throw new Error('the lab is only there while tests run');
    return lab;
  };
}

/** A lab for the length of one test; remove it with removeTestLab. Removes what killed test runs left. */
export async function startTestLab(options: TestLabOptions = {}): Promise<TestLab> {
  await removeAbandoned();
  const name = testLabName();
  const inventory = join(testFolder(name), 'inventory');
  await mkdir(inventory, { recursive: true });
  const { record } = await up({ name, hosts: options.hosts ?? 2, base: options.base ?? 'minimal', inventory });
  const lab = describeLab(name, labHosts(record), inventory);
  // Its daemons are still starting when SSH answers, and what they set up would seem to change by itself.
  if (options.base === 'full') await Promise.all(lab.hosts.map((host) => lab.exec(host.name, 'systemctl is-system-running --wait')));
  return lab;
}

/** Takes down a lab of testLabName and removes its folder. */
export async function removeTestLab(name: string): Promise<void> {
  await down(name);
  await rm(testFolder(name), { recursive: true, force: true });
}

let made = 0;

/** A new name that says which process made it, so that a lab of a dead one is known. */
export function testLabName(): string {
  return `test-${process.pid}-${startTime(process.pid)!}-${++made}`;
}

/** The folder for a test lab's inventory and other files. */
export function testFolder(name: string): string {
  return join(tmpdir(), `ctplay-${name}`);
}

/** Removes the labs whose test run was killed. */
async function removeAbandoned(): Promise<void> {
  for (const { record } of await list()) {
    const owner = /^test-(\d+)-(\d+)-\d+$/.exec(record.name);
    if (owner !== null && startTime(Number(owner[1])) !== owner[2]) await removeTestLab(record.name);
  }
}

/** When a process started, in clock ticks after the boot of the machine (proc_pid_stat(5)); undefined when it is gone. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may hold blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** What tests can do with a running lab. */
export function describeLab(name: string, hosts: readonly LabHost[], inventory: string): TestLab {
  const exec = (destination: string, command: string, input = '') => {
    const [host, user] = destination.split('@').reverse();
    const target = hosts.find((one) => one.name === host);
    if (target === undefined) throw new Error(`the lab has no ${host}`);
    // A host that goes off in the middle must not hang a test.
    return attempt('ssh', ['-o', 'ConnectTimeout=10', '-o', 'ServerAliveInterval=10', ...sshArguments(labPaths(), name, target, user), '--', command], { input });
  };
  return {
    name,
    hosts,
    inventory,
    exec,
    async output(host, command, input) {
      const { status, stdout, stderr } = await exec(host, command, input);
      if (status !== 0) throw new Error(`${host}: '${command}' ended with ${status}: ${stderr}${stdout}`);
      return stdout.replace(/\n$/, '');
    },
    capture: (filter) => capture(name, filter),
  };
}

async function capture(name: string, filter: string): Promise<Capture> {
  const tcpdump = ['tcpdump', '--immediate-mode', '-l', '-n', '-i', 'underlay', filter];
  const child = spawn('nsenter', [`--net=/proc/${await initOf(name)}/ns/net`, ...tcpdump], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout.on('data', (text) => (printed += String(text)));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // Its first words on standard error come when it listens.
  await Promise.race([new Promise((resolve) => child.stderr.once('data', resolve)), closed]);
  return {
    async stop() {
      child.kill('SIGINT');
      await closed;
      return printed.split('\n').filter((line) => line !== '');
    },
  };
}
