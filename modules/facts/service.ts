/** Services, under systemd (systemctl(1)) and under sysvinit (service(8), update-rc.d(8)). */
import type { Fact, Reading } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import { absent, present, unavailable, Unrecorded } from './reading.ts';
import { settled } from './settled.ts';

export type ServiceManager = 'systemd' | 'sysv';

export interface ServiceState {
  /** Runs or is about to: systemd's ActiveState active, activating or reloading. */
  readonly active: boolean;
  /** Starts at boot, or needs no enabling (static units). */
  readonly enabled: boolean;
  readonly masked: boolean;
  /** The unit's files changed since systemd read them. */
  readonly needsReload: boolean;
  /** systemd's ActiveState and SubState: `active (exited)`. */
  readonly status: string;
  /** systemd's UnitFileState; enabled or disabled under sysvinit. */
  readonly enabling: string;
}

export interface Services {
  readonly manager: ServiceManager;
  readonly units: Readonly<Record<string, Reading<ServiceState>>>;
}

export type ServiceScope = 'system' | 'user';

const properties = 'LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload';

/** The services of these names, with or without `.service`, and who manages them. */
export function services(names: readonly string[], scope: ServiceScope = 'system'): Fact<Reading<Services>> {
  return servicesBy(names, reading(names, scope, sh`LC_ALL=C ${systemctl(scope)} show -p ${properties} -- ${names} || exit`));
}

/** By systemd's names; none under sysvinit. */
export type UnitProperties = Unrecorded<Readonly<Record<string, string>>>;

/**
 * One service, and where they are wanted all properties of its unit for Ansible's `status`, without `Environment`, where passwords may
 * stand. One command reads both. There are hundreds of them: for all it takes half as long again as for the few that matter.
 */
export function service(name: string, scope: ServiceScope = 'system', areWanted = true): { services: Fact<Reading<Services>>; properties: Fact<UnitProperties | undefined> } {
  if (!areWanted) return { services: services([name], scope), properties: settled(undefined) };
  const read = reading([name], scope, sh`u=$(LC_ALL=C ${systemctl(scope)} show -- ${name}) || exit; printf '%s\\n' "$u" | grep -v '^Environment'`);
  const one = servicesBy([name], read);
  return {
    services: one,
    properties: {
      kind: 'unit-properties',
      key: name,
      read,
      domains: one.domains,
      parse: ({ stdout }) => new Unrecorded(stdout.startsWith('systemd\n') ? parseBlock(stdout.slice(0, stdout.lastIndexOf('\n\n'))) : {}),
    },
  };
}

const systemctl = (scope: ServiceScope): Command => (scope === 'user' ? sh`systemctl --user` : sh`systemctl`);

/**
 * A block of `NAME=value` lines for each unit: by `units` and then once more for the links to init scripts under systemd, by the init scripts
 * themselves without. What the shell itself has to say is printed at once: each line for itself would be a packet of SSH's.
 */
function reading(names: readonly string[], scope: ServiceScope, units: Command): Command {
  return sh`o=; if [ -d /run/systemd/system ]; then echo systemd; ${units}
for s in ${names}; do set -- /etc/rc[2345].d/S[0-9][0-9]"\${s%.service}"; if [ -e "$1" ]; then r=yes; else r=no; fi; o="$o
RcLink=$r
"; done
else o='sysv
'; for s in ${names}; do s=\${s%.service}; if [ -x "/etc/init.d/$s" ]; then
if ${initScriptStatus}; then a=active; else a=inactive; fi
set -- /etc/rc[2345].d/S[0-9][0-9]"$s"; if [ -e "$1" ]; then u=enabled; else u=disabled; fi; o="\${o}LoadState=loaded
ActiveState=$a
UnitFileState=$u

"; else o="\${o}LoadState=not-found

"; fi; done; fi; printf %s "$o"`;
}

/** The script `$s` in the environment that service(8) gives it, which takes three processes more. */
const initScriptStatus: Command = sh`( cd / && exec env -i LC_ALL=C PATH="$PATH" TERM="$TERM" "/etc/init.d/$s" status ) >/dev/null 2>&1`;

function servicesBy(names: readonly string[], read: Command): Fact<Reading<Services>> {
  return {
    kind: 'service',
    key: names.join(' '),
    read,
    domains: names.map((name) => `service:${name.replace(/\.service$/, '')}`),
    parse: (result) => {
      if (result.status !== 0) return /bus|No medium/i.test(result.stderr) ? unavailable(result, 'not-running') : unavailable(result);
      const [manager, ...lines] = result.stdout.split('\n');
      // Of one alone it is one block: who knows what its properties hold.
      const blocks = names.length === 1 ? [parseBlock(result.stdout)] : lines.join('\n').split('\n\n').map(parseBlock);
      const read = (index: number) => stateOf({ ...blocks[index], ...blocks[index + names.length] });
      return present({
        manager: manager as ServiceManager,
        units: Object.fromEntries(names.map((name, index) => [name, read(index)])),
      });
    },
  };
}

const unitFolders = {
  system: ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'],
  user: ['/etc/systemd/user', '/run/systemd/user', '/usr/local/lib/systemd/user', '/usr/lib/systemd/user', '/lib/systemd/user'],
} as const;

/**
 * Whether unit files came, went or changed since systemd read them. Its own NeedDaemonReload doesn't see a folder of drop-ins that is
 * new. A systemd that doesn't tell when it read them (before version 250) counts as outdated.
 */
export function unitFilesChanged(scope: ServiceScope = 'system'): Fact<boolean> {
  const [systemctl, own] = scope === 'user' ? [sh`systemctl --user`, sh` ~/.config/systemd/user`] : [sh`systemctl`, nothing];
  return {
    kind: 'unit-files',
    key: scope,
    read: sh`t=$(LC_ALL=C ${systemctl} show --timestamp=us+utc -p UnitsLoadTimestamp --value) && [ -n "$t" ] || { echo unknown; exit 0; }
find ${unitFolders[scope]}${own} -newermt "$t" 2>/dev/null | head -n 1`,
    domains: ['file', 'package', 'service'],
    parse: (result) => result.stdout !== '',
  };
}

function parseBlock(text: string): Record<string, string> {
  return Object.fromEntries(text.split('\n').filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Those for which systemctl(1) `is-enabled` exits with 0; for generated units the links to the init script decide. */
const enablings = ['enabled', 'enabled-runtime', 'static', 'alias', 'indirect'];

function stateOf(block: Record<string, string>): Reading<ServiceState> {
  const load = block.LoadState ?? 'not-found';
  if (load === 'not-found') return absent;
  const active = block.ActiveState ?? 'inactive';
  const enabling = block.UnitFileState || 'static';
  return present({
    active: active === 'active' || active === 'activating' || active === 'reloading',
    enabled: enabling === 'generated' ? block.RcLink === 'yes' : enablings.includes(enabling),
    masked: load === 'masked' || enabling.startsWith('masked'),
    needsReload: block.NeedDaemonReload === 'yes',
    status: block.SubState === undefined ? active : `${active} (${block.SubState})`,
    enabling,
  });
}
