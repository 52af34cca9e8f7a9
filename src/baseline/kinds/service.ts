import { serviceCommand } from '../../../modules/shared/service.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type Remainder, type Restoration } from '../kind.ts';
import { units, type UnitItem } from './service-read.ts';
import { isEssential, isNeededForOrder } from './service-rules.ts';

const nowhere: Pick<UnitItem, 'enabling' | 'running'> = { enabling: 'disabled', running: false };

/** Services, and sockets, timers and paths that start them. */
export const serviceKind = defineKind<UnitItem, { units: typeof units }>({
  name: 'service',
  summary: 'Services, sockets and timers: whether they run, start at boot, are masked',
  facts: { units },
  items: (values) => values.units,
  subject: ({ key }) => (/\.(socket|timer|path|target|mount)$/.test(key) ? `unit ${key}` : `service ${key}`),
  words: ({ before = nowhere, now = nowhere }) => [
    ...(before.running === now.running ? [] : [now.running ? 'runs' : 'is stopped']),
    ...(before.enabling === now.enabling ? [] : [now.enabling === 'disabled' && before.enabling === 'masked' ? 'is no longer masked' : `is ${now.enabling}`]),
  ],
  ledgerSubjects: (key) => [`service ${key}`, `unit ${key}`],
  *restore(differences) {
    for (const { key, before = nowhere, now = nowhere, ...rest } of differences.map((one) => ({ ...one, manager: (one.now ?? one.before)!.manager }))) {
      if (isEssential(key)) yield { key, why: 'a login or the network of the host may depend on it' };
      else yield* steps(key, rest.manager, before, now);
    }
  },
});

type State = Pick<UnitItem, 'enabling' | 'running'>;

function* steps(name: string, manager: UnitItem['manager'], before: State, now: State): Generator<Restoration | Remainder> {
  const stage = 'services';
  const step = (what: string, from: unknown, to: unknown, command: Command, typed = command) => ({ action: 'update', subject: `service ${name}: ${what}`, from, to, commands: [command], typed: [typed] }) as const;
  const verb = (word: Parameters<typeof serviceCommand>[1]): Command => serviceCommand(manager, word, name);
  if (now.running && !before.running) {
    const command = manager === 'systemd' ? sh`${verb('stop')} 2>/dev/null || ! systemctl -q is-active -- ${name}` : verb('stop');
    yield { stage: isNeededForOrder(name) ? stage : 'processes', keys: [name], change: step('state', 'running', 'stopped', command, verb('stop')) };
  }
  if (now.enabling === 'masked' && before.enabling !== 'masked') yield { stage, keys: [name], change: step('masked', true, false, verb('unmask')) };
  if (now.enabling === 'enabled' && before.enabling !== 'enabled') yield { stage, keys: [name], change: step('enabled', true, false, manager === 'systemd' ? disableAnyway(name) : verb('disable'), verb('disable')) };
  if (before.enabling === 'enabled' && now.enabling !== 'enabled') yield { stage, keys: [name], change: step('enabled', false, true, verb('enable')) };
  if (before.running && !now.running) yield { stage, keys: [name], change: step('state', 'stopped', 'running', manager === 'systemd' ? sh`systemctl reset-failed -- ${name} 2>/dev/null; ${verb('start')}` : verb('start'), verb('start')) };
  if (before.enabling === 'masked' && now.enabling !== 'masked') yield { stage, keys: [name], change: step('masked', false, true, verb('mask')) };
}

/** Also where the unit's file is gone, and only the links that start it are left. */
function disableAnyway(name: string): Command {
  const unit = /\.[a-z]+$/.test(name) ? name : `${name}.service`;
  return sh`systemctl -q disable -- ${name} 2>/dev/null; find /etc/systemd/system -mindepth 2 -maxdepth 2 -type l -name ${unit} -delete; systemctl daemon-reload`;
}
