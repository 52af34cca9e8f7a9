/** Units that start at boot, are masked, or run: systemctl(1), the links of systemd.unit(5), and under sysvinit service(8) and rc folders. */
import type { ServiceManager } from '../../../modules/facts/service.ts';
import { present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';

export type UnitItem = {
  readonly manager: ServiceManager;
  readonly enabling: 'enabled' | 'disabled' | 'masked';
  readonly running: boolean;
};

/** Units by name, services without `.service`. What neither starts at boot nor is masked nor runs isn't there. */
export const units: Fact<Reading<Readonly<Record<string, UnitItem>>>> = {
  kind: 'units',
  key: '',
  // Links instead of `list-unit-files`, for which systemd parses every unit file of the host.
  read: sh`export LC_ALL=C; rc() { for l in /etc/rc[2345].d/S[0-9][0-9]*; do [ ! -L "$l" ] || { l=\${l##*/}; echo "rc \${l#S[0-9][0-9]}"; }; done; }
if [ -d /run/systemd/system ]; then echo systemd; rc; find /etc/systemd/system /run/systemd/system -mindepth 1 -maxdepth 2 -type l -printf 'link %P\\t%l\\n'
systemctl show --all --type=service,socket,timer,path -p Id,Type,ActiveState,SubState,UnitFileState '*'
else echo sysv; rc; service --status-all 2>/dev/null </dev/null | sed -n 's/^ \\[ + \\]  */on /p'; fi`,
  domains: ['service'],
  parse: (result) => {
    if (result.status !== 0) return unavailable(result, /bus|No medium/i.test(result.stderr) ? 'not-running' : undefined);
    const [manager, ...lines] = result.stdout.split('\n');
    return present(manager === 'systemd' ? parseSystemd(lines) : parseSysv(lines));
  },
};

function parseSysv(lines: readonly string[]): Record<string, UnitItem> {
  const listed = (word: string) => new Set(lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : [])));
  const [enabled, running] = [listed('rc'), listed('on')];
  return itemsOf([...enabled, ...running], (name) => ({ manager: 'sysv', enabling: enabled.has(name) ? 'enabled' : 'disabled', running: running.has(name) }));
}

function parseSystemd(lines: readonly string[]): Record<string, UnitItem> {
  const rc = new Set<string>();
  const enabled = new Set<string>();
  const masked = new Set<string>();
  for (const line of lines) {
    const [path = '', target = ''] = line.startsWith('link ') ? line.slice('link '.length).split('\t') : [];
    const [, folder, unit] = /^(?:([^/]+)\/)?([^/]+)$/.exec(path) ?? [];
    if (line.startsWith('rc ')) rc.add(line.slice('rc '.length));
    else if (unit === undefined) continue;
    else if (folder === undefined && target === '/dev/null') masked.add(keyOf(unit));
    else if (folder !== undefined && /\.(wants|requires|upholds)$/.test(folder)) enabled.add(keyOf(unit));
  }
  const running = new Set<string>();
  for (const block of lines.filter((line) => !line.startsWith('link ')).join('\n').split('\n\n')) {
    const fields = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    const key = keyOf(fields['Id'] ?? '');
    // Made of an init script: its links in the rc folders count.
    if (fields['UnitFileState'] === 'generated' && rc.has(key)) enabled.add(key);
    if (key !== '' && runs(fields) && !isMoment(key) && !(fields['Type'] === 'dbus' && !enabled.has(key))) running.add(key);
  }
  return itemsOf([...enabled, ...masked, ...running], (name) => ({ manager: 'systemd', enabling: masked.has(name) ? 'masked' : enabled.has(name) ? 'enabled' : 'disabled', running: running.has(name) }));
}

function itemsOf(names: readonly string[], item: (name: string) => UnitItem): Record<string, UnitItem> {
  return Object.fromEntries([...new Set(names)].filter((name) => !name.startsWith('ctplay-')).map((name) => [name, item(name)]));
}

function keyOf(unit: string): string {
  return unit.replace(/\.service$/, '');
}

/** A daemon between two attempts to start counts as running; what does its work and ends doesn't. */
function runs({ Type, ActiveState }: Readonly<Record<string, string>>): boolean {
  return ActiveState === 'active' || ActiveState === 'reloading' || (ActiveState === 'activating' && Type !== 'oneshot');
}

/** Units that come and go by themselves: systemd's own, those of logins, those that timers and D-Bus start. */
function isMoment(key: string): boolean {
  return /^(systemd-|user@|user-runtime-dir@|(console-|serial-)?getty|autovt@|sshd?@|modprobe@|polkit|packagekit|apt-daily|e2scrub|fstrim|logrotate|man-db|dpkg-db-backup|anacron|emergency|rescue|initrd-|plymouth|cloud-|snap\.|snapd\.|uuidd|fwupd|motd-news|update-notifier|upower|udisks2|lvm2-|blk-availability|ovs-record-hostname)/.test(key);
}
