/** Captures baselines: reads hosts, keeps what was read there, and a copy on this machine. */
import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { openSubjects, parseLedger, readLedgerCommand } from '../engine/ledger.ts';
import { RunContext, type RunParts } from '../engine/run-context.ts';
import { exitStatusOf } from '../engine/run.ts';
import { CtplayError } from '../errors.ts';
import type { StepResult } from '../transport/types.ts';
import type { Copies } from './copies.ts';
import { makeBaseline, type Baseline } from './document.ts';
import { abandonCommand, commitCommand, contentsCommand, contentsFolder, machineIdCommand, parseContents, prepareCommand } from './host-store.ts';
import type { CaptureSettings, KindStates, StateKind } from './kind.ts';
import { kindsOf } from './kinds/index.ts';
import { readState } from './reading.ts';
import { visitHosts, type Visit } from './visit.ts';

export interface CaptureRequest {
  readonly name: string;
  readonly settings: CaptureSettings;
  readonly copies: Copies;
  /** Told of each host's baseline once it is in place. */
  readonly captured: (host: string, baseline: Baseline) => void;
}

/** Gives the exit status; what went wrong with a host is told by events, and its earlier baseline stays. */
export async function captureHosts(parts: RunParts, request: CaptureRequest): Promise<number> {
  const run = new RunContext(parts);
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  await visitHosts(run, hosts, { verb: 'baseline capture' }, (visit) => captureHost(visit, request));
  return exitStatusOf(run);
}

async function captureHost(visit: Visit, { name, settings, copies, captured }: CaptureRequest): Promise<void> {
  const { run, host, shell } = visit;
  const kinds = kindsOf(settings);
  const id = randomUUID();
  const { states } = await readState(visit, kinds);
  warn(visit, kinds, states);
  const keeps = kinds.flatMap((kind) => kind.keep?.(contentsFolder(name, id)) ?? []);
  const commands = [prepareCommand(name, id), ...keeps, contentsCommand(name, id), machineIdCommand, readLedgerCommand];
  try {
    const results = await shell.run(commands.map((command) => ({ command, when: 'succeeded' as const, maxOutput: 64 << 20 })), run.kill);
    refuse(host, results);
    const [contents, machineId, ledger] = results.slice(-3).map((result) => result.stdout) as [string, string, string];
    const kept = parseContents(contents);
    const about = { id, name, host, machineId: machineId.trim(), capturedAt: new Date().toISOString(), capturedBy: capturer(), settings, contents: kept.files.length === 0 ? '' : kept.digest };
    const baseline = makeBaseline(about, states);
    refuse(host, await shell.run([{ command: commitCommand(name, id).withInput(baseline.text) }], run.kill));
    await copyContents(visit, baseline, kept.files, copies);
    await copies.commit(host, name, id, baseline.text);
    const made = openSubjects(parseLedger(ledger, host)).length;
    if (made > 0) run.emit({ type: 'warning', host, message: `what ctplay made here (${made} in its ledger) is part of the baseline '${name}'` });
    run.counter(host).ok++;
    captured(host, baseline);
  } catch (error) {
    if (error instanceof CtplayError && error.code === 'baseline.unwritable') await shell.run([{ command: abandonCommand(name, id) }], run.kill);
    throw error;
  }
}

/** Copies what was kept on the host beside a baseline to this machine. */
export async function copyContents({ run, host, shell }: Visit, { head: { name, id } }: Baseline, files: readonly string[], copies: Copies): Promise<void> {
  const folder = await copies.prepare(host, name, id);
  for (const file of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true, mode: 0o700 });
    await shell.download(`${contentsFolder(name, id)}/${file}`, path.join(folder, file), run.kill);
  }
}

function refuse(host: string, results: readonly StepResult[]): void {
  const failed = results.find((result) => !result.skipped && result.status !== 0);
  if (failed) throw new CtplayError('baseline.unwritable', `the baseline could not be kept on ${host}`, { found: failed.stderr.trim() || `exit status ${failed.status}`, hint: 'Free space on /var/lib; an earlier baseline of this name is still there.' });
}

function warn({ run, host }: Visit, kinds: readonly StateKind[], states: KindStates): void {
  for (const { name } of kinds) {
    const reading = states[name];
    if (reading?.state === 'unavailable') run.emit({ type: 'warning', host, message: `${name} can't be recorded: ${reading.detail}` });
  }
}

function capturer(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}@${hostname()}`;
  }
}
