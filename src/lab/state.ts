/** What is known of labs: their records on disk and what of them is alive. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupProcesses, cgroupsNamed } from './cgroups.ts';
import { ignoring, writeWhole } from './files.ts';
import { cgroupName, labFiles, labHosts, type LabHost, type LabPaths, type LabRecord } from './layout.ts';

export interface HostState extends LabHost {
  /** `off` after a power-off or a crash of its systemd, or when the lab is not running. */
  readonly power: 'on' | 'off';
}

export interface LabState {
  readonly record: LabRecord;
  /** The pid of the lab's init; undefined when the lab is not running. */
  readonly init: number | undefined;
  /** Hosts that have lost the process that boots them. */
  readonly unsupervised: readonly string[];
  readonly hosts: readonly HostState[];
}

/** The record of a lab, or undefined when there is no such lab. */
export async function readRecord(paths: LabPaths, name: string): Promise<LabRecord | undefined> {
  const text = await ignoring(['ENOENT', 'ENOTDIR'], readFile(labFiles(paths, name).record, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as LabRecord);
}

/** Stores a changed record. */
export async function writeRecord(paths: LabPaths, record: LabRecord): Promise<void> {
  await writeWhole(labFiles(paths, record.name).record, JSON.stringify(record, null, 2));
}

/** The records of all labs, by name. */
export async function readRecords(paths: LabPaths): Promise<LabRecord[]> {
  const names = (await ignoring(['ENOENT'], readdir(paths.state))) ?? [];
  const records = await Promise.all(names.sort().map((name) => readRecord(paths, name)));
  return records.filter((record) => record !== undefined);
}

/** Where a host's supervisor says `on`, or `off` with the status that the host's init ended with. */
export function stateFile(paths: LabPaths, lab: string, host: string): string {
  return join(labFiles(paths, lab).host(host), 'state');
}

/** A lab as it is now. */
export async function examine(paths: LabPaths, record: LabRecord): Promise<LabState> {
  const processes = await labProcesses(record.name);
  const init = processes.find((process) => process.init)?.pid;
  const supervised = new Set(processes.map((process) => process.supervises));
  const hosts = await Promise.all(
    labHosts(record).map(async (host): Promise<HostState> => {
      const state = await ignoring(['ENOENT'], readFile(stateFile(paths, record.name, host.name), 'utf8'));
      return { ...host, power: init !== undefined && state?.trim() === 'on' ? 'on' : 'off' };
    }),
  );
  return { record, init, unsupervised: hosts.map(({ name }) => name).filter((name) => !supervised.has(name)), hosts };
}

interface LabProcess {
  readonly pid: number;
  /** Pid 1 of the lab's pid namespace. */
  readonly init: boolean;
  /** The host that this process boots. */
  readonly supervises: string | undefined;
}

/** The processes that run a lab, those inside its hosts left out. */
async function labProcesses(name: string): Promise<LabProcess[]> {
  const pids = await cgroupProcesses(`${cgroupName(name)}/${labGroup}`);
  const found = await Promise.all(
    pids.map(async (pid): Promise<LabProcess | undefined> => {
      const gone = ['ENOENT', 'ESRCH'];
      const status = await ignoring(gone, readFile(`/proc/${pid}/status`, 'utf8'));
      const commandLine = await ignoring(gone, readFile(`/proc/${pid}/cmdline`, 'utf8'));
      if (status === undefined || commandLine === undefined || commandLine === '') return undefined;
      const words = commandLine.split('\0');
      return {
        pid,
        init: /^NSpid:\t\d+(\t\d+)*\t1$/m.test(status),
        supervises: words[1] === 'scripts/host.sh' ? words[2] : undefined,
      };
    }),
  );
  return found.filter((process) => process !== undefined);
}

/** The cgroup of the lab's own processes, beside those of its hosts. */
export const labGroup = 'lab';

/** The pid of the lab's init, or undefined when the lab is not running. */
export async function initOf(name: string): Promise<number | undefined> {
  return (await labProcesses(name)).find((process) => process.init)?.pid;
}

/** The labs that have processes or cgroups on this machine, with or without a record. */
export async function labsWithCgroups(): Promise<string[]> {
  const prefix = cgroupName('');
  return (await cgroupsNamed(prefix)).map((name) => name.slice(prefix.length));
}

/** The state folder that a running lab was started with; labs of different CTPLAY_LAB_DIR share names and cgroups. */
export async function stateFolderOf(init: number): Promise<string | undefined> {
  const environment = await ignoring(['ENOENT', 'ESRCH'], readFile(`/proc/${init}/environ`, 'utf8'));
  return environment?.split('\0').find((variable) => variable.startsWith('LAB_DIR='))?.slice('LAB_DIR='.length);
}
