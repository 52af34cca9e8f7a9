/** Plans of services: what must run, what must start at boot. */
import type { Change, Reading } from '../../src/module.ts';
import { PreconditionError } from '../../src/errors.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import type { Services, ServiceManager, ServiceScope, ServiceState } from '../facts/service.ts';
import { initScript } from './init-script.ts';

/** What `service` and `systemd` return, for their pages. */
export const serviceReturnValues: Readonly<Record<string, string>> = {
  name: 'the argument',
  state: '`started` or `stopped`, when it was asked for',
  enabled: 'the argument',
  status: "what is known of the unit: under systemd its properties by systemd's names (`ActiveState`, `LoadState`, `UnitFileState`, `MainPID`, …)",
};

export interface WantedService {
  readonly state?: 'started' | 'stopped' | 'restarted' | 'reloaded' | undefined;
  readonly enabled?: boolean | undefined;
  readonly masked?: boolean | undefined;
  readonly scope?: ServiceScope | undefined;
  /** systemctl's `--no-block`. */
  readonly noBlock?: boolean | undefined;
  /** systemctl's `--force`, for enabling over links that are in the way. */
  readonly force?: boolean | undefined;
  /** Seconds between stop and start of a restart. */
  readonly sleep?: number | undefined;
}

/** Who manages the host's services. Throws PreconditionError when that can't be asked. */
export function managerOf(services: Reading<Services>): ServiceManager {
  if (services.state === 'present') return services.value.manager;
  throw new PreconditionError('the services of the host can not be read', {
    found: services.state === 'unavailable' ? services.detail : undefined,
    hint: 'systemctl or service has to answer; log in as root or add `become: true`.',
  });
}

/** The unit of this name. Throws PreconditionError when there is none. */
export function unitOf(services: Reading<Services>, name: string): ServiceState {
  managerOf(services);
  const unit = services.state === 'present' ? services.value.units[name] : undefined;
  if (unit?.state === 'present') return unit.value;
  throw new PreconditionError(`there is no service '${name}' on the host`, { hint: 'Install the package that brings it first, or look at the name: `systemctl list-unit-files`.' });
}

/** From what a unit is to what it should be. Throws PreconditionError for a masked unit that should start. */
export function* planService(name: string, wanted: WantedService, manager: ServiceManager, now: ServiceState): Generator<Change> {
  const { state, enabled, masked } = wanted;
  if (now.masked && masked !== false && ((state !== undefined && state !== 'stopped') || enabled === true)) {
    throw new PreconditionError(`the service '${name}' is masked, so it can not be started or enabled`, { hint: 'Unmask it: module `systemd` with `masked: false`.' });
  }
  if (masked === false && now.masked) yield step(name, 'masked', true, false, serviceCommand(manager, 'unmask', name, wanted));
  if (enabled !== undefined && now.enabled !== enabled && !(now.masked && !enabled)) yield step(name, 'enabled', now.enabled, enabled, serviceCommand(manager, enabled ? 'enable' : 'disable', name, wanted));
  if (state === 'started' && !now.active) yield step(name, 'state', now.status, 'started', serviceCommand(manager, 'start', name, wanted), typedCommand(manager, 'start', name));
  if (state === 'stopped' && now.active) yield step(name, 'state', now.status, 'stopped', serviceCommand(manager, 'stop', name, wanted), typedCommand(manager, 'stop', name));
  if (state === 'restarted' || state === 'reloaded') {
    // A service that doesn't run can't be reloaded; starting it reads its configuration as well.
    const verb = state === 'restarted' ? 'restart' : now.active ? 'reload' : 'start';
    const patient = verb === 'restart' && wanted.sleep !== undefined;
    const commands = patient ? [serviceCommand(manager, 'stop', name, wanted), sh`sleep ${wanted.sleep!}`, serviceCommand(manager, 'start', name, wanted)] : [serviceCommand(manager, verb, name, wanted)];
    yield { action: 'run', subject: `service ${name}: ${verb}`, commands, ...(patient ? {} : typedCommand(manager, verb, name)) };
  }
  if (masked === true && !now.masked) yield step(name, 'masked', false, true, serviceCommand(manager, 'mask', name, wanted));
}

/** Back to what a unit was. Plans nothing for a unit that is gone. */
export function* revertService(name: string, managed: WantedService, now: Reading<Services>, before: Reading<Services>): Generator<Change> {
  if (now.state !== 'present' || before.state !== 'present') return;
  const [unit, old] = [now.value.units[name], before.value.units[name]];
  if (unit?.state !== 'present' || old?.state !== 'present') return;
  const state = managed.state === 'started' || managed.state === 'stopped' ? (old.value.active ? 'started' : 'stopped') : undefined;
  yield* planService(
    name,
    {
      ...(state === undefined ? {} : { state }),
      ...(managed.enabled === undefined || old.value.masked ? {} : { enabled: old.value.enabled }),
      ...(managed.masked === undefined ? {} : { masked: old.value.masked }),
      scope: managed.scope,
    },
    now.value.manager,
    unit.value,
  );
}

type Verb = 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable' | 'mask' | 'unmask';

/** One verb for one service in the words of its manager. */
export function serviceCommand(manager: ServiceManager, verb: Verb, name: string, { scope, noBlock, force }: WantedService = {}): Command {
  if (manager === 'systemd') {
    const isFileVerb = /able|mask/.test(verb);
    const options = [...(isFileVerb ? ['--quiet'] : []), ...(scope === 'user' ? ['--user'] : []), ...(noBlock && !isFileVerb ? ['--no-block'] : []), ...(force && verb === 'enable' ? ['--force'] : [])];
    return sh`systemctl ${options.length === 0 ? nothing : sh`${options} `}${verb} -- ${name}`;
  }
  const script = name.replace(/\.service$/, '');
  if (verb === 'enable') return sh`update-rc.d ${script} defaults >/dev/null && update-rc.d ${script} enable`;
  if (verb === 'disable') return sh`update-rc.d ${script} disable`;
  // A daemon that holds the shell's output open would keep the task from ending.
  return sh`${initScript(script, verb)} </dev/null >/dev/null 2>&1 || { LC_ALL=C service ${script} status >&2; exit 1; }`;
}

/** What a person would type for it, where that is something else. */
function typedCommand(manager: ServiceManager, verb: Verb, name: string): { readonly typed?: readonly Command[] } {
  return manager === 'systemd' || /able/.test(verb) ? {} : { typed: [sh`service ${name.replace(/\.service$/, '')} ${verb}`] };
}

function step(name: string, what: string, from: unknown, to: unknown, command: Command, typed: Pick<Change, 'typed'> = {}): Change {
  // What a daemon does when it starts or stops (links, rules, containers) only a new look can tell, so it touches everything.
  return { action: 'update', subject: `service ${name}: ${what}`, from, to, commands: [command], ...typed };
}
