/** Services, under systemd (systemctl(1)) and under sysvinit (service(8), update-rc.d(8)). */
import type { Fact, Reading } from '../../src/module.ts';
import { nothing, sh } from '../../src/shell.ts';
import { absent, present, unavailable, Unrecorded } from './reading.ts';

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
  const systemctl = scope === 'user' ? sh`systemctl --user` : sh`systemctl`;
  return {
    kind: 'service',
    key: names.join(' '),
    read: sh`if [ -d /run/systemd/system ]; then echo systemd; LC_ALL=C ${systemctl} show -p ${properties} -- ${names} || exit
for s in ${names}; do echo; set -- /etc/rc[2345].d/S[0-9][0-9]"\${s%.service}"; if [ -e "$1" ]; then echo RcLink=yes; else echo RcLink=no; fi; done
else echo sysv; for s in ${names}; do s=\${s%.service}
if [ -x "/etc/init.d/$s" ]; then echo LoadState=loaded; if LC_ALL=C service "$s" status >/dev/null 2>&1; then echo ActiveState=active; else echo ActiveState=inactive; fi
set -- /etc/rc[2345].d/S[0-9][0-9]"$s"; if [ -e "$1" ]; then echo UnitFileState=enabled; else echo UnitFileState=disabled; fi
else echo LoadState=not-found; fi; echo; done; fi`,
    domains: names.map((name) => `service:${name.replace(/\.service$/, '')}`),
    parse: (result) => {
      if (result.status !== 0) return /bus|No medium/i.test(result.stderr) ? unavailable(result, 'not-running') : unavailable(result);
      const [manager, ...lines] = result.stdout.split('\n');
      const blocks = lines.join('\n').split('\n\n').map(parseBlock);
      const read = (index: number) => stateOf({ ...blocks[index], ...blocks[index + names.length] });
      return present({
        manager: manager as ServiceManager,
        units: Object.fromEntries(names.map((name, index) => [name, read(index)])),
      });
    },
  };
}

/**
 * All properties of a unit by systemd's names, for Ansible's `status`; none under sysvinit. Without `Environment`, where passwords may
 * stand.
 */
export function unitProperties(name: string, scope: ServiceScope = 'system'): Fact<Unrecorded<Readonly<Record<string, string>>>> {
  return {
    kind: 'unit-properties',
    key: name,
    read: sh`[ ! -d /run/systemd/system ] || LC_ALL=C ${scope === 'user' ? sh`systemctl --user` : sh`systemctl`} show -- ${name} | grep -v '^Environment'; :`,
    domains: [`service:${name.replace(/\.service$/, '')}`],
    parse: ({ stdout }) => new Unrecorded(parseBlock(stdout)),
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
