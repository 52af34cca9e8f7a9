/** What `docker inspect` says (Docker Engine API, ContainerInspect, NetworkInspect, ImageInspect), less the environments: passwords stand there. */
import type { Reading, ReadResult } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { askDocker, formatOf, type Fields } from './docker-api.ts';

/** A container's place in one network. */
export interface DockerEndpoint {
  /** The address asked for; undefined where Docker chose one. */
  readonly requestedAddress?: string;
  /** Empty while the container doesn't run. */
  readonly address: string;
  readonly aliases: readonly string[];
}

export interface DockerContainer {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  /** A process exists: status running, paused or restarting. */
  readonly running: boolean;
  /** Of the container's first process in the host's process namespace; 0 while it doesn't run. */
  readonly pid: number;
  readonly exitCode: number;
  /** The image by the name that was given at its creation. */
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly user: string;
  readonly workingDir: string;
  readonly command: readonly string[] | null;
  readonly entrypoint: readonly string[] | null;
  readonly networkMode: string;
  readonly networks: Readonly<Record<string, DockerEndpoint>>;
  /** `SOURCE:TARGET[:OPTIONS]`. */
  readonly binds: readonly string[];
  /** `[ADDRESS:]HOSTPORT:PORT/PROTOCOL`. */
  readonly ports: readonly string[];
  readonly restartPolicy: string;
  readonly restartRetries: number;
  readonly privileged: boolean;
  readonly capabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
  /** Bytes; 0 is no limit. */
  readonly memory: number;
  /** Billionths of a processor; 0 is no limit. */
  readonly nanoCpus: number;
}

export interface DockerPool {
  readonly subnet?: string;
  readonly gateway?: string;
  readonly range?: string;
  readonly auxiliary: Readonly<Record<string, string>>;
}

export interface DockerNetwork {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly scope: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv6: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly ipamDriver: string;
  readonly pools: readonly DockerPool[];
}

export interface DockerImage {
  /** `sha256:` and 64 hex digits. */
  readonly id: string;
  /** `NAME:TAG`. */
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

// By hand and not `{{json .}}`: no environment, and a tenth of the size.
const containerFields: Fields = {
  id: 'Id', name: 'Name', state: 'State', imageId: 'Image', image: 'Config.Image', labels: 'Config.Labels', hostname: 'Config.Hostname', user: 'Config.User',
  workingDir: 'Config.WorkingDir', command: 'Config.Cmd', entrypoint: 'Config.Entrypoint', networkMode: 'HostConfig.NetworkMode', networks: 'NetworkSettings.Networks',
  binds: 'HostConfig.Binds', ports: 'HostConfig.PortBindings', restart: 'HostConfig.RestartPolicy', privileged: 'HostConfig.Privileged', capAdd: 'HostConfig.CapAdd',
  capDrop: 'HostConfig.CapDrop', memory: 'HostConfig.Memory', nanoCpus: 'HostConfig.NanoCpus',
};
const networkFields: Fields = Object.fromEntries(['Id', 'Name', 'Driver', 'Scope', 'Internal', 'Attachable', 'EnableIPv6', 'Options', 'Labels', 'IPAM'].map((name) => [name, name]));
const imageFields: Fields = { id: 'Id', tags: 'RepoTags', digests: 'RepoDigests' };

// A daemon that its socket would start isn't asked: reading must not change the host.
const isAwake: Command = sh`[ -e /run/docker.pid ] || [ -n "$DOCKER_HOST" ] || ! systemctl --quiet is-active docker.socket 2>/dev/null || { echo 'Cannot connect to the Docker daemon: it does not run, and docker.socket waits to start it' >&2; exit 1; }`;

export const containersRead: Command = sh`${isAwake}; ${askDocker('/containers/json?all=1', '/containers/%/json', containerFields)} && exit
ids=$(LC_ALL=C docker ps -aq --no-trunc) || exit; [ -z "$ids" ] || docker inspect --type container -f ${formatOf(containerFields)} $ids`;
export const networksRead: Command = sh`${isAwake}; ${askDocker('/networks', '', networkFields)} && exit
ids=$(LC_ALL=C docker network ls -q --no-trunc) || exit; [ -z "$ids" ] || docker network inspect -f ${formatOf(networkFields)} $ids`;
// The daemon's list has an image's labels where its inspection has them in the configuration.
export const imagesRead: Command = sh`${isAwake}; ${askDocker('/images/json', '', { ...imageFields, labels: 'Labels' })} && exit
ids=$(LC_ALL=C docker image ls -q --no-trunc) || exit; [ -z "$ids" ] || docker image inspect -f ${formatOf({ ...imageFields, labels: 'Config.Labels' })} $ids`;

type Json = Record<string, unknown>;

/** From `containersRead`. */
export function parseContainers(result: ReadResult): Reading<readonly DockerContainer[]> {
  return parseLines(result, (line) => {
    const state = line.state as Json;
    const restart = (line.restart ?? {}) as Json;
    return {
      id: line.id as string,
      name: (line.name as string).replace(/^\//, ''),
      status: state.Status as DockerContainer['status'],
      running: state.Running === true,
      pid: Number(state.Pid ?? 0),
      exitCode: Number(state.ExitCode ?? 0),
      image: line.image as string,
      imageId: line.imageId as string,
      labels: (line.labels ?? {}) as Record<string, string>,
      hostname: line.hostname as string,
      user: line.user as string,
      workingDir: line.workingDir as string,
      command: line.command as string[] | null,
      entrypoint: line.entrypoint as string[] | null,
      networkMode: line.networkMode as string,
      networks: Object.fromEntries(Object.entries((line.networks ?? {}) as Record<string, Json>).map(([name, endpoint]) => [name, parseEndpoint(endpoint)])),
      binds: (line.binds ?? []) as string[],
      ports: parsePorts((line.ports ?? {}) as Record<string, { HostIp: string; HostPort: string }[] | null>),
      restartPolicy: String(restart.Name || 'no'),
      restartRetries: Number(restart.MaximumRetryCount ?? 0),
      privileged: line.privileged === true,
      capabilities: (line.capAdd ?? []) as string[],
      droppedCapabilities: (line.capDrop ?? []) as string[],
      memory: Number(line.memory ?? 0),
      nanoCpus: Number(line.nanoCpus ?? 0),
    };
  });
}

function parseEndpoint(endpoint: Json): DockerEndpoint {
  const requested = (endpoint.IPAMConfig as { IPv4Address?: string } | null)?.IPv4Address;
  return {
    ...(requested === undefined || requested === '' ? {} : { requestedAddress: requested }),
    address: String(endpoint.IPAddress ?? ''),
    aliases: (endpoint.Aliases ?? []) as string[],
  };
}

function parsePorts(bindings: Record<string, { HostIp: string; HostPort: string }[] | null>): string[] {
  return Object.entries(bindings)
    .flatMap(([port, hosts]) => (hosts ?? []).map(({ HostIp, HostPort }) => `${HostIp === '' || HostIp === '0.0.0.0' ? '' : `${HostIp}:`}${HostPort}:${port}`))
    .sort();
}

/** From `networksRead`. */
export function parseNetworks(result: ReadResult): Reading<readonly DockerNetwork[]> {
  return parseLines(result, (line) => {
    const ipam = line.IPAM as { Driver: string; Config: Record<string, unknown>[] | null };
    return {
      id: line.Id as string,
      name: line.Name as string,
      driver: line.Driver as string,
      scope: line.Scope as string,
      internal: line.Internal === true,
      attachable: line.Attachable === true,
      ipv6: line.EnableIPv6 === true,
      options: (line.Options ?? {}) as Record<string, string>,
      labels: (line.Labels ?? {}) as Record<string, string>,
      ipamDriver: ipam.Driver,
      pools: (ipam.Config ?? []).map((pool) => ({
        ...(pool.Subnet === undefined ? {} : { subnet: pool.Subnet as string }),
        ...(pool.Gateway === undefined ? {} : { gateway: pool.Gateway as string }),
        ...(pool.IPRange === undefined ? {} : { range: pool.IPRange as string }),
        auxiliary: (pool.AuxiliaryAddresses ?? {}) as Record<string, string>,
      })),
    };
  });
}

/** From `imagesRead`. */
export function parseImages(result: ReadResult): Reading<readonly DockerImage[]> {
  return parseLines(result, (line) => ({
    id: line.id as string,
    tags: named(line.tags),
    digests: named(line.digests),
    labels: (line.labels ?? {}) as Record<string, string>,
  }));
}

/** The daemon's list of images says `<none>:<none>` where its inspection says nothing. */
function named(names: unknown): string[] {
  return ((names ?? []) as string[]).filter((name) => !name.startsWith('<none>'));
}

/** One JSON object a line. A line may be missing when its object went away between the listing and the inspection. */
function parseLines<T>(result: ReadResult, parse: (line: Json) => T): Reading<readonly T[]> {
  const lines = result.stdout.split('\n').filter((line) => line.startsWith('{'));
  if (lines.length === 0 || (result.status !== 0 && !/no such/i.test(result.stderr))) {
    const problem = unavailable(result);
    if (problem) return problem;
  }
  try {
    return { state: 'present', value: lines.map((line) => parse(JSON.parse(line) as Json)) };
  } catch (cause) {
    return { state: 'unavailable', reason: 'unreadable', detail: `docker inspect: ${(cause as Error).message}` };
  }
}

/** Why Docker gave no answer, or undefined when it gave one. */
export function unavailable(result: ReadResult): Extract<Reading<never>, { state: 'unavailable' }> | undefined {
  const detail = result.stderr.trim();
  if (result.status === 127) return { state: 'unavailable', reason: 'not-installed', detail };
  if (/permission denied/i.test(detail)) return { state: 'unavailable', reason: 'denied', detail };
  if (/cannot connect to the docker daemon|is the docker daemon running|error during connect/i.test(detail)) return { state: 'unavailable', reason: 'not-running', detail };
  // All of them may have gone between the listing and the inspection.
  if (result.status !== 0 && !/no such/i.test(detail)) return { state: 'unavailable', reason: 'unreadable', detail };
  return undefined;
}
