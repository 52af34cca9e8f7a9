/** All that `docker inspect` says of containers that doesn't change by itself (Docker Engine API, ContainerInspect). */
import { containersRead, parseContainers, unavailable } from '../../../modules/facts/docker-inspect.ts';
import { digestOf } from '../../../modules/shared/docker.ts';
import type { Fact, Reading, ReadResult } from '../../module.ts';
import { sh } from '../../shell.ts';

export type ContainerItem = {
  readonly state: 'running' | 'paused' | 'stopped';
  readonly image: string;
  readonly imageId: string;
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly directory: string;
  /** Where one was given: Docker's own is the beginning of the identifier. */
  readonly hostname: string;
  readonly network: string;
  readonly networks: Readonly<Record<string, EndpointItem>>;
  readonly ports: readonly string[];
  readonly mounts: readonly string[];
  readonly privileged: boolean;
  readonly capabilities: readonly string[];
  readonly dropped: readonly string[];
  readonly restart: string;
  /** Bytes; 0 is no limit. */
  readonly memory: number;
  /** Billionths of a processor; 0 is no limit. */
  readonly nanoCpus: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Digests of the values: passwords stand there. */
  readonly environment: Readonly<Record<string, string>>;
};
export type EndpointItem = { readonly address?: string; readonly aliases: readonly string[] };

// What `containersRead` has is read in the same words, so that both are one command; this is the rest.
const format = '{"id":{{json .Id}},"name":{{json .Name}},"mounts":{{json .Mounts}},"env":{{json .Config.Env}}}';

/** Mounts and environments by the containers' identifiers. */
export const containerDetails: Fact<Readonly<Record<string, Pick<ContainerItem, 'mounts' | 'environment'>>>> = {
  kind: 'docker-container-details',
  key: '',
  read: sh`[ -e /run/docker.pid ] || [ -n "$DOCKER_HOST" ] || exit 0; ids=$(LC_ALL=C docker ps -aq --no-trunc 2>/dev/null) && [ -n "$ids" ] && docker inspect --type container -f ${format} $ids; :`,
  domains: ['docker:container'],
  parse: ({ stdout }) => Object.fromEntries(stdout.split('\n').filter((line) => line.startsWith('{')).map(parseDetails)),
};

interface Details {
  readonly id: string;
  readonly name: string;
  readonly mounts: readonly { readonly Type: string; readonly Name?: string; readonly Source: string; readonly Destination: string; readonly RW: boolean }[] | null;
  readonly env: readonly string[] | null;
}

function parseDetails(line: string): readonly [string, Pick<ContainerItem, 'mounts' | 'environment'>] {
  const { id, name, mounts, env } = JSON.parse(line) as Details;
  // A volume without a name has its identifier as one.
  const source = (mount: NonNullable<Details['mounts']>[number]) => (mount.Type === 'volume' ? (/^[0-9a-f]{64}$/.test(mount.Name ?? '') ? 'a volume' : (mount.Name ?? '')) : mount.Source);
  // The name salts them, so that equal passwords of two containers don't show as such.
  const pairs = (env ?? []).map((pair) => [pair.slice(0, pair.indexOf('=')), digestOf([name, pair]).slice(0, 16)] as const);
  return [id, { mounts: (mounts ?? []).map((mount) => `${source(mount)}:${mount.Destination}${mount.RW ? '' : ':ro'}`).sort(), environment: Object.fromEntries(pairs) }];
}

export const containers: Fact<Reading<readonly (readonly [string, string, ContainerItem])[]>> = {
  kind: 'docker-container-items',
  key: '',
  read: containersRead,
  domains: ['docker:container'],
  parse: (result) => parseItems(result),
};

/** Identifier, name, and item without its details. Tasks of a swarm's services come and go by themselves. */
function parseItems(result: ReadResult): Reading<readonly (readonly [string, string, ContainerItem])[]> {
  const reading = result.status === 127 ? unavailable(result)! : parseContainers(result);
  if (reading.state !== 'present') return reading;
  const names = new Map(reading.value.map((one) => [one.id, one.name]));
  return {
    state: 'present',
    value: reading.value
      .filter(({ labels }) => labels['com.docker.swarm.service.id'] === undefined)
      .map((one) => [
        one.id,
        one.name,
        {
          state: one.status === 'paused' ? 'paused' : one.running ? 'running' : 'stopped',
          image: one.image,
          imageId: one.imageId,
          command: one.command ?? [],
          entrypoint: one.entrypoint ?? [],
          user: one.user,
          directory: one.workingDir,
          hostname: one.id.startsWith(one.hostname) ? '' : one.hostname,
          network: one.networkMode.replace(/^container:([0-9a-f]{64})$/, (_, id: string) => `container:${names.get(id) ?? id}`),
          networks: Object.fromEntries(
            Object.entries(one.networks).map(([name, { requestedAddress, aliases }]) => [
              name,
              { ...(requestedAddress === undefined ? {} : { address: requestedAddress }), aliases: aliases.filter((alias) => !one.id.startsWith(alias)).sort() },
            ]),
          ),
          ports: one.ports,
          mounts: [],
          privileged: one.privileged,
          capabilities: [...one.capabilities].sort(),
          dropped: [...one.droppedCapabilities].sort(),
          restart: one.restartRetries > 0 ? `${one.restartPolicy}:${one.restartRetries}` : one.restartPolicy,
          memory: one.memory,
          nanoCpus: one.nanoCpus,
          labels: one.labels,
          environment: {},
        },
      ]),
  };
}
