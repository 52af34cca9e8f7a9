/** Modules on the hosts of a test lab, without the engine: one SSH connection per host for all commands. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { shapeArguments } from '../../src/load/bind/shape.ts';
import type { Schema } from '../../src/load/bind/schema.ts';
import { labPaths } from '../../src/lab/layout.ts';
import { sshArguments } from '../../src/lab/ssh.ts';
import type { Module } from '../../src/module.ts';
import { testFolder, type TestLab } from './lab.ts';
import type { LocalOptions } from './module.ts';

export interface LabSession {
  /** For the harness of modules. */
  readonly options: LocalOptions;
  /** Runs a script on the host and gives its stdout; throws with its stderr when it doesn't exit with 0. */
  sh(script: string): string;
}

/** Opens a connection that lasts as long as the lab. `prefix` stands before every command of modules. */
export function openSession(lab: TestLab, host: number, prefix: readonly string[] = []): LabSession {
  const one = lab.hosts[host]!;
  const shared = ['-o', `ControlPath=${join(testFolder(lab.name), `${one.name}.ssh`)}`];
  const login = sshArguments(labPaths(), lab.name, one);
  // It ends by itself soon after the lab is gone.
  spawnSync('ssh', [...shared, '-o', 'ServerAliveInterval=3', '-o', 'ServerAliveCountMax=2', '-fNM', ...login], { stdio: 'ignore' });
  const ssh = ['ssh', ...shared, ...login, '--'];
  return {
    options: { ssh, prefix },
    sh(script) {
      const done = spawnSync(ssh[0]!, [...ssh.slice(1), script], { encoding: 'utf8', input: '', timeout: 120_000 });
      if (done.status !== 0) throw new Error(`${one.name}: '${script}' ended with ${done.status}: ${done.stderr}${done.stdout}`);
      return done.stdout.replace(/\n$/, '');
    },
  };
}

/** A module's arguments as a playbook gives them, with the defaults filled in. */
export function argumentsOf<M extends Pick<Module, 'args'>>(module: M, given: Record<string, unknown>): never {
  const { value, problems } = shapeArguments(module.args as Schema, given, { pending: false, module: 'test' });
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join('\n'));
  return value as never;
}
