import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Values } from '../src/module.ts';
import { sh, type Command } from '../src/shell.ts';
import { dockerContainers, dockerNetwork, dockerNetworks, dockerSwarm, type DockerContainer, type DockerNetwork } from './facts/docker.ts';
import { unread } from './facts/unread.ts';
import { configMark, fromDocker, isMarked } from './shared/docker.ts';
import { namedSettings, poolProblems, poolProperties, settingsFor, shown, type NetworkArgs } from './shared/docker-network-arguments.ts';
import { connectContainer, createNetwork, differencesOf, disconnectContainer, overlappingNetwork, settingsOf, type Differences, type NetworkSettings } from './shared/docker-network.ts';
import { notOurs } from './shared/mark.ts';
import { forceArgument, stateArgument } from './shared/schema.ts';

type Args = NetworkArgs & { readonly connected?: readonly string[]; readonly appends: boolean; readonly recreate: boolean; readonly force: boolean };
type Now = Values<ReturnType<typeof factsOf>>;

/** Networks of Docker: bridge, macvlan, overlay and others. */
export default defineModule({
  summary: 'Manage Docker networks',
  description: `Docker can't change a network that exists. Where one differs from the task, the task fails and says how, unless \`recreate\` is set: then the network is made again, and its containers are disconnected and connected again, with the addresses that were asked for.

Of a network that ctplay did not make, only the settings that the task names are compared.`,
  args: Type.Object({
    name: Type.String({ minLength: 1, aliases: ['network_name'], description: 'The name of the network.' }),
    state: stateArgument,
    driver: Type.Optional(Type.String({ description: '`bridge` (the default for new networks), `macvlan`, `overlay`, or that of a plugin. `overlay` needs a swarm, `macvlan` the driver option `parent`.' })),
    ...poolProperties,
    ip_range: Type.Optional(Type.String({ description: 'The part of the subnet that containers get addresses from.' })),
    aux_addresses: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Host name → address that is taken by something else.' })),
    ipam_config: Type.Optional(
      Type.Array(
        Type.Object({
          ...poolProperties,
          iprange: Type.Optional(Type.String({ description: 'The part of the subnet that containers get addresses from.' })),
          aux_addresses: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Host name → address that is taken by something else.' })),
        }),
        { description: 'Several subnets, instead of `subnet`, `gateway` and `ip_range`.' },
      ),
    ),
    internal: Type.Optional(Type.Boolean({ description: 'No way out of the network.' })),
    attachable: Type.Optional(Type.Boolean({ description: 'Single containers may join a network of a swarm.' })),
    enable_ipv6: Type.Optional(Type.Boolean({ description: 'With IPv6 addresses.' })),
    driver_options: Type.Record(Type.String(), Type.String(), { default: {}, aliases: ['options'], description: 'Options of the driver, such as `parent: eth1` or `com.docker.network.driver.mtu: "1450"`.' }),
    labels: Type.Record(Type.String(), Type.String(), { default: {}, description: 'Labels of the network.' }),
    connected: Type.Optional(Type.Array(Type.String(), { aliases: ['containers'], description: 'Names of containers that are to be in it.' })),
    appends: Type.Boolean({ default: false, aliases: ['incremental'], description: 'Leave containers that `connected` does not name where they are.' }),
    recreate: Type.Boolean({ default: false, description: 'Make the network again where it differs, with its containers cut off for a moment.' }),
    force: forceArgument,
  }),
  examples: `- name: a bridge with its own subnet
  docker_network:
    name: lab
    subnet: 172.28.0.0/16
    gateway: 172.28.0.1
    ip_range: 172.28.5.0/24

- name: containers as machines of the physical network
  docker_network:
    name: floor
    driver: macvlan
    subnet: 10.0.0.0/24
    gateway: 10.0.0.1
    driver_options:
      parent: eth1
`,
  *validate(args) {
    if (['bridge', 'host', 'none'].includes(args.name)) {
      yield { path: ['name'], message: `'${args.name}' is a network of Docker's own, which can not be made or deleted`, hint: "To change docker0's address, use `install_docker` with `daemon: {bip: …}`." };
    }
    const flat = args.subnet ?? args.gateway ?? args.ip_range;
    if (flat !== undefined && args.ipam_config !== undefined) yield { path: ['ipam_config'], message: '`ipam_config` takes the place of `subnet`, `gateway` and `ip_range`; give one or the other' };
    yield* poolProblems([], args.subnet, args.gateway, args.ip_range, 'ip_range');
    for (const [index, pool] of (args.ipam_config ?? []).entries()) yield* poolProblems(['ipam_config', index], pool.subnet, pool.gateway, pool.iprange, 'iprange');
    if (args.driver === 'macvlan' && args.driver_options.parent === undefined && args.state === 'present') {
      yield { path: ['driver_options'], message: 'a macvlan network needs the interface of the host that it is on', hint: 'Add `driver_options: {parent: eth1}`.' };
    }
  },
  subject: (args) => `network ${args.name}`,
  facts: factsOf,
  *plan(args, now) {
    const network = fromDocker(now.network);
    const containers = fromDocker(now.containers) ?? [];
    const members = containers.filter((one) => args.name in one.networks);
    if (args.state === 'absent') {
      if (network !== undefined) yield* planAbsent(args, network, members);
      return;
    }
    const settings = settingsFor(args);
    if (network === undefined) {
      requireRoom(args, now, settings);
      yield { action: 'create', subject: `network ${args.name}`, to: shown(settings), commands: [createNetwork(args.name, settings)], touches };
    } else {
      const differences = differencesFor(args, network, settings);
      if (Object.keys(differences).length > 0) {
        requireRoom(args, now, settings);
        if (!args.recreate) throw fixed(args.name, differences, members);
        yield replacement(args.name, differences, settings, members);
      }
    }
    yield* planMembers(args, members, containers);
  },
  *revert(args, now, before) {
    if (now.network.state !== 'present' || before.network.state === 'unavailable') return;
    const network = now.network.value;
    const containers = now.containers.state === 'present' ? now.containers.value : [];
    const members = containers.filter((one) => args.name in one.networks);
    if (before.network.state === 'absent') {
      if (isMarked('docker_network', network)) yield deletion(args.name, network, members);
      return;
    }
    const old = before.network.value;
    if (old.id !== network.id && isMarked('docker_network', network) && !isMarked('docker_network', old)) {
      yield replacement(args.name, { network: [settingsOf(network), settingsOf(old)] }, settingsOf(old), members);
    }
    if (args.connected !== undefined && before.containers.state === 'present') yield* revertMembers(args.name, containers, before.containers.value);
  },
  returns: (_args, { now }) => ({ network: now.network.state === 'present' ? now.network.value : undefined }),
});

// A network is a bridge with addresses, routes and rules on the host.
const touches = ['docker', 'link', 'route', 'iptables', 'sysctl'];

function factsOf(args: Args) {
  return {
    network: dockerNetwork(args.name),
    networks: dockerNetworks(),
    containers: dockerContainers(),
    swarm: args.driver === 'overlay' ? dockerSwarm() : unread<string>(),
  };
}

/** Of a network of ours the digest it was made with decides: nothing of it can change while it lives. */
function differencesFor(args: Args, network: DockerNetwork, settings: NetworkSettings): Differences {
  const named = differencesOf(network, namedSettings(args));
  if (!isMarked('docker_network', network)) return named;
  if (network.labels[configMark] === settings.labels[configMark]) return {};
  // A setting that the task no longer names goes back to its default.
  return Object.keys(named).length > 0 ? named : { settings: [shown(settingsOf(network)), shown(settings)] };
}

function requireRoom(args: Args, now: Now, settings: NetworkSettings): void {
  if (settings.driver === 'overlay' && now.swarm.state === 'present' && now.swarm.value !== 'active') {
    throw new PreconditionError('an overlay network needs the host to be in a swarm', { found: `swarm: ${now.swarm.value}`, hint: 'Run `docker swarm init` on one host and `docker swarm join` on the others.' });
  }
  const taken = overlappingNetwork(settings.pools, (fromDocker(now.networks) ?? []).filter((one) => one.name !== args.name));
  if (taken !== undefined) {
    throw new PreconditionError(`the subnet ${taken.subnet} of the network ${args.name} overlaps with ${taken.theirs} of the network ${taken.network.name}`, { hint: 'Choose another subnet, or delete the other network.' });
  }
}

function fixed(name: string, differences: Differences, members: readonly DockerContainer[]): PreconditionError {
  const lines = Object.entries(differences).map(([key, [from, to]]) => `${key}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`);
  const cut = members.length === 0 ? 'No container is in it.' : `Its containers would be cut off for a moment: ${members.map((one) => one.name).join(', ')}.`;
  return new PreconditionError(`the network ${name} differs, and Docker can't change a network that exists`, { detail: lines.join('\n'), hint: `Add \`recreate: true\` to have it made again. ${cut}` });
}

function replacement(name: string, differences: Differences, settings: NetworkSettings, members: readonly DockerContainer[]): Change {
  const side = (index: 0 | 1) => Object.fromEntries(Object.entries(differences).map(([key, pair]) => [key, pair[index]]));
  return {
    action: 'replace',
    subject: `network ${name}`,
    from: side(0),
    to: side(1),
    commands: [...removeCommands(name, members), createNetwork(name, settings), ...members.map((one) => connectContainer(name, one, settings))],
    touches,
    ...(members.length === 0 ? {} : { why: `disconnects ${members.map((one) => one.name).join(', ')} and connects them again` }),
  };
}

function* planAbsent(args: Args, network: DockerNetwork, members: readonly DockerContainer[]): Generator<Change> {
  if (!isMarked('docker_network', network) && !args.force) throw notOurs(`the network ${args.name}`);
  if (members.length > 0 && !args.force) {
    throw new PreconditionError(`containers are in the network ${args.name}`, { found: members.map((one) => one.name).join(', '), hint: 'Remove or disconnect them first, or add `force: true`.' });
  }
  yield deletion(args.name, network, members);
}

function deletion(name: string, network: DockerNetwork, members: readonly DockerContainer[]): Change {
  return { action: 'delete', subject: `network ${name}`, from: shown(settingsOf(network)), commands: removeCommands(name, members), touches };
}

function removeCommands(name: string, members: readonly DockerContainer[]): Command[] {
  return [...members.map((one) => disconnectContainer(name, one.name)), sh`docker network rm ${name} >/dev/null`];
}

function* planMembers(args: Args, members: readonly DockerContainer[], containers: readonly DockerContainer[]): Generator<Change> {
  if (args.connected === undefined) return;
  for (const name of args.connected) {
    const container = containers.find((one) => one.name === name);
    if (!container) throw new PreconditionError(`there is no container '${name}' to connect to the network ${args.name}`, { hint: 'Make it first, with `docker_container`.' });
    if (!members.includes(container)) yield membership(args.name, container, true);
  }
  if (args.appends) return;
  for (const member of members) if (!args.connected.includes(member.name)) yield membership(args.name, member, false);
}

function* revertMembers(network: string, now: readonly DockerContainer[], before: readonly DockerContainer[]): Generator<Change> {
  for (const container of now) {
    const old = before.find((one) => one.id === container.id);
    if (old === undefined) continue;
    const [was, is] = [network in old.networks, network in container.networks];
    if (was !== is) yield membership(network, was ? old : container, was);
  }
}

function membership(network: string, container: DockerContainer, connected: boolean): Change {
  return {
    action: 'update',
    subject: `network ${network}: container ${container.name}`,
    from: connected ? 'not connected' : 'connected',
    to: connected ? 'connected' : 'not connected',
    commands: [connected ? connectContainer(network, container, undefined) : disconnectContainer(network, container.name)],
    touches: ['docker', 'link', 'netns'],
  };
}
