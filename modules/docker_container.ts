import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Values } from '../src/module.ts';
import { nothing, sh, type Command } from '../src/shell.ts';
import { dockerContainer, dockerImage, type DockerContainer, type DockerImage } from './facts/docker.ts';
import { unread } from './facts/unread.ts';
import { createContainer, differencesOf, stillRuns, update, updates, type Differences } from './shared/docker-container.ts';
import { containerArguments, containerProblems, settingsDigest, settingsOf, type ContainerArgs } from './shared/docker-container-arguments.ts';
import { configMark, fromDocker, isMarked } from './shared/docker.ts';
import { disconnectContainer } from './shared/docker-network.ts';
import { notOurs } from './shared/mark.ts';
import { forceArgument } from './shared/schema.ts';

type Args = ContainerArgs & {
  readonly state: 'started' | 'stopped' | 'present' | 'absent';
  readonly recreate: boolean;
  readonly restart: boolean;
  readonly stop_timeout?: number;
  readonly keep_volumes: boolean;
  readonly force: boolean;
};
type Now = Values<ReturnType<typeof factsOf>>;

/** Containers of Docker. */
export default defineModule({
  summary: 'Create, start, stop and remove Docker containers',
  description: `A container that ctplay made is made again when its settings in the task or its image changed; labels hold a digest of the settings. One that somebody else made is only started and stopped; where it differs from the task, the task fails and says how, unless \`recreate\` is set.

The restart policy, limits and networks change without making it again.

Reset removes what ctplay made, and puts back whether a container of somebody else ran; one that was replaced doesn't come back.`,
  args: Type.Object({
    ...containerArguments,
    recreate: Type.Boolean({ default: false, description: 'Replace a container that ctplay did not make and that differs.' }),
    restart: Type.Boolean({ default: false, description: 'Restart it at every run: for handlers.' }),
    stop_timeout: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds that it gets to end before it is killed; 10 when left out.' })),
    keep_volumes: Type.Boolean({ default: true, description: 'Keep the unnamed volumes of a container that is removed. Reset never keeps them.' }),
    force: forceArgument,
  }),
  examples: `- name: a container without a network, for a cable of our own
  docker_container:
    name: c1
    image: lab/busybox
    command: sleep infinity
    network_mode: none

- name: a web server
  docker_container:
    name: web
    image: lab/web:2
    published_ports: ['8080:80']
    env:
      TOKEN: '{{ token }}'
    restart_policy: unless-stopped
`,
  *validate(args) {
    yield* containerProblems(args);
  },
  subject: (args) => `container ${args.name}`,
  facts: factsOf,
  *plan(args, now) {
    const container = fromDocker(now.container);
    if (args.state === 'absent') {
      if (container === undefined) return;
      if (!isMarked('docker_container', container) && !args.force) throw notOurs(`the container ${args.name}`);
      yield { action: 'delete', subject: `container ${args.name}`, from: { image: container.image, status: container.status }, commands: removeCommands(args, container), touches };
      return;
    }
    if (container === undefined) {
      yield creation(args, undefined);
      return;
    }
    const replaced = replacement(args, now, container);
    if (replaced !== undefined) {
      yield replaced;
      return;
    }
    yield* updates(args, container);
    yield* planNetworks(args, container);
    yield* planState(args, container);
  },
  revertFacts: (args) => ({ container: dockerContainer(args.name), image: unread<DockerImage>() }),
  *revert(args, now, before) {
    if (now.container.state !== 'present' || before.container.state === 'unavailable') return;
    const container = now.container.value;
    if (before.container.state === 'absent') {
      if (!isMarked('docker_container', container)) return;
      yield { action: 'delete', subject: `container ${args.name}`, from: { image: container.image, status: container.status }, commands: [sh`docker rm -f -v ${args.name} >/dev/null`], touches };
      return;
    }
    const old = before.container.value;
    if (old.id === container.id) yield* revertUpdates(args, container, old);
    if (args.state !== 'present' && old.running !== container.running) yield old.running ? start(args, container) : stop(args, container);
  },
  returns: (_args, { now }) => ({ container: now.container.state === 'present' ? now.container.value : undefined }),
});

// Its end takes its network namespace along, with the links in it.
const touches = ['docker', 'link', 'netns', 'route', 'iptables'];

function factsOf(args: ContainerArgs) {
  return { container: dockerContainer(args.name), image: args.image === undefined ? unread<DockerImage>() : dockerImage(args.image) };
}

/** `old`: the container that makes room for the new one. */
function creation(args: Args, old: DockerContainer | undefined): Omit<Change, 'from'> {
  if (args.image === undefined) throw new PreconditionError(`there is no container ${args.name}, and the task names no image to make it of`, { hint: 'Add `image`.' });
  const runs = args.state === 'started' || (args.state === 'present' && old?.running === true);
  const first = args.network_mode ?? args.networks?.[0]?.name;
  const { env, ...settings } = settingsOf(args);
  const said = Object.entries(settings).filter(([, value]) => value !== undefined && value !== false && (typeof value !== 'object' || Object.keys(value).length > 0));
  const others = (args.networks ?? []).filter((network) => network.name !== first).map((network) => connect(args.name, network));
  // Docker makes and starts it by one command, unless it has to be in further networks by then.
  const runsAtOnce = runs && others.length === 0;
  const making = [...(old === undefined ? [] : removeCommands(args, old)), createContainer(args, runsAtOnce), ...others];
  const starting = runs && !runsAtOnce ? [sh`docker start ${args.name} >/dev/null`] : [];
  return {
    action: 'create',
    subject: `container ${args.name}`,
    to: { ...Object.fromEntries(said), ...(args.networks === undefined ? {} : { networks: args.networks.map((network) => network.name) }), ...(Object.keys(env).length === 0 ? {} : { env: Object.keys(env) }), status: runs ? 'running' : 'created' },
    commands: [...making, ...starting, ...(runs ? [stillRuns(args.name)] : [])],
    typed: [...making, ...starting],
    touches,
  };
}

/** The change that makes it again, where that is called for. Throws PreconditionError for a foreign one that differs. */
function replacement(args: Args, now: Now, container: DockerContainer): Change | undefined {
  const differences = isMarked('docker_container', container) ? ownDifferences(args, now, container) : foreignDifferences(args, container);
  if (Object.keys(differences).length === 0) return undefined;
  if (!isMarked('docker_container', container) && !args.recreate) {
    const lines = Object.entries(differences).map(([key, [from, to]]) => `${key}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`);
    throw new PreconditionError(`the container ${args.name} was not made by ctplay and differs from the task`, { detail: lines.join('\n'), hint: 'Add `recreate: true` to have it replaced; what it holds is then lost.' });
  }
  const side = (index: 0 | 1) => Object.fromEntries(Object.entries(differences).map(([key, pair]) => [key, pair[index]]));
  return { ...creation(args, container), action: 'replace', from: side(0), to: side(1) };
}

/** Settings can't change while a container lives, so the digest that it was made with decides; what is read only says what differs. */
function ownDifferences(args: Args, now: Now, container: DockerContainer): Differences {
  if (container.status === 'dead') return { status: ['dead', 'running'] };
  if (args.image === undefined) return {};
  const settings = settingsOf(args);
  const image = fromDocker(now.image);
  const differences: Differences = image !== undefined && image.id !== container.imageId ? { 'image id': [container.imageId, image.id] } : {};
  if (container.labels[configMark] === settingsDigest(args.name, settings)) return differences;
  const shown = differencesOf(container, settings);
  return { ...differences, ...(Object.keys(shown).length > 0 ? shown : { settings: ['as of its creation', 'as in the task'] }) };
}

function foreignDifferences(args: Args, container: DockerContainer): Differences {
  if (container.status === 'dead') return { status: ['dead', 'running'] };
  const env = Object.keys(args.env);
  return { ...(args.image === undefined ? {} : differencesOf(container, settingsOf(args))), ...(env.length === 0 ? {} : { env: ['unknown', env] }) };
}

function* planNetworks(args: Args, container: DockerContainer): Generator<Change> {
  for (const network of args.networks ?? []) {
    const endpoint = container.networks[network.name];
    const hasAddress = network.ipv4_address === undefined || endpoint?.requestedAddress === network.ipv4_address;
    const hasAliases = network.aliases.every((alias) => endpoint?.aliases.includes(alias));
    if (endpoint !== undefined && hasAddress && hasAliases) continue;
    yield {
      action: 'update',
      subject: `container ${args.name}: network ${network.name}`,
      from: endpoint === undefined ? 'not connected' : { address: endpoint.requestedAddress, aliases: endpoint.aliases },
      to: { address: network.ipv4_address, aliases: network.aliases },
      commands: [...(endpoint === undefined ? [] : [disconnectContainer(network.name, args.name)]), connect(args.name, network)],
      touches,
    };
  }
  if (args.networks === undefined || !args.purge_networks) return;
  for (const name of Object.keys(container.networks)) {
    if (args.networks.some((network) => network.name === name)) continue;
    yield { action: 'update', subject: `container ${args.name}: network ${name}`, from: 'connected', to: 'not connected', commands: [disconnectContainer(name, args.name)], touches };
  }
}

function connect(container: string, network: NonNullable<Args['networks']>[number]): Command {
  const words = [...(network.ipv4_address === undefined ? [] : [sh`--ip ${network.ipv4_address}`]), ...network.aliases.map((alias) => sh`--alias ${alias}`)];
  return sh`docker network connect ${words.length === 0 ? nothing : sh`${words} `}${network.name} ${container}`;
}

function* planState(args: Args, container: DockerContainer): Generator<Change> {
  if (args.state === 'started' && !container.running) yield start(args, container);
  else if (args.state === 'started' && container.status === 'paused') {
    yield { action: 'update', subject: `container ${args.name}: state`, from: 'paused', to: 'running', commands: [sh`docker unpause ${args.name} >/dev/null`], touches: ['docker:container'] };
  } else if (args.state === 'stopped' && container.running) yield stop(args, container);
  else if (args.restart && container.running) {
    yield { action: 'run', subject: `container ${args.name}: restart`, commands: [sh`docker restart ${timeout(args)}${args.name} >/dev/null`], touches };
  }
}

function start(args: Args, container: DockerContainer): Change {
  return { action: 'update', subject: `container ${args.name}: state`, from: container.status, to: 'running', commands: [sh`docker start ${args.name} >/dev/null`, stillRuns(args.name)], typed: [sh`docker start ${args.name}`], touches };
}

function stop(args: Args, container: DockerContainer): Change {
  return { action: 'update', subject: `container ${args.name}: state`, from: container.status, to: 'exited', commands: [stopCommand(args)], touches };
}

function removeCommands(args: Args, container: DockerContainer): Command[] {
  return [...(container.running ? [stopCommand(args)] : []), sh`docker rm -f ${args.keep_volumes ? nothing : sh`-v `}${args.name} >/dev/null`];
}

function stopCommand(args: Args): Command {
  return sh`docker stop ${timeout(args)}${args.name} >/dev/null`;
}

function timeout(args: Args): Command {
  return args.stop_timeout === undefined ? nothing : sh`-t ${args.stop_timeout} `;
}

function* revertUpdates(args: Args, container: DockerContainer, old: DockerContainer): Generator<Change> {
  const policy = old.restartRetries > 0 ? `${old.restartPolicy}:${old.restartRetries}` : old.restartPolicy;
  if (args.restart_policy !== undefined && (container.restartPolicy !== old.restartPolicy || container.restartRetries !== old.restartRetries)) {
    yield update(args.name, 'restart policy', container.restartPolicy, policy, sh`--restart ${policy}`);
  }
  if (args.memory !== undefined && container.memory !== old.memory) yield update(args.name, 'memory', container.memory, old.memory, sh`--memory ${old.memory} --memory-swap -1`);
  if (args.cpus !== undefined && container.nanoCpus !== old.nanoCpus) yield update(args.name, 'processors', container.nanoCpus / 1e9, old.nanoCpus / 1e9, sh`--cpus ${old.nanoCpus / 1e9}`);
  for (const network of args.networks ?? []) {
    if (network.name in container.networks && !(network.name in old.networks)) {
      yield { action: 'update', subject: `container ${args.name}: network ${network.name}`, from: 'connected', to: 'not connected', commands: [disconnectContainer(network.name, args.name)], touches };
    }
  }
}
