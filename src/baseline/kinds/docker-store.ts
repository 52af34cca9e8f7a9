/**
 * What a Docker daemon that doesn't run has on its disk. A host whose daemon is off and has nothing is a host without containers, which
 * a baseline can be compared with; where it has something, only the daemon can tell what.
 */
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { boltKeys } from './bolt.ts';

export interface DockerStore {
  readonly containers: boolean;
  readonly images: boolean;
  readonly networks: boolean;
  readonly volumes: boolean;
}

/** Which sorts of things the store holds. Asks nothing while the daemon runs. */
export const dockerStore: Fact<DockerStore> = {
  kind: 'docker-store',
  key: '',
  read: sh`[ ! -e /run/docker.pid ] && [ -d /var/lib/docker ] || exit 0
! grep -qs 'data-root\\|"graph"' /etc/docker/daemon.json || echo elsewhere
cd /var/lib/docker; for c in containers/*/ volumes/*/ image/*/imagedb/content/sha256/*; do [ ! -e "$c" ] || echo "\${c%%/*}"; done
[ ! -e network/files/local-kv.db ] || base64 -w0 network/files/local-kv.db | sed 's/^/networks /'`,
  domains: ['docker'],
  parse: ({ stdout }) => {
    const lines = stdout.split('\n');
    const isElsewhere = lines.includes('elsewhere');
    const store = lines.find((line) => line.startsWith('networks '))?.slice('networks '.length);
    const holds = (name: string) => isElsewhere || lines.includes(name);
    return { containers: holds('containers'), images: holds('image'), volumes: holds('volumes'), networks: isElsewhere || (store !== undefined && hasOwnNetworks(Buffer.from(store, 'base64'))) };
  },
};

/** Whether libnetwork's store has networks besides those of Docker's own; also when it can't be read. */
function hasOwnNetworks(store: Uint8Array): boolean {
  const keys = boltKeys(store);
  if (keys === undefined) return true;
  const networks = keys.filter(({ path }) => /\/network\/v1\.0\/network\/[0-9a-f]{64}\/$/.test(path));
  return networks.some(({ value }) => !/"name":"(bridge|host|none)"/.test(value));
}

/** The reading of a daemon that is off and has nothing of the sort is no items, as is that of a host without Docker. */
export function orNothing<T>(reading: Reading<readonly T[]>, holds: boolean): Reading<readonly T[]> {
  if (reading.state !== 'unavailable') return reading;
  if (reading.reason === 'not-installed' || (reading.reason === 'not-running' && !holds)) return { state: 'present', value: [] };
  return reading;
}
