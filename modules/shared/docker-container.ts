/** A Docker container: how it is created, and how one that exists differs from what a task asks for. */
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../../src/module.ts';
import { joinCommands, nothing, Secret, sh, type Command } from '../../src/shell.ts';
import type { DockerContainer } from '../facts/docker.ts';
import { bytesOf, settingsDigest, settingsOf, type ContainerArgs, type ContainerSettings } from './docker-container-arguments.ts';
import { configMark, dockerMark } from './docker.ts';
import { imageName, sameImageName } from './docker-names.ts';

/** `docker create`, or with `run` the same and its start. The environment goes through standard input: arguments can be seen by every user of the host. */
export function createContainer(args: ContainerArgs, run: boolean): Command {
  const settings = settingsOf(args);
  const first = settings.network ?? args.networks?.[0]?.name;
  const endpoint = args.networks?.find((network) => network.name === first);
  const lines = Object.entries(settings.env).filter(([, value]) => !/[\r\n]/.test(value));
  const option = (flag: string, value: string | number | Secret | undefined): Command => (value === undefined ? nothing : sh`${flag} ${value}`);
  const flag = (name: string, isSet: boolean): Command => (isSet ? sh`${name}` : nothing);
  const each = (name: string, values: readonly string[]): Command => joinCommands(values.map((value) => option(name, value)), ' ');
  const pairs = (name: string, values: Readonly<Record<string, string>>, separator = '='): Command => each(name, Object.entries(values).map(([key, value]) => `${key}${separator}${value}`));
  const [entrypoint, ...entrypointRest] = settings.entrypoint ?? [];
  const words = [
    option('--name', args.name),
    option('--network', first),
    option('--ip', endpoint?.ipv4_address),
    each('--network-alias', endpoint?.aliases ?? []),
    option('--hostname', settings.hostname),
    each('--publish', settings.ports),
    each('--volume', settings.volumes),
    each('--tmpfs', settings.tmpfs),
    each('--device', settings.devices),
    lines.length === 0 ? nothing : sh`--env-file /dev/stdin`,
    // An environment file has no way to say a newline.
    ...Object.entries(settings.env).filter(([, value]) => /[\r\n]/.test(value)).map(([key, value]) => option('--env', new Secret(`${key}=${value}`))),
    option('--user', settings.user),
    option('--workdir', settings.workingDir),
    flag('--privileged', settings.privileged),
    each('--cap-add', settings.capabilities),
    each('--cap-drop', settings.dropped),
    pairs('--sysctl', settings.sysctls),
    each('--dns', settings.dns),
    pairs('--add-host', settings.hosts, ':'),
    flag('--read-only', settings.readOnly),
    flag('--init', settings.init),
    flag('--tty', settings.tty),
    flag('--interactive', settings.interactive),
    option('--restart', restartOption(args)),
    option('--memory', args.memory),
    option('--cpus', args.cpus),
    pairs('--label', { ...settings.labels, [dockerMark]: 'docker_container', [configMark]: settingsDigest(args.name, settings) }),
    option('--entrypoint', entrypoint),
    ...[settings.image ?? '', ...entrypointRest, ...(settings.command ?? [])].map((word) => sh`${word}`),
  ];
  const command = sh`docker ${run ? sh`run -d` : sh`create`} ${joinCommands(words, ' ')} >/dev/null`;
  return lines.length === 0 ? command : command.withInput(new Secret(lines.map(([key, value]) => `${key}=${value}\n`).join('')));
}

function restartOption({ restart_policy: policy, restart_retries: retries }: ContainerArgs): string | undefined {
  return policy === 'on-failure' && retries !== undefined && retries > 0 ? `${policy}:${retries}` : policy;
}

/** `from` and `to` of settings. */
export type Differences = Readonly<Record<string, readonly [from: unknown, to: unknown]>>;

/** Where a container differs from the settings that the task names; what it doesn't name is left as it is. Environments can't be compared. */
export function differencesOf(container: DockerContainer, settings: ContainerSettings): Differences {
  const differences: Record<string, readonly [unknown, unknown]> = {};
  const compare = (key: string, from: unknown, to: unknown): void => {
    if (to !== undefined && !isDeepStrictEqual(from, to)) differences[key] = [from, to];
  };
  const said = <T>(values: readonly T[]): readonly T[] | undefined => (values.length === 0 ? undefined : [...values].sort());
  if (settings.image !== undefined && !sameImageName(container.image, imageName(settings.image))) differences.image = [container.image, settings.image];
  const [entrypoint, ...rest] = settings.entrypoint ?? [];
  compare('entrypoint', container.entrypoint, entrypoint === undefined ? undefined : [entrypoint]);
  compare('command', container.command, settings.command === undefined && rest.length === 0 ? undefined : [...rest, ...(settings.command ?? [])]);
  // Docker names the container whose network is shared by its id.
  if (settings.network?.startsWith('container:') !== true) compare('network_mode', container.networkMode, settings.network);
  compare('hostname', container.hostname, settings.hostname);
  compare('user', container.user, settings.user);
  compare('working_dir', container.workingDir, settings.workingDir);
  compare('published_ports', [...container.ports].sort(), said(settings.ports.filter((port) => !port.includes('-')).map(fullPort)));
  compare('volumes', [...container.binds].sort(), said(settings.volumes.filter((volume) => volume.includes(':'))));
  compare('capabilities', container.capabilities.map(withoutPrefix).sort(), said(settings.capabilities));
  compare('cap_drop', container.droppedCapabilities.map(withoutPrefix).sort(), said(settings.dropped));
  if (settings.privileged && !container.privileged) differences.privileged = [false, true];
  const labels = Object.keys(settings.labels);
  compare('labels', Object.fromEntries(labels.map((key) => [key, container.labels[key]])), labels.length === 0 ? undefined : settings.labels);
  return differences;
}

/** What Docker changes of a container that runs: when it is started again, and its limits. */
export function* updates(args: ContainerArgs, container: DockerContainer): Generator<Change> {
  const retries = args.restart_policy === 'on-failure' ? (args.restart_retries ?? 0) : 0;
  const memory = args.memory === undefined ? undefined : bytesOf(args.memory);
  const nanoCpus = args.cpus === undefined ? undefined : Math.round(args.cpus * 1e9);
  if (args.restart_policy !== undefined && (args.restart_policy !== container.restartPolicy || retries !== container.restartRetries)) {
    yield update(args.name, 'restart policy', container.restartPolicy, restartOption(args)!, sh`--restart ${restartOption(args)!}`);
  }
  // The limit of memory and swap together has to grow with it.
  if (memory !== undefined && memory !== container.memory) yield update(args.name, 'memory', container.memory, memory, sh`--memory ${memory} --memory-swap ${memory === 0 ? -1 : memory * 2}`);
  if (nanoCpus !== undefined && nanoCpus !== container.nanoCpus) yield update(args.name, 'processors', container.nanoCpus / 1e9, nanoCpus / 1e9, sh`--cpus ${nanoCpus / 1e9}`);
}

export function update(name: string, what: string, from: unknown, to: unknown, options: Command): Change {
  return { action: 'update', subject: `container ${name}: ${what}`, from, to, commands: [sh`docker update ${options} ${name} >/dev/null`], touches: ['docker:container'] };
}

/** After its start: fails with its last words when it ended at once. */
export function stillRuns(name: string): Command {
  // One that Docker starts again counts as running.
  return sh`timeout 0.2 docker wait ${name} >/dev/null 2>&1; [ $? -eq 124 ] || [ "$(docker inspect -f '{{.State.Running}}' ${name})" = true ] || { docker logs --tail 20 ${name} >&2; echo "the container ended at once, with status $(docker inspect -f '{{.State.ExitCode}}' ${name}): it runs only as long as its command does" >&2; exit 1; }`;
}

/** `8080:80` as the facts have it: `8080:80/tcp`. */
function fullPort(port: string): string {
  const withProtocol = port.includes('/') ? port : `${port}/tcp`;
  return withProtocol.includes(':') ? withProtocol.replace(/^0\.0\.0\.0:/, '').replace(/^\[(.*)\]/, '$1') : `:${withProtocol}`;
}

function withoutPrefix(capability: string): string {
  return capability.replace(/^CAP_/, '');
}
