/** Runs a module without the engine: facts given (tables), or read from this machine, inside a network namespace if wanted. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Static, TObject } from 'typebox';
import { commandsOf as jointCommandsOf } from '../../src/engine/joint-changes.ts';
import type { Change, FactMap, Module, ReadResult, Values } from '../../src/module.ts';
import { quote, type Command } from '../../src/shell.ts';

/** The changes that a module plans, in order. */
export function planOf<S extends TObject, F extends FactMap, I>(module: Module<S, F, I>, args: Static<S>, now: Values<F>, inputs?: I): Change[] {
  return [...module.plan(args, now, inputs as I)];
}

/** The commands of changes as a person would type them. */
export function commandsOf(changes: readonly Change[]): string[] {
  return changes.flatMap((change) => change.commands.map((command) => command.display));
}

export interface LocalOptions {
  /** What stands before /bin/sh: `['ip', 'netns', 'exec', NAME]`. */
  readonly prefix?: readonly string[];
  /** Runs on another host instead: ssh with its options and the host's name. */
  readonly ssh?: readonly string[];
}

export function runCommand(command: Command, { prefix = [], ssh }: LocalOptions = {}): ReadResult {
  const [file, ...args] = ssh === undefined ? [...prefix, '/bin/sh', '-c', command.text] : [...ssh, ['exec', ...prefix, '/bin/sh', '-c', command.text].map(quote).join(' ')];
  const input = command.input;
  const stdin = input === undefined ? '' : input.kind === 'text' ? (typeof input.text === 'string' ? input.text : input.text.reveal()) : input.kind === 'bytes' ? input.bytes : input.kind === 'file' ? readFileSync(input.path) : '';
  const done = spawnSync(file!, args, { input: stdin, encoding: 'utf8', maxBuffer: 1 << 26 });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

export function readFacts<F extends FactMap>(facts: F, options?: LocalOptions): Values<F> {
  return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact.parse(runCommand(fact.read, options))])) as Values<F>;
}

export interface LocalRun<F extends FactMap> {
  readonly before: Values<F>;
  readonly now: Values<F>;
  readonly changes: Change[];
  /** What is planned again afterwards: empty when the module converged. */
  readonly leftover: Change[];
}

/** Reads, plans, applies, reads and plans again, as the engine does. Throws with the command and its stderr when one fails. */
export async function applyLocally<S extends TObject, F extends FactMap, I>(module: Module<S, F, I>, args: Static<S>, options: LocalOptions & { inputs?: I } = {}): Promise<LocalRun<F>> {
  const inputs = options.inputs as I;
  const facts = module.facts(args, inputs);
  const before = readFacts(facts, options);
  const changes = [...module.plan(args, before, inputs)];
  for (const command of jointCommandsOf(changes)) runOrThrow(await withStreamRead(command), options);
  const now = readFacts(facts, options);
  return { before, now, changes, leftover: [...module.plan(args, now, inputs)] };
}

/** Reverts to `before`, and gives the changes made. */
export function revertLocally<S extends TObject, F extends FactMap, I>(module: Module<S, F, I>, args: Static<S>, before: Values<F>, options: LocalOptions = {}): Change[] {
  if (!module.revert) throw new Error('the module has no revert');
  const facts = module.revertFacts?.(args, before) ?? module.facts(args, undefined as I);
  const changes = [...module.revert(args, readFacts(facts, options), before)];
  for (const command of jointCommandsOf(changes)) runOrThrow(command, options);
  return changes;
}

function runOrThrow(command: Command, options: LocalOptions): void {
  const result = runCommand(command, options);
  if (result.status !== 0) throw new Error(`${command.display}\nexit ${result.status}: ${result.stderr}${result.stdout}`);
}

async function withStreamRead(command: Command): Promise<Command> {
  if (command.input?.kind !== 'stream') return command;
  const parts: Uint8Array[] = [];
  for await (const bytes of command.input.open()) parts.push(bytes);
  return command.withInput({ kind: 'bytes', bytes: Buffer.concat(parts) });
}
