/** Daemons take notice of configuration that was put back. */
import type { ServiceManager } from '../../../modules/facts/service.ts';
import { serviceCommand } from '../../../modules/shared/service.ts';
import { sh, type Command } from '../../shell.ts';
import { sameValue } from '../fingerprint.ts';
import type { Restoration, RestoreContext } from '../kind.ts';
import { restartable } from './service-rules.ts';

/** Reads units anew, restarts services whose files differed and that run and ran, and lets the SSH server read its own again. */
export function* takeNotice(paths: readonly string[], context: RestoreContext): Generator<Restoration> {
  if (paths.some((path) => path.startsWith('/etc/systemd/') || path.startsWith('/etc/init.d/'))) {
    const reload = sh`[ ! -d /run/systemd/system ] || systemctl daemon-reload`;
    yield { stage: 'files', keys: [], change: { action: 'run', subject: 'units: reload', commands: [reload], typed: [sh`systemctl daemon-reload`], why: 'files of units differed' } };
  }
  for (const name of new Set(paths.flatMap(serviceOf))) {
    const manager = restartable(name, context);
    if (manager === undefined || (name === 'docker' && isReaddressed(context))) continue;
    yield { stage: 'services', keys: [], change: { action: 'run', subject: `service ${name}: restart`, commands: [restart(name, manager)], why: 'its configuration differed' } };
  }
  const read = paths.filter((path) => path.startsWith('/etc/ssh/sshd_config'));
  if (read.length === 0) return;
  for (const name of context.management.services.filter((unit) => !unit.endsWith('.socket')).slice(0, 1).map((unit) => unit.replace(/\.service$/, ''))) {
    yield { stage: 'services', keys: read, change: { action: 'run', subject: `service ${name}: reload`, commands: [sh`sshd -t && service ${name} reload`], why: 'its configuration differed' } };
  }
}

/** docker0's own way back starts the daemon anew, and each start makes containers wait. */
function isReaddressed({ baseline, now }: RestoreContext): boolean {
  const bridgeOf = (reading: RestoreContext['now'][string] | undefined) => (reading?.state === 'present' ? reading.value['bridge'] : undefined);
  const [was, is] = [bridgeOf(baseline['docker-network']), bridgeOf(now['docker-network'])];
  return was !== undefined && is !== undefined && !sameValue(was, is);
}

/** systemd refuses a service that was started too often in a short time, unless the count is reset. */
function restart(name: string, manager: ServiceManager): Command {
  const command = serviceCommand(manager, 'restart', name);
  return manager === 'systemd' ? sh`systemctl reset-failed -- ${name}; ${command}` : command;
}

/** By the customs of Debian: the service that a file of /etc is for. */
function serviceOf(path: string): string[] {
  const name = /^\/etc\/systemd\/system\/([^/]+)\.service(\.d\/.*)?$/.exec(path)?.[1] ?? /^\/etc\/default\/([^/]+)$/.exec(path)?.[1] ?? /^\/etc\/([^/]+)\.conf$/.exec(path)?.[1] ?? /^\/etc\/([^/]+)\/.+$/.exec(path)?.[1];
  return name === undefined ? [] : [name];
}
