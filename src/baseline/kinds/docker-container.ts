import { dockerMark } from '../../../modules/shared/docker.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type Remainder, type Restoration } from '../kind.ts';
import { clauses, differingFields, shownValue, sortOut } from './differing.ts';
import { containerDetails, containers, type ContainerItem } from './docker-container-read.ts';
import { dockerStore, orNothing } from './docker-store.ts';

const facts = { containers, details: containerDetails, store: dockerStore };

/** Containers of Docker, running or not. */
export const dockerContainerKind = defineKind<ContainerItem, typeof facts>({
  name: 'docker-container',
  summary: 'Containers of Docker: image, command, networks, ports, mounts, environment (as digests), labels, limits, whether they run',
  facts,
  items({ containers, details, store }) {
    const reading = orNothing(containers, store.containers);
    return reading.state === 'present' ? { state: 'present', value: Object.fromEntries(reading.value.map(([id, name, item]) => [name, { ...item, ...details[id] }])) } : reading;
  },
  subject: ({ key }) => `container ${key} of Docker`,
  words: (difference) => clauses(difference, changes),
  marked: ({ labels }) => labels[dockerMark] === 'docker_container',
  ledgerSubjects: (key) => [`container ${key}`],
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key, now } of added) {
      const commands = [sh`! ${exists(key)} || docker rm -f -v ${key} >/dev/null`];
      yield { stage: 'containers', keys: [key], change: { action: 'delete', subject: `container ${key} of Docker`, from: { image: now.image, state: now.state }, commands, typed: [sh`docker rm -f -v ${key}`] } };
    }
    for (const { key } of gone) yield { key, why: 'what it held went with it; the playbook or command that made it makes a new one' };
    for (const { key, before, now } of changed) yield* changeBack(key, before, now);
  },
});

/** What `docker update` and `docker network` change of a container that exists. */
const changeable: readonly string[] = ['restart', 'memory', 'nanoCpus'];
const fields = ['image', 'imageId', 'command', 'entrypoint', 'user', 'directory', 'hostname', 'network', 'ports', 'mounts', 'privileged', 'capabilities', 'dropped', 'restart', 'memory', 'nanoCpus', 'labels'] as const;

function changes(before: ContainerItem, now: ContainerItem): string[] {
  const [was, is] = [Object.keys(before.networks), Object.keys(now.networks)];
  const shared = was.filter((name) => is.includes(name));
  const states = { running: 'runs', paused: 'is paused', stopped: 'is stopped' };
  const names = new Set([...Object.keys(before.environment), ...Object.keys(now.environment)]);
  return [
    ...(before.state === now.state ? [] : [states[now.state]]),
    ...differingFields(before, now, fields).map((name) => (name === 'imageId' ? `was made of another image ${now.image}` : `has ${name} ${shownValue(now[name])}, not ${shownValue(before[name])}`)),
    ...is.filter((name) => !was.includes(name)).map((name) => `is in the network ${name}`),
    ...was.filter((name) => !is.includes(name)).map((name) => `is no longer in the network ${name}`),
    ...shared.flatMap((name) => (JSON.stringify(before.networks[name]) === JSON.stringify(now.networks[name]) ? [] : [`is in the network ${name} with ${shownValue(now.networks[name])}, not ${shownValue(before.networks[name])}`])),
    ...[...names].filter((name) => before.environment[name] !== now.environment[name]).map((name) => `has another value of ${name}`),
  ];
}

function* changeBack(name: string, before: ContainerItem, now: ContainerItem): Generator<Restoration | Remainder> {
  const fixed = [...differingFields(before, now, fields).filter((field) => !changeable.includes(field)), ...differingFields(before, now, ['environment'])];
  if (fixed.length > 0) yield { key: name, why: `Docker can't change ${fixed.join(', ')} of a container that exists: it is another than it was` };
  const limits = differingFields(before, now, ['memory', 'nanoCpus']);
  // For `docker update` 0 means: as it was.
  const endless = limits.filter((limit) => before[limit] === 0);
  if (endless.length > 0) yield { key: name, why: `Docker can't take the limit ${endless.join(', ')} off a container that exists` };
  const subject = `container ${name} of Docker`;
  const update = (what: string, from: unknown, to: unknown, options: Command): Restoration => ({ stage: 'containers', keys: [name], change: { action: 'update', subject: `${subject}: ${what}`, from, to, commands: [sh`docker update ${options} ${name} >/dev/null`] } });
  if (before.restart !== now.restart) yield update('restart policy', now.restart, before.restart, sh`--restart ${before.restart}`);
  if (limits.includes('memory') && before.memory > 0) yield update('memory', now.memory, before.memory, sh`--memory ${before.memory} --memory-swap ${before.memory * 2}`);
  if (limits.includes('nanoCpus') && before.nanoCpus > 0) yield update('processors', now.nanoCpus / 1e9, before.nanoCpus / 1e9, sh`--cpus ${before.nanoCpus / 1e9}`);
  yield* networks(name, before, now);
  if (before.state !== now.state) {
    const [stage, command] = stateCommand(name, before.state, now.state);
    yield { stage, keys: [name], change: { action: 'update', subject: `${subject}: state`, from: now.state, to: before.state, commands: [command] } };
  }
}

function* networks(container: string, before: ContainerItem, now: ContainerItem): Generator<Restoration> {
  for (const network of new Set([...Object.keys(before.networks), ...Object.keys(now.networks)])) {
    const [was, is] = [before.networks[network], now.networks[network]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    const words = was === undefined ? [] : [...(was.address === undefined ? [] : [sh`--ip ${was.address}`]), ...was.aliases.map((alias) => sh`--alias ${alias}`)];
    const commands = [
      ...(is === undefined ? [] : [sh`docker network disconnect -f ${network} ${container} 2>/dev/null || ! docker network inspect ${network} >/dev/null 2>&1`]),
      // The network's own way back may have connected it.
      ...(was === undefined ? [] : [sh`docker inspect -f '{{json .NetworkSettings.Networks}}' ${container} | grep -qF ${`"${network}":`} || docker network connect ${words} ${network} ${container}`]),
    ];
    yield { stage: 'container-networks', keys: [container], change: { action: 'update', subject: `container ${container} of Docker: network ${network}`, from: is, to: was, commands } };
  }
}

function stateCommand(name: string, before: ContainerItem['state'], now: ContainerItem['state']): ['containers' | 'container-starts', Command] {
  if (before === 'stopped') return ['containers', sh`docker stop ${name} >/dev/null`];
  const start = now === 'stopped' ? sh`docker start ${name} >/dev/null` : sh`docker unpause ${name} >/dev/null`;
  const pause = sh`docker pause ${name} >/dev/null`;
  return ['container-starts', before === 'running' ? start : now === 'stopped' ? sh`${start} && ${pause}` : pause];
}

function exists(name: string): Command {
  return sh`docker container inspect ${name} >/dev/null 2>&1`;
}
