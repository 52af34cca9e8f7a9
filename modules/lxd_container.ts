import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Reading, type Values } from '../src/module.ts';
import { imageSource, staticBusybox, type ImageSource } from './facts/image-source.ts';
import { lxdInstance, lxdProfiles, type LxdDevices, type LxdInstance } from './facts/lxd.ts';
import { unread } from './facts/unread.ts';
import { changeInstance, createInstance, deleteInstance, removeDevices, startInstance, stopInstance, type LxdCommands, type LxdOrigin } from './shared/lxd.ts';
import { notOurs } from './shared/mark.ts';
import { forceArgument } from './shared/schema.ts';

type Setting = string | number | boolean;
interface Args {
  readonly name: string;
  readonly state: 'started' | 'stopped' | 'present' | 'restarted' | 'absent';
  readonly image?: string;
  readonly rootfs?: string;
  readonly network?: string;
  readonly config: Readonly<Record<string, Setting>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, Setting>>>>;
  readonly profiles: readonly string[];
  readonly ephemeral: boolean;
  readonly timeout: number;
  readonly force: boolean;
}
type Now = Values<ReturnType<typeof factsOf>>;

const settings = (description: string) => Type.Record(Type.String(), Type.Unsafe<Setting>({ type: ['string', 'integer', 'number', 'boolean'] }), { default: {}, description });

/** Containers of LXD. */
export default defineModule({
  summary: 'Create, start, stop and remove LXD containers',
  description: `A container is made from an image that LXD has or can fetch, from a root file system that is on the host, or, when neither is named, from the host's static busybox, which needs no network. \`user.ctplay\` in its config says that ctplay made it.

Config and devices that differ are changed while it runs; what the task does not name stays as it is.`,
  args: Type.Object({
    name: Type.String({ pattern: '^[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$', expects: 'a name of at most 63 letters, digits and dashes that begins with a letter', description: 'The name of the container, and its host name.' }),
    state: Type.Enum(['started', 'stopped', 'present', 'restarted', 'absent'], { default: 'started', description: '`present` leaves it running or not. `restarted` restarts it at every run.' }),
    image: Type.Optional(Type.String({ minLength: 1, description: "An image by its alias or fingerprint in LXD, or of a remote: `images:debian/12`. Counts when it is made." })),
    rootfs: Type.Optional(Type.String({ minLength: 1, description: 'A folder of the host with a root file system, a tar archive of one, or one of an image (`metadata.yaml` and `rootfs/`), instead of an image. Counts when it is made.' })),
    network: Type.Optional(Type.String({ minLength: 1, description: '`none` for no network card, also where its profiles give it one, or the bridge that `eth0` is on. Left out, its profiles decide.' })),
    config: settings('Keys of its config and their values: `limits.memory: 64MB`. Keys in `environment` count when it is made.'),
    devices: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unsafe<Setting>({ type: ['string', 'integer', 'number', 'boolean'] })), { default: {}, description: 'Devices by name, each with its `type` and settings: `shared: {type: disk, source: /srv, path: /srv}`.' }),
    profiles: Type.Array(Type.String({ minLength: 1 }), { default: ['default'], description: 'The profiles that it has, later ones winning.' }),
    ephemeral: Type.Boolean({ default: false, description: 'It is removed when it stops. Counts when it is made.' }),
    timeout: Type.Integer({ default: 30, minimum: 0, description: 'Seconds that it gets to shut down before it is ended.' }),
    force: forceArgument,
  }),
  refuses: {
    source: 'Name the image with `image`: an alias, a fingerprint, or `REMOTE:ALIAS`.',
    architecture: "Choose an image of the host's architecture.",
    ...Object.fromEntries(['url', 'client_key', 'client_cert', 'trust_password', 'snap_url', 'cert_file', 'key_file'].map((name) => [name, 'LXD is asked on the host itself, through its socket; nothing needs to be said about that.'])),
    force_stop: 'Set `timeout: 0`.',
    wait_for_ipv4_addresses: 'Wait with a task of `reachable`.',
    type: 'Containers alone are made.',
  },
  examples: `- name: a container for a cable of our own
  lxd_container:
    name: c1
    network: none
    config:
      limits.memory: 64MB

- name: one from an image that was brought there
  lxd_container:
    name: c2
    rootfs: /srv/box.tar
    devices:
      shared: {type: disk, source: /srv/shared, path: /mnt}
`,
  returnValues: { lxd_container: 'what LXD says of it: `status`, `running`, `pid`, `config`, `devices`, `profiles`, `ephemeral`; left out when there is none' },
  *validate({ image, rootfs, network, devices }) {
    if (image !== undefined && rootfs !== undefined) yield { path: ['rootfs'], message: '`image` and `rootfs` exclude each other' };
    for (const [name, { type }] of Object.entries(devices)) {
      if (type === undefined) yield { path: ['devices', name], message: `it is not said what kind of device ${name} is`, hint: 'Add its `type`: disk, nic, none, proxy, unix-char, …' };
    }
    if (network !== undefined && network !== 'none' && devices['eth0'] !== undefined) yield { path: ['network'], message: '`network` and the device eth0 exclude each other' };
  },
  subject: ({ name }) => `LXD container ${name}`,
  facts: factsOf,
  *plan(args, now) {
    const instance = fromLxd(now.instance);
    if (args.state === 'absent') {
      if (instance === undefined) return;
      if (!instance.owned && !args.force) throw notOurs(`the LXD container ${args.name}`);
      yield change(args, 'delete', '', deleteInstance(args.name), instance.status);
    } else if (instance === undefined) yield creation(args, now);
    else {
      yield* planSettings(args, now, instance);
      yield* planState(args, instance);
    }
  },
  *revert(args, now, before) {
    if (now.instance.state !== 'present' || before.instance.state === 'unavailable') return;
    const instance = now.instance.value;
    if (before.instance.state === 'absent') {
      if (instance.owned) yield change(args, 'delete', '', deleteInstance(args.name), instance.status);
      return;
    }
    yield* restoreSettings(args, instance, before.instance.value);
    if (before.instance.value.running === instance.running || args.state === 'present') return;
    yield instance.running ? stop(args, instance) : start(args, instance);
  },
  returns: (_args, { now }) => (now.instance.state === 'present' ? { lxd_container: now.instance.value } : {}),
});

// Its end takes its network namespace along, with the links in it.
const touches = ['lxd', 'link', 'netns', 'route'];

function factsOf({ name, image, rootfs }: Args) {
  return {
    instance: lxdInstance(name),
    profiles: lxdProfiles(),
    source: rootfs !== undefined ? imageSource(rootfs) : image === undefined ? staticBusybox() : unread<ImageSource>(),
  };
}

/** The container, or undefined when there is none. Throws PreconditionError when LXD can't be asked. */
function fromLxd(reading: Reading<LxdInstance>): LxdInstance | undefined {
  if (reading.state === 'present') {
    if (reading.value.type !== 'container') throw new PreconditionError(`${reading.value.name} is a virtual machine of LXD`, { expected: 'a container, or nothing yet' });
    return reading.value;
  }
  if (reading.state === 'absent') return undefined;
  switch (reading.reason) {
    case 'not-installed':
      throw new PreconditionError('LXD is not installed on the host', { hint: 'Install it first, with the module `install_lxd`.' });
    case 'not-running':
      throw new PreconditionError('the daemon of LXD does not run on the host', { found: reading.detail, hint: 'Start it: systemctl start lxd.socket' });
    case 'denied':
      throw new PreconditionError('the user may not ask LXD', { found: reading.detail, hint: 'Add `become: true`.' });
    default:
      throw new PreconditionError('what LXD answered makes no sense', { found: reading.detail });
  }
}

function textsOf(values: Readonly<Record<string, Setting>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

/** The devices that the task asks for, those that keep the network cards of its profiles away included. */
function wantedDevices(args: Args, profiles: Readonly<Record<string, LxdDevices>>): LxdDevices {
  const given = Object.fromEntries(Object.entries(args.devices).map(([name, device]) => [name, textsOf(device)]));
  if (args.network === undefined) return given;
  if (args.network !== 'none') return { ...given, eth0: { type: 'nic', nictype: 'bridged', name: 'eth0', parent: args.network } };
  const cards = args.profiles.flatMap((profile) => Object.entries(profiles[profile] ?? {}).filter(([, { type }]) => type === 'nic').map(([name]) => name));
  return { ...Object.fromEntries(cards.map((name) => [name, { type: 'none' }])), ...given };
}

function creation(args: Args, now: Now): Change {
  const profiles = now.profiles.state === 'present' ? now.profiles.value : {};
  const missing = args.profiles.find((name) => profiles[name] === undefined);
  if (missing !== undefined) throw new PreconditionError(`LXD has no profile ${missing}`, { found: Object.keys(profiles).join(', '), hint: '`lxc profile create` makes one.' });
  const devices = wantedDevices(args, profiles);
  const all = [...args.profiles.map((name) => profiles[name]!), devices].flatMap((some) => Object.values(some));
  if (!all.some(({ type, path }) => type === 'disk' && path === '/')) {
    throw new PreconditionError('LXD has no storage for containers yet', { expected: `a root disk in the profile ${args.profiles.join(', ')}`, hint: 'Use `install_lxd`, which sets it up, or run `lxd init --minimal` there.' });
  }
  const commands = createInstance({ name: args.name, profiles: args.profiles, ephemeral: args.ephemeral, config: textsOf(args.config), devices }, originOf(args, now));
  const runs = args.state === 'started' || args.state === 'restarted';
  const to = { image: args.image ?? args.rootfs ?? 'busybox', ...(args.network === undefined ? {} : { network: args.network }), state: runs ? 'Running' : 'Stopped' };
  return change(args, 'create', '', runs ? joined(commands, startInstance(args.name)) : commands, undefined, to);
}

function originOf({ image, rootfs }: Args, { source }: Now): LxdOrigin {
  if (image !== undefined) return { image };
  if (rootfs !== undefined) {
    if (source.state !== 'present') throw new PreconditionError(`there is no ${rootfs} on the host`, { hint: 'Bring the root file system there first.' });
    return { rootfs, type: source.value.type };
  }
  if (source.state !== 'present') throw new PreconditionError('there is no static busybox on the host', { hint: 'Install it first: `apt: {name: busybox-static}`, or use `install_lxd`, which does.' });
  return 'busybox';
}

function* planSettings(args: Args, now: Now, instance: LxdInstance): Generator<Change> {
  const config = Object.fromEntries(Object.entries(textsOf(args.config)).filter(([key, value]) => !key.startsWith('environment.') && instance.config[key] !== value));
  const devices = Object.fromEntries(Object.entries(wantedDevices(args, now.profiles.state === 'present' ? now.profiles.value : {})).filter(([name, device]) => !sameRecord(instance.devices[name], device)));
  const profiles = args.profiles.join('\n') === instance.profiles.join('\n') ? undefined : args.profiles;
  if (Object.keys(config).length + Object.keys(devices).length === 0 && profiles === undefined) return;
  const from = { ...picked(instance.config, config), ...picked(instance.devices, devices), ...(profiles === undefined ? {} : { profiles: instance.profiles }) };
  yield change(args, 'update', ': config', changeInstance(args.name, config, devices, profiles), from, { ...config, ...devices, ...(profiles === undefined ? {} : { profiles }) });
}

/** The values that were there before for what the task names. */
function* restoreSettings(args: Args, now: LxdInstance, before: LxdInstance): Generator<Change> {
  const config = Object.fromEntries(Object.keys(args.config).filter((key) => now.config[key] !== before.config[key]).map((key) => [key, before.config[key] ?? null]));
  const differing = Object.keys(now.devices).filter((name) => !sameRecord(now.devices[name], before.devices[name]));
  const devices = Object.fromEntries(differing.flatMap((name) => (before.devices[name] === undefined ? [] : [[name, before.devices[name]]])));
  const profiles = now.profiles.join('\n') === before.profiles.join('\n') ? undefined : before.profiles;
  if (Object.keys(config).length + Object.keys(devices).length > 0 || profiles !== undefined) {
    yield change(args, 'update', ': config', changeInstance(args.name, config, devices, profiles), picked(now.config, config), { ...config, ...devices });
  }
  const added = differing.filter((name) => before.devices[name] === undefined);
  if (added.length > 0) yield change(args, 'update', ': devices', removeDevices(args.name, added), added, 'none');
}

function* planState(args: Args, instance: LxdInstance): Generator<Change> {
  const shouldRun = args.state === 'started' || args.state === 'restarted';
  if (shouldRun && !instance.running) yield start(args, instance);
  else if (args.state === 'stopped' && instance.running) yield stop(args, instance);
  else if (args.state === 'restarted') yield change(args, 'run', ': restart', joined(stopInstance(args.name, args.timeout), startInstance(args.name)));
}

function start(args: Args, instance: LxdInstance): Change {
  return change(args, 'update', ': state', startInstance(args.name), instance.status, 'Running');
}

function stop(args: Args, instance: LxdInstance): Change {
  return change(args, 'update', ': state', stopInstance(args.name, args.timeout), instance.status, 'Stopped');
}

function change(args: Args, action: Change['action'], what: string, { commands, typed }: LxdCommands, from?: unknown, to?: unknown): Change {
  return { action, subject: `LXD container ${args.name}${what}`, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), commands, typed, touches };
}

function joined(...parts: readonly LxdCommands[]): LxdCommands {
  return { commands: parts.flatMap(({ commands }) => commands), typed: parts.flatMap(({ typed }) => typed) };
}

function sameRecord(one: Readonly<Record<string, string>> | undefined, other: Readonly<Record<string, string>> | undefined): boolean {
  const text = (record: Readonly<Record<string, string>> | undefined) => (record === undefined ? '' : JSON.stringify(Object.entries(record).sort()));
  return text(one) === text(other);
}

function picked<T>(values: Readonly<Record<string, T>>, keys: object): Record<string, T | null> {
  return Object.fromEntries(Object.keys(keys).map((key) => [key, values[key] ?? null]));
}
