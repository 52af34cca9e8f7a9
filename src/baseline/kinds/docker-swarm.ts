import { unavailable } from '../../../modules/facts/docker-inspect.ts';
import { present } from '../../../modules/facts/reading.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { defineKind } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';

export type SwarmItem = { readonly state: string; readonly manager: boolean };

/** The host's part in a swarm (`docker info`, Swarm); a daemon that is off has none that could be told. */
const swarm: Fact<Reading<Readonly<Record<string, SwarmItem>>>> = {
  kind: 'docker-swarm',
  key: '',
  read: sh`[ -e /run/docker.pid ] || [ -n "$DOCKER_HOST" ] || { [ ! -s /var/lib/docker/swarm/docker-state.json ] || echo 'off active false'; exit 0; }; LC_ALL=C docker info -f 'on {{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}'`,
  domains: ['docker:swarm'],
  parse: (result) => {
    const problem = unavailable(result);
    if (problem) return problem;
    const [power, state, manager] = result.stdout.trim().split(' ');
    if (power === 'off') return { state: 'unavailable', reason: 'not-running', detail: 'the Docker daemon is off, and was in a swarm' };
    return present(state === undefined || state === 'inactive' ? {} : { swarm: { state, manager: manager === 'true' } });
  },
};

/** Whether the host is in a swarm of Docker. */
export const dockerSwarmKind = defineKind<SwarmItem, { swarm: typeof swarm }>({
  name: 'docker-swarm',
  summary: 'Whether the host is in a swarm of Docker, and as what',
  facts: { swarm },
  items: (values) => values.swarm,
  subject: () => 'the host',
  words: ({ before, now }) => {
    const role = ({ manager }: SwarmItem) => (manager ? 'a manager' : 'a worker');
    if (before === undefined || now === undefined) return [now ? `is in a swarm of Docker, as ${role(now)}` : 'is in no swarm of Docker any more'];
    return clauses({ key: '', before, now }, () => [...(before.manager === now.manager ? [] : [`is ${role(now)} of its swarm, not ${role(before)}`]), ...(before.state === now.state ? [] : [`is ${now.state} in its swarm, not ${before.state}`])]);
  },
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    const left = sh`[ "$(docker info -f '{{.Swarm.LocalNodeState}}')" = inactive ] || docker swarm leave --force >/dev/null`;
    for (const { key, now } of added) yield { stage: 'containers', keys: [key], change: { action: 'delete', subject: 'swarm of Docker', from: now, commands: [left], typed: [sh`docker swarm leave --force`] } };
    for (const { key } of [...gone, ...changed]) yield { key, why: 'only a manager of the swarm can take it in' };
  },
});
