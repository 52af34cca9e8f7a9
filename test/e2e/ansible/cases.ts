/** The compared playbooks, and how one of them is run by either tool. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import { quote } from '../../../src/shell.ts';
import { bundle } from '../../harness/ctplay.ts';
import { isolated, startFleet, type Keys } from './hosts.ts';
import { filesBelow, recapOf, type Counters, type Outcome } from './outcome.ts';

export type Tool = 'ansible' | 'ctplay';

/** `case.yml`, beside the playbook. */
export interface CaseOptions {
  /** Hosts that are there; a and b when left out. */
  readonly hosts?: readonly string[];
  /** The inventory's file; without one all hosts stand in a list. */
  readonly inventory?: string;
  /** Further arguments for both tools. */
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What a person at the terminal types, a line for each question. */
  readonly answers?: readonly string[];
  readonly differs?: Difference;
}

/** Where ctplay differs on purpose: what is laid over Ansible's outcome. */
export interface Difference {
  readonly why: string;
  /** It does nothing and exits with 1. */
  readonly refused?: boolean;
  readonly status?: number;
  readonly recap?: Readonly<Record<string, Counters>>;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Case extends CaseOptions {
  readonly name: string;
  readonly folder: string;
}

const casesFolder = fileURLToPath(new URL('cases', import.meta.url));

export function readCases(): Case[] {
  return readdirSync(casesFolder).sort().map((name) => {
    const folder = path.join(casesFolder, name);
    const options = path.join(folder, 'case.yml');
    return { name, folder, ...(existsSync(options) ? (parse(readFileSync(options, 'utf8')) as CaseOptions) : {}) };
  });
}

/** Runs a case by one tool on fresh hosts below `folder`. */
export async function runCase(one: Case, tool: Tool, folder: string, keys: Keys, network: number): Promise<Outcome> {
  const hosts = one.hosts ?? ['a', 'b'];
  const machines = [...hosts, 'localhost'];
  for (const name of machines) mkdirSync(path.join(folder, name), { recursive: true });
  const fleet = await startFleet(folder, hosts, keys, network);
  try {
    const list = path.join(folder, 'hosts');
    writeFileSync(list, hosts.map((host) => `${host}\n`).join(''));
    const inventory = one.inventory ?? list;
    const command = [...commandOf(tool), 'playbook.yml', '-i', inventory, ...(one.arguments ?? [])];
    const { status, output } = await run(['unshare', ...isolated(path.join(folder, 'localhost'), command)], one.folder, { ...environmentOf(tool, fleet.home), ...one.environment }, one.answers);
    const files = Object.assign({}, ...machines.map((name) => filesBelow(path.join(folder, name), `${name}/`))) as Record<string, string>;
    return { status, recap: recapOf(output), files, output };
  } finally {
    await fleet.stop();
  }
}

function commandOf(tool: Tool): string[] {
  return tool === 'ansible' ? ['ansible-playbook'] : [process.execPath, bundle, 'run', '--output', 'plain'];
}

function environmentOf(tool: Tool, home: string): Record<string, string> {
  const shared = {
    PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
  };
  // Its hosts are gone after the case.
  if (tool === 'ctplay') return { ...shared, ANSIBLE_SSH_ARGS: '-o ControlPersist=no' };
  return {
    ...shared,
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_LOCALHOST_WARNING: '0',
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    // OpenSSH finds its home folder in /etc/passwd, whatever HOME says.
    ANSIBLE_SSH_ARGS: `-F ${home}/.ssh/config -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=${home}/%n`,
  };
}

/** Runs a command; where a person is to answer, at a terminal of its own: script(1) passes on what is typed. */
function run(command: readonly string[], cwd: string, env: Record<string, string>, answers: readonly string[] = []): Promise<{ status: number | null; output: string }> {
  const [program, ...args] = answers.length === 0 ? command : ['script', '-qefc', command.map(quote).join(' '), '/dev/null'];
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { cwd, env, stdio: [answers.length === 0 ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    const left = [...answers];
    let output = '';
    let answered = 0;
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        // A question is what waits at the end of a line. It may be drawn more than once; the next one stands on a line of its own.
        const since = stripVTControlCharacters(output.slice(answered));
        if (left.length === 0 || !/: $/.test(since) || (left.length < answers.length && !since.includes('\n'))) return;
        answered = output.length;
        child.stdin!.write(`${left.shift()!}\n`);
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
