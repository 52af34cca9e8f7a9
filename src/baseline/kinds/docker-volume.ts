import { parseJson, present } from '../../../modules/facts/reading.ts';
import { unavailable } from '../../../modules/facts/docker-inspect.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { defineKind } from '../kind.ts';
import { clauses, differingFields, shownValue, sortOut } from './differing.ts';
import { dockerStore, orNothing } from './docker-store.ts';

export type VolumeItem = {
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
};

/** Volumes with their names (Docker Engine API, VolumeInspect). */
const volumes: Fact<Reading<readonly (readonly [string, VolumeItem])[]>> = {
  kind: 'docker-volumes',
  key: '',
  read: sh`[ -e /run/docker.pid ] || [ -n "$DOCKER_HOST" ] || ! command -v docker >/dev/null || { echo 'Cannot connect to the Docker daemon' >&2; exit 1; }; names=$(LC_ALL=C docker volume ls -q) || exit; [ -z "$names" ] || docker volume inspect -f '{{json .}}' $names`,
  domains: ['docker:volume'],
  parse: (result) => {
    const lines = result.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [parseJson(line) as { Name: string; Driver: string; Options: Record<string, string> | null; Labels: Record<string, string> | null }] : []));
    const problem = unavailable(result);
    if (problem) return problem;
    return present(lines.map(({ Name, Driver, Options, Labels }) => [Name, { driver: Driver, options: Options ?? {}, labels: Labels ?? {} }]));
  },
};

const facts = { volumes, store: dockerStore };

/** Volumes of Docker, also those without names of their own. */
export const dockerVolumeKind = defineKind<VolumeItem, typeof facts>({
  name: 'docker-volume',
  summary: 'Volumes of Docker: driver, options, labels; not what is in them',
  facts,
  items({ volumes, store }) {
    const reading = orNothing(volumes, store.volumes);
    return reading.state === 'present' ? { state: 'present', value: Object.fromEntries(reading.value) } : reading;
  },
  subject: ({ key }) => `volume ${key.replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1')} of Docker`,
  words: (difference) => clauses(difference, (before, now) => differingFields(before, now, ['driver', 'options', 'labels']).map((name) => `has ${name} ${shownValue(now[name])}, not ${shownValue(before[name])}`)),
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key } of gone) yield { key, why: 'what it held is gone' };
    for (const { key } of changed) yield { key, why: 'it is another than it was, and what that one held is gone' };
    for (const { key, now } of added) {
      const commands = [sh`! docker volume inspect ${key} >/dev/null 2>&1 || docker volume rm ${key} >/dev/null`];
      yield { stage: 'container-networks', keys: [key], change: { action: 'delete', subject: `volume ${key} of Docker`, from: now, commands, typed: [sh`docker volume rm ${key}`] } };
    }
  },
});
