/**
 * What Docker has: containers, networks, images, the daemon. One script reads all of a kind, so that any number of tasks share its
 * answer.
 */
import type { Fact, Reading } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { isMarked } from '../shared/docker.ts';
import { imageName, sameImageName } from '../shared/docker-names.ts';
import {
  containersRead,
  imagesRead,
  networksRead,
  parseContainers,
  parseImages,
  parseNetworks,
  unavailable,
  type DockerContainer,
  type DockerImage,
  type DockerNetwork,
} from './docker-inspect.ts';

export type { DockerContainer, DockerEndpoint, DockerImage, DockerNetwork, DockerPool } from './docker-inspect.ts';

/** All containers, running or not. */
export function dockerContainers(): Fact<Reading<readonly DockerContainer[]>> {
  return { kind: 'docker-containers', key: '', read: containersRead, domains: ['docker:container'], parse: parseContainers };
}

/** One container, by its name, or by its id or the beginning of it. */
export function dockerContainer(nameOrId: string): Fact<Reading<DockerContainer>> {
  return {
    kind: 'docker-container',
    key: nameOrId,
    read: containersRead,
    // One domain for all, since a task may name by id what another names by name.
    domains: ['docker:container'],
    parse: (result) =>
      pick(parseContainers(result), (all) => all.find((one) => one.name === nameOrId) ?? onlyOne(all.filter((one) => /^[0-9a-f]{4,64}$/.test(nameOrId) && one.id.startsWith(nameOrId)))),
  };
}

/** All networks. */
export function dockerNetworks(): Fact<Reading<readonly DockerNetwork[]>> {
  return { kind: 'docker-networks', key: '', read: networksRead, domains: ['docker:network'], parse: parseNetworks };
}

/** One network by its name. */
export function dockerNetwork(name: string): Fact<Reading<DockerNetwork>> {
  return {
    kind: 'docker-network',
    key: name,
    read: networksRead,
    domains: [`docker:network:${name}`],
    parse: (result) => pick(parseNetworks(result), (all) => all.find((one) => one.name === name)),
  };
}

/** One image by `NAME[:TAG]`, `NAME@DIGEST` or id. */
export function dockerImage(name: string): Fact<Reading<DockerImage>> {
  const wanted = imageName(name);
  return {
    kind: 'docker-image',
    key: wanted,
    read: imagesRead,
    domains: ['docker:image'],
    parse: (result) =>
      pick(parseImages(result), (all) => all.find((one) => one.id === name || one.id === `sha256:${name}` || [...one.tags, ...one.digests].some((tag) => sameImageName(tag, wanted)))),
  };
}

/** How many images that ctplay made have lost their names to newer ones. */
export function untaggedImages(): Fact<Reading<number>> {
  return {
    kind: 'docker-untagged-images',
    key: '',
    read: imagesRead,
    domains: ['docker:image'],
    parse(result) {
      const all = parseImages(result);
      return all.state === 'present' ? { state: 'present', value: all.value.filter((one) => one.tags.length === 0 && isMarked('docker_image', one)).length } : all;
    },
  };
}

/** The state of the host in a swarm: inactive, pending, active, error, locked. */
export function dockerSwarm(): Fact<Reading<string>> {
  return {
    kind: 'docker-swarm',
    key: '',
    read: sh`LC_ALL=C docker info -f '{{.Swarm.LocalNodeState}}'`,
    domains: ['docker:swarm'],
    parse: (result) => unavailable(result) ?? { state: 'present', value: result.stdout.trim() },
  };
}

function pick<T>(all: Reading<readonly T[]>, find: (all: readonly T[]) => T | undefined): Reading<T> {
  if (all.state !== 'present') return all;
  const found = find(all.value);
  return found === undefined ? { state: 'absent' } : { state: 'present', value: found };
}

function onlyOne<T>(all: readonly T[]): T | undefined {
  return all.length === 1 ? all[0] : undefined;
}
