import { digestOf } from '../../../modules/shared/docker.ts';
import { lxdClient, lxdMark } from '../../../modules/facts/lxd.ts';
import { parseJson, present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type Remainder, type Restoration } from '../kind.ts';
import { clauses, differingFields, shownValue, sortOut } from './differing.ts';

export type LxdItem = {
  readonly state: 'running' | 'frozen' | 'stopped';
  readonly type: string;
  /** The fingerprint of the image that it was made of. */
  readonly image: string;
  readonly profiles: readonly string[];
  /** Values of `environment.*` as digests: passwords stand there. */
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly ephemeral: boolean;
  readonly snapshots: readonly string[];
};

/**
 * All instances. A daemon that its socket would start isn't asked, since reading must not change the host; if it has instances on its
 * disk, it is unknown which.
 */
const instances: Fact<Reading<Readonly<Record<string, LxdItem>>>> = {
  kind: 'lxd-items',
  key: '',
  read: sh`export LC_ALL=C; command -v lxc >/dev/null || exit 127
up=; for p in /var/lib/lxd/lxd.pid /var/snap/lxd/common/lxd.pid; do [ ! -e "$p" ] || [ ! -d "/proc/$(cat "$p")" ] || up=1; done
[ -n "$up" ] || for u in lxd.service snap.lxd.daemon.service; do ! systemctl -q is-active "$u" 2>/dev/null || up=1; done
[ -n "$up" ] || { for c in /var/lib/lxd/containers/* /var/lib/lxd/virtual-machines/* /var/snap/lxd/common/lxd/containers/*; do [ ! -e "$c" ] && [ ! -L "$c" ] || { echo 'the daemon does not run' >&2; exit 1; }; done; echo '[]'; exit; }
${lxdClient(sh`lxc query '/1.0/instances?recursion=2'`)}`,
  domains: ['lxd'],
  parse: (result) => {
    if (result.status === 127) return present({});
    const all = parseJson(result.stdout);
    if (result.status === 0 && Array.isArray(all)) return present(Object.fromEntries((all as RawInstance[]).map((one) => [one.name, itemOf(one)])));
    return unavailable(result, result.status === 0 ? 'unreadable' : 'not-running');
  },
};

interface RawInstance {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly devices?: LxdItem['devices'];
  readonly profiles?: readonly string[];
  readonly ephemeral?: boolean;
  readonly snapshots?: readonly { readonly name: string }[] | null;
}

function itemOf({ name, type, status, config = {}, devices = {}, profiles = [], ephemeral = false, snapshots }: RawInstance): LxdItem {
  const own = Object.entries(config).filter(([key]) => !/^(volatile|image)\./.test(key));
  return {
    state: /^(Running|Starting|Ready)$/.test(status) ? 'running' : /^(Frozen|Freezing)$/.test(status) ? 'frozen' : 'stopped',
    type,
    image: config['volatile.base_image'] ?? '',
    profiles,
    config: Object.fromEntries(own.map(([key, value]) => [key, key.startsWith('environment.') ? `sha256:${digestOf([name, key, value])}` : value])),
    devices,
    ephemeral,
    snapshots: (snapshots ?? []).map((one) => one.name).sort(),
  };
}

/** Containers and virtual machines of LXD. */
export const lxdContainerKind = defineKind<LxdItem, { instances: typeof instances }>({
  name: 'lxd-container',
  summary: 'Containers and virtual machines of LXD: image, profiles, config, devices, snapshots, whether they run',
  facts: { instances },
  items: (values) => values.instances,
  subject: ({ key }) => `container ${key} of LXD`,
  words: (difference) =>
    clauses(difference, (before, now) => [
      ...(before.state === now.state ? [] : [{ running: 'runs', frozen: 'is frozen', stopped: 'is stopped' }[now.state]]),
      ...differingFields(before, now, ['image', 'type', 'ephemeral', 'profiles', 'devices', 'snapshots']).map((name) => `has ${name} ${shownValue(now[name])}, not ${shownValue(before[name])}`),
      ...differingKeys(before.config, now.config).map((key) => (key.startsWith('environment.') ? `has another ${key}` : `has ${key} ${shownValue(now.config[key])}, not ${shownValue(before.config[key])}`)),
    ]),
  marked: ({ config }) => lxdMark in config,
  ledgerSubjects: (key) => [`LXD container ${key}`],
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key, now } of added) {
      const commands = [client(sh`! lxc info ${key} >/dev/null 2>&1 || lxc delete -f ${key}`)];
      yield { stage: 'containers', keys: [key], change: { action: 'delete', subject: `container ${key} of LXD`, from: now.state, commands, typed: [sh`lxc delete -f ${key}`] } };
    }
    for (const { key } of gone) yield { key, why: 'what it held went with it; the playbook or command that made it makes a new one' };
    for (const { key, before, now } of changed) yield* changeBack(key, before, now);
  },
});

function* changeBack(name: string, before: LxdItem, now: LxdItem): Generator<Restoration | Remainder> {
  const subject = `container ${name} of LXD`;
  const settings = differingKeys(before.config, now.config);
  const fixed = [...differingFields(before, now, ['type', 'image', 'ephemeral', 'devices']), ...settings.filter((key) => key.startsWith('environment.') && key in before.config)];
  const goneSnapshots = before.snapshots.filter((one) => !now.snapshots.includes(one));
  if (fixed.length > 0) yield { key: name, why: `how ${fixed.join(', ')} was can't be brought back` };
  if (goneSnapshots.length > 0) yield { key: name, why: `what its snapshots ${goneSnapshots.join(', ')} held is gone` };
  const commands = [
    ...(before.profiles.join() === now.profiles.join() ? [] : [sh`lxc profile assign ${name} ${before.profiles.join(',')}`]),
    ...settings.filter((key) => !fixed.includes(key as never)).map((key) => (key in before.config ? sh`lxc config set ${name} ${`${key}=${before.config[key]!}`}` : sh`lxc config unset ${name} ${key}`)),
    ...now.snapshots.filter((one) => !before.snapshots.includes(one)).map((one) => sh`lxc delete ${`${name}/${one}`}`),
  ];
  if (commands.length > 0) {
    yield { stage: 'containers', keys: [name], change: { action: 'update', subject: `${subject}: settings`, from: settingsOf(now), to: settingsOf(before), commands: commands.map(client), typed: commands } };
  }
  if (before.state === now.state) return;
  const [stage, command] = stateCommand(name, before.state, now.state);
  yield { stage, keys: [name], change: { action: 'update', subject: `${subject}: state`, from: now.state, to: before.state, commands: [client(command)], typed: [command] } };
}

function stateCommand(name: string, before: LxdItem['state'], now: LxdItem['state']): ['containers' | 'container-starts', Command] {
  if (before === 'stopped') return ['containers', sh`lxc stop -f ${name}`];
  const pause = sh`lxc pause ${name}`;
  return ['container-starts', before === 'running' ? sh`lxc start ${name}` : now === 'stopped' ? sh`lxc start ${name} && ${pause}` : pause];
}

function client(command: Command): Command {
  return lxdClient(sh`${command} </dev/null >/dev/null`);
}

function settingsOf({ profiles, config, snapshots }: LxdItem) {
  return { profiles, config: Object.keys(config), snapshots };
}

function differingKeys(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => before[key] !== now[key]).sort();
}
