import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Reading, type Values } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { imageSource, staticBusybox, type ImageSource } from './facts/image-source.ts';
import { lxcContainer, type LxcContainer } from './facts/lxc.ts';
import { unread } from './facts/unread.ts';
import { configCommand, createCommands, destroyContainer, missingSettings, parseSetting, startContainer, stopContainer, type LxcSettings } from './shared/lxc.ts';
import { notOurs } from './shared/mark.ts';
import { forceArgument } from './shared/schema.ts';

type Args = LxcSettings & {
  readonly state: 'started' | 'stopped' | 'present' | 'absent' | 'restarted';
  readonly container_config: readonly string[];
  readonly autostart?: boolean;
  readonly stop_timeout: number;
  readonly force: boolean;
};
type Now = Values<ReturnType<typeof factsOf>>;

/** Containers of LXC. */
export default defineModule({
  summary: 'Create, start, stop and remove LXC containers',
  description: `A container is made from the busybox template, which needs no network, from another template, or from a root file system that is on the host. A comment in its config says that ctplay made it.

Settings that differ are written into the config, and a running container is restarted for them.`,
  args: Type.Object({
    name: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]*$', expects: 'a name of letters, digits, dots, dashes and underscores', description: 'The name of the container, and its host name.' }),
    state: Type.Enum(['started', 'stopped', 'present', 'restarted', 'absent'], { default: 'started', description: '`present` leaves it running or not. `restarted` restarts it at every run.' }),
    template: Type.String({ default: 'busybox', description: 'The template that makes it: `busybox`, `download`, or the path of one.' }),
    template_options: Type.Array(Type.String(), { default: [], description: "The template's own options: `['--dist', 'debian', '--release', 'bookworm', '--arch', 'amd64']`." }),
    rootfs: Type.Optional(Type.String({ minLength: 1, description: 'A folder of the host with a root file system, or a tar archive of one, which is copied, instead of a template.' })),
    network: Type.Optional(Type.String({ minLength: 1, description: "`none` for a network namespace without links, or the Linux bridge it is on. Left out, /etc/lxc/default.conf decides. Counts when it is made." })),
    dhcp: Type.Boolean({ default: false, description: 'Let a busybox container ask for its address by DHCP. One that asks in vain drops addresses that were given to it otherwise.' }),
    container_config: Type.Array(Type.String(), { default: [], description: 'Lines of its config: `lxc.cgroup.memory.limit_in_bytes = 64M`.' }),
    autostart: Type.Optional(Type.Boolean({ description: 'Whether it starts with the host.' })),
    stop_timeout: Type.Integer({ default: 10, minimum: 0, aliases: ['container_stop_timeout'], description: 'Seconds that it gets to halt before it is killed.' }),
    force: forceArgument,
  }),
  examples: `- name: a container for a cable of our own
  lxc_container:
    name: c1
    network: none
`,
  *validate(args) {
    for (const [index, line] of args.container_config.entries()) {
      if (parseSetting(line) === undefined) yield { path: ['container_config', index], message: `'${line}' is no setting of a container`, hint: "Write it as 'lxc.KEY = VALUE', see lxc.container.conf(5)." };
    }
  },
  subject: (args) => `LXC container ${args.name}`,
  facts: factsOf,
  *plan(args, now) {
    const container = fromLxc(now.container);
    if (args.state === 'absent') {
      if (container === undefined) return;
      if (!container.owned && !args.force) throw notOurs(`the LXC container ${args.name}`);
      yield deletion(args, container);
      return;
    }
    if (container === undefined || !container.complete) {
      yield creation(args, now, container);
      return;
    }
    const missing = missingSettings(container, wantedSettings(args));
    if (missing.length > 0) yield reconfiguration(args, container, missing);
    yield* planState(args, container, missing.length > 0);
  },
  *revert(args, now, before) {
    if (now.container.state !== 'present' || before.container.state === 'unavailable') return;
    const container = now.container.value;
    if (before.container.state === 'absent') {
      if (container.owned) yield deletion(args, container);
      return;
    }
    const old = before.container.value;
    if (!old.complete) return;
    const changed = wantedSettings(args).flatMap(([key]) => {
      const value = old.config[key]?.at(-1);
      return value === undefined || container.config[key]?.at(-1) === value ? [] : [[key, value] as const];
    });
    if (changed.length > 0) yield reconfiguration(args, container, changed);
    const isManaged = args.state === 'started' || args.state === 'stopped';
    if (isManaged && old.running !== container.running) yield old.running ? start(args, container) : stop(args, container);
  },
  returns: (_args, { now }) => ({ lxc_container: now.container.state === 'present' ? now.container.value : undefined }),
});

// Its end takes its network namespace along, with the links in it.
const touches = ['lxc', 'link', 'netns', 'route'];

function factsOf(args: Args) {
  return {
    container: lxcContainer(args.name),
    source: args.rootfs !== undefined ? imageSource(args.rootfs) : args.template === 'busybox' ? staticBusybox() : unread<ImageSource>(),
  };
}

/** The container, or undefined when there is none. Throws PreconditionError when LXC can't be asked. */
function fromLxc(reading: Reading<LxcContainer>): LxcContainer | undefined {
  if (reading.state === 'present') return reading.value;
  if (reading.state === 'absent') return undefined;
  if (reading.reason === 'not-installed') throw new PreconditionError('LXC is not installed on the host', { hint: 'Install it first, with the module `install_lxc`.' });
  if (reading.reason === 'denied') throw new PreconditionError('the user may not look at the LXC containers of the host', { found: reading.detail, hint: 'Add `become: true`.' });
  throw new PreconditionError('what LXC answered makes no sense', { found: reading.detail });
}

function wantedSettings(args: Args): (readonly [string, string])[] {
  const said = args.container_config.map(parseSetting).filter((pair) => pair !== undefined);
  return [...said, ...(args.autostart === undefined ? [] : [['lxc.start.auto', args.autostart ? '1' : '0'] as const])];
}

function creation(args: Args, now: Now, halfMade: LxcContainer | undefined): Change {
  if (now.source.state !== 'present' && args.rootfs !== undefined) {
    throw new PreconditionError(`there is no ${args.rootfs} on the host`, { hint: 'Bring the root file system there first.' });
  }
  if (now.source.state !== 'present' && args.template === 'busybox') {
    throw new PreconditionError('there is no static busybox on the host', { hint: 'Install it first: `apt: {name: busybox-static}`, or use `install_lxc`, which does.' });
  }
  const runs = args.state === 'started' || args.state === 'restarted';
  const making = [...(halfMade === undefined ? [] : [destroyContainer(args.name, halfMade.folder)]), ...createCommands(args, wantedSettings(args))];
  return {
    action: halfMade === undefined ? 'create' : 'replace',
    subject: `LXC container ${args.name}`,
    ...(halfMade === undefined ? {} : { from: 'half made', why: 'an earlier run was interrupted while it made it' }),
    to: { source: args.rootfs ?? args.template, ...(args.network === undefined ? {} : { network: args.network }), state: runs ? 'RUNNING' : 'STOPPED' },
    commands: [...making, ...(runs ? [startContainer(args.name)] : [])],
    typed: [...making, ...(runs ? [sh`lxc-start -n ${args.name}`] : [])],
    touches,
  };
}

function reconfiguration(args: Args, container: LxcContainer, settings: readonly (readonly [string, string])[]): Change {
  const isRestarted = container.running && args.state !== 'stopped';
  return {
    action: 'update',
    subject: `LXC container ${args.name}: config`,
    from: Object.fromEntries(settings.map(([key]) => [key, container.config[key] ?? null])),
    to: Object.fromEntries(settings),
    commands: [configCommand(container.folder, settings), ...(isRestarted ? [stopContainer(args.name, args.stop_timeout), startContainer(args.name)] : [])],
    touches,
    ...(isRestarted ? { why: 'it reads its config only when it starts, so it is restarted' } : {}),
  };
}

function* planState(args: Args, container: LxcContainer, wasRestarted: boolean): Generator<Change> {
  const shouldRun = args.state === 'started' || args.state === 'restarted';
  if (shouldRun && !container.running) yield start(args, container);
  else if (args.state === 'stopped' && container.running) yield stop(args, container);
  else if (args.state === 'restarted' && !wasRestarted) {
    yield { action: 'run', subject: `LXC container ${args.name}: restart`, commands: [stopContainer(args.name, args.stop_timeout), startContainer(args.name)], touches };
  }
}

function start(args: Args, container: LxcContainer): Change {
  return { action: 'update', subject: `LXC container ${args.name}: state`, from: container.state, to: 'RUNNING', commands: [startContainer(args.name)], typed: [sh`lxc-start -n ${args.name}`], touches };
}

function stop(args: Args, container: LxcContainer): Change {
  return { action: 'update', subject: `LXC container ${args.name}: state`, from: container.state, to: 'STOPPED', commands: [stopContainer(args.name, args.stop_timeout)], touches };
}

function deletion(args: Args, container: LxcContainer): Change {
  return { action: 'delete', subject: `LXC container ${args.name}`, from: { state: container.state }, commands: [destroyContainer(args.name, container.folder)], touches };
}
