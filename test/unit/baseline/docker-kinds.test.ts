import { expect, it } from 'vitest';
import { boltKeys } from '../../../src/baseline/kinds/bolt.ts';
import { dockerContainerKind } from '../../../src/baseline/kinds/docker-container.ts';
import type { ContainerItem } from '../../../src/baseline/kinds/docker-container-read.ts';
import { dockerImageKind } from '../../../src/baseline/kinds/docker-image.ts';
import { dockerNetworkKind } from '../../../src/baseline/kinds/docker-network.ts';
import { dockerSwarmKind } from '../../../src/baseline/kinds/docker-swarm.ts';
import { dockerVolumeKind } from '../../../src/baseline/kinds/docker-volume.ts';
import { answer, contextOf, itemsOf, states, wayBack, wordsOf } from '../../harness/kind.ts';

const id = 'ef2bcb567efd'.padEnd(64, '0');
const other = 'abcdef012345'.padEnd(64, '1');

function inspected(more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id, name: '/web', state: { Status: 'running', Running: true, Pid: 77, StartedAt: 'now' }, imageId: 'sha256:1', image: 'box', labels: { a: '1' }, hostname: id.slice(0, 12), user: '', workingDir: '/', command: ['sleep', '9'], entrypoint: null,
    networkMode: 'lab', networks: { lab: { IPAMConfig: { IPv4Address: '10.0.0.9' }, IPAddress: '10.0.0.9', Aliases: ['w', id.slice(0, 12)] } }, binds: null, ports: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
    restart: { Name: 'on-failure', MaximumRetryCount: 3 }, privileged: false, capAdd: ['NET_ADMIN', 'CHOWN'], capDrop: null, memory: 0, nanoCpus: 0, ...more,
  });
}
const details = JSON.stringify({ id, mounts: [{ Type: 'volume', Name: other, Source: '/var/lib/x', Destination: '/d', RW: true }, { Type: 'bind', Source: '/srv', Destination: '/s', RW: false }], env: ['PASSWORD=secret', 'EMPTY='] });

const web = itemsOf(dockerContainerKind, { containers: inspected(), details })['web']!;

it('records of a container what does not change by itself', () => {
  expect({ ...web, environment: Object.keys(web.environment) }).toEqual({
    state: 'running', image: 'box', imageId: 'sha256:1', command: ['sleep', '9'], entrypoint: [], user: '', directory: '/', hostname: '', network: 'lab',
    networks: { lab: { address: '10.0.0.9', aliases: ['w'] } }, ports: ['8080:80/tcp'], mounts: ['/srv:/s:ro', 'a volume:/d'], privileged: false, capabilities: ['CHOWN', 'NET_ADMIN'], dropped: [],
    restart: 'on-failure:3', memory: 0, nanoCpus: 0, labels: { a: '1' }, environment: ['PASSWORD', 'EMPTY'],
  });
  expect(JSON.stringify(web)).not.toContain('secret');
});

it.each<[string, Record<string, unknown>, Partial<ContainerItem> | undefined]>([
  ['paused', { state: { Status: 'paused', Running: true } }, { state: 'paused' }],
  ['between two attempts to start', { state: { Status: 'restarting', Running: true } }, { state: 'running' }],
  ['ended', { state: { Status: 'exited', Running: false } }, { state: 'stopped' }],
  ['in the network of another', { networkMode: `container:${id}` }, { network: 'container:web' }],
  ['with a host name of its own', { hostname: 'box' }, { hostname: 'box' }],
  ['a task of a swarm', { labels: { 'com.docker.swarm.service.id': 'x' } }, undefined],
])('records a container that is %s', (_what, more, expected) => {
  const item = itemsOf(dockerContainerKind, { containers: inspected(more) })['web'];
  if (expected === undefined) expect(item).toBeUndefined();
  else expect(item).toMatchObject(expected);
});

const off = answer('', { status: 1, stderr: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' });

it.each([
  ['Docker is not installed', answer('', { status: 127, stderr: 'docker: not found' }), '', {}],
  ['the daemon is off and has none', off, 'volumes\nimage\n', {}],
  ['the daemon is off and has some', off, 'containers\n', undefined],
  ['the daemon is off and keeps its things elsewhere', off, 'elsewhere\n', undefined],
  ['the daemon may not be asked', answer('', { status: 1, stderr: 'permission denied while trying to connect' }), '', undefined],
])('knows whether there are containers when %s', (_when, containers, store, expected) => {
  const read = () => itemsOf(dockerContainerKind, { containers, store });
  if (expected === undefined) expect(read).toThrow('unavailable');
  else expect(read()).toEqual(expected);
});

it.each<[string, Partial<ContainerItem>, string, string[]]>([
  ['stopped', { state: 'stopped' }, 'is stopped', ['container-starts update container web of Docker: state: docker start web >/dev/null']],
  ['paused', { state: 'paused' }, 'is paused', ['container-starts update container web of Docker: state: docker unpause web >/dev/null']],
  ['limited', { memory: 64, restart: 'no' }, 'has restart no, not on-failure:3, has memory 64, not 0', ["left web: Docker can't take the limit memory off a container that exists", 'containers update container web of Docker: restart policy: docker update --restart on-failure:3 web >/dev/null']],
  ['another', { command: ['x'], environment: {} }, 'has command x, not sleep 9, has another value of PASSWORD, has another value of EMPTY', ["left web: Docker can't change command, environment of a container that exists: it is another than it was"]],
  [
    'taken out of its network', { networks: {} }, 'is no longer in the network lab',
    [`container-networks update container web of Docker: network lab: docker inspect -f '{{json .NetworkSettings.Networks}}' web | grep -qF '"lab":' || docker network connect --ip 10.0.0.9 --alias w lab web`],
  ],
])('puts a container back that is %s', (_what, now, words, plan) => {
  const difference = { key: 'web', before: web, now: { ...web, ...now } };
  expect(wordsOf(dockerContainerKind, difference)).toBe(`container web of Docker ${words}`);
  expect(wayBack(dockerContainerKind, [difference])).toEqual(plan);
});

it('removes what was added, and says what does not come back', () => {
  expect(wayBack(dockerContainerKind, [{ key: 'new', now: web }, { key: 'old', before: web }])).toEqual([
    'containers delete container new of Docker: ! docker container inspect new >/dev/null 2>&1 || docker rm -f -v new >/dev/null',
    'left old: what it held went with it; the playbook or command that made it makes a new one',
  ]);
});

function network(more: Record<string, unknown> = {}): string {
  return JSON.stringify({ Id: id, Name: 'lab', Driver: 'bridge', Scope: 'local', Internal: false, Attachable: false, EnableIPv6: false, Options: {}, Labels: {}, IPAM: { Driver: 'default', Config: [{ Subnet: '10.5.0.0/24' }] }, ...more });
}

it.each([
  ['none', [{ Subnet: '10.5.0.0/24' }], undefined],
  ["Docker's own", [{ Subnet: '10.5.0.0/24', Gateway: '10.5.0.1' }], undefined],
  ["Docker's own in a range", [{ Subnet: '10.5.0.0/24', IPRange: '10.5.0.128/25', Gateway: '10.5.0.128' }], undefined],
  ['one that was chosen', [{ Subnet: '10.5.0.0/24', Gateway: '10.5.0.254' }], '10.5.0.254'],
])('records the gateway of a network: %s', (_what, Config, gateway) => {
  expect(itemsOf(dockerNetworkKind, { networks: network({ IPAM: { Driver: 'default', Config } }) })['lab']!.pools[0]!.gateway).toBe(gateway);
});

it('leaves out the networks that the daemon makes', () => {
  expect(itemsOf(dockerNetworkKind, { networks: ['host', 'none'].map((Name) => network({ Name })).join('\n') })).toEqual({});
  expect(itemsOf(dockerNetworkKind, { networks: network({ Name: 'ingress', Scope: 'swarm' }) })).toEqual({});
});

it('sees and puts back another subnet of docker0, and no more of it', () => {
  const bridge = (gateway: string, Subnet: string) => itemsOf(dockerNetworkKind, { networks: network({ Name: 'bridge', Options: { mtu: '1' }, IPAM: { Driver: 'default', Config: [{ Subnet, Gateway: gateway }] } }) })['bridge']!;
  const [before, now] = [bridge('172.17.0.1', '172.17.0.0/16'), bridge('10.9.9.9', '10.9.9.0/24')];
  expect(before).toEqual({ driver: 'bridge', pools: [{ subnet: '172.17.0.0/16', auxiliary: {} }], internal: false, attachable: false, ipv6: false, options: {}, labels: {} });
  expect(dockerNetworkKind.follows!({ key: 'bridge', now }, { baseline: {}, now: {} })).toBe(true);
  expect(dockerNetworkKind.follows!({ key: 'bridge', before, now }, { baseline: {}, now: {} })).toBe(false);
  expect(dockerNetworkKind.follows!({ key: 'lab', now }, { baseline: {}, now: {} })).toBe(false);
  const withAddress = contextOf({ baseline: states({ address: { a: { dev: 'docker0', local: '172.17.0.9', prefix: 16, scope: 'global' } } }) });
  expect(wayBack(dockerNetworkKind, [{ key: 'bridge', before, now }])[0]).toContain(`echo '{"bip":"172.17.0.1/16"}' >"$f"`);
  expect(wayBack(dockerNetworkKind, [{ key: 'bridge', before, now }], withAddress)[0]).toContain(`echo '{"bip":"172.17.0.9/16"}' >"$f"`);
});

it.each([
  ['on inactive false', {}],
  ['on active true', { swarm: { state: 'active', manager: true } }],
  ['', {}],
])('knows of the swarm by %j', (swarm, expected) => {
  expect(itemsOf(dockerSwarmKind, { swarm })).toEqual(expected);
});

it('leaves a swarm that was joined', () => {
  const item = { state: 'active', manager: false };
  expect(wordsOf(dockerSwarmKind, { key: 'swarm', now: item })).toBe('the host is in a swarm of Docker, as a worker');
  expect(wordsOf(dockerSwarmKind, { key: 'swarm', before: item, now: { ...item, manager: true } })).toBe('the host is a manager of its swarm, not a worker');
  expect(wayBack(dockerSwarmKind, [{ key: 'swarm', now: item }])[0]).toContain('docker swarm leave --force');
  expect(wayBack(dockerSwarmKind, [{ key: 'swarm', before: item }])).toEqual(['left swarm: only a manager of the swarm can take it in']);
});

it('makes a network again with the containers that were in it', () => {
  const before = itemsOf(dockerNetworkKind, { networks: network() })['lab']!;
  const now = itemsOf(dockerNetworkKind, { networks: network({ Internal: true, IPAM: { Driver: 'default', Config: [{ Subnet: '10.6.0.0/24' }] } }) })['lab']!;
  const context = contextOf({ baseline: states({ 'docker-container': { web } }) });
  expect(wordsOf(dockerNetworkKind, { key: 'lab', before, now })).toBe('network lab of Docker has subnet 10.6.0.0/24, not 10.5.0.0/24, has internal true, not false');
  const [plan] = wayBack(dockerNetworkKind, [{ key: 'lab', before, now }], context);
  expect(plan).toMatch(/^container-networks replace network lab of Docker: .*docker network rm lab .*docker network create --driver bridge --subnet 10\.5\.0\.0\/24 lab .*docker network connect --ip 10\.0\.0\.9 --alias w lab web$/s);
});

it('names images by tag, digest or identifier', () => {
  const image = (more: Record<string, unknown>) => JSON.stringify({ id: `sha256:${id}`, tags: [], digests: [], labels: null, ...more });
  expect(Object.keys(itemsOf(dockerImageKind, { images: [image({ tags: ['a:1', 'a:2'] }), image({ digests: ['a@sha256:2'] }), image({})].join('\n') }))).toEqual(['a:1', 'a:2', 'a@sha256:2', `sha256:${id}`]);
});

it('puts tags back as far as the layers are there', () => {
  const item = { id: 'sha256:1', byCtplay: false };
  expect(wayBack(dockerImageKind, [{ key: 'a:1', before: item, now: { ...item, id: 'sha256:2' } }, { key: `sha256:${id}`, before: item }, { key: 'b:1', now: item }])).toEqual([
    'container-networks delete image b:1 of Docker: ! docker image inspect b:1 >/dev/null 2>&1 || docker image rm b:1 >/dev/null',
    `left sha256:${id}: its layers are gone: pull, build or load it again`,
    "container-networks update image a:1 of Docker: docker image inspect sha256:1 >/dev/null 2>&1 || { echo 'its layers are gone: pull, build or load it again' >&2; exit 1; }; docker tag sha256:1 a:1",
  ]);
});

it('removes volumes that were added, and none else', () => {
  const volumes = itemsOf(dockerVolumeKind, { volumes: JSON.stringify({ Name: 'data', Driver: 'local', Options: null, Labels: null, CreatedAt: 'now', Mountpoint: '/x' }) });
  expect(volumes).toEqual({ data: { driver: 'local', options: {}, labels: {} } });
  expect(wayBack(dockerVolumeKind, [{ key: 'data', now: volumes['data']! }, { key: 'old', before: volumes['data']! }])).toEqual([
    'left old: what it held is gone',
    'container-networks delete volume data of Docker: ! docker volume inspect data >/dev/null 2>&1 || docker volume rm data >/dev/null',
  ]);
});

/** A store of libnetwork's with one bucket; its leaf either lies inside of the root's value or in a page of its own. */
function bolt(entries: Readonly<Record<string, string>>, inline: boolean): Buffer {
  const page = 4096;
  const file = Buffer.alloc(page * 5);
  const leaf = (at: number, pairs: readonly (readonly [string, Buffer, number])[]): number => {
    file.writeUInt16LE(2, at + 8);
    file.writeUInt16LE(pairs.length, at + 10);
    let end = at + 16 + pairs.length * 16;
    pairs.forEach(([key, value, flags], index) => {
      const element = at + 16 + index * 16;
      file.writeUInt32LE(flags, element);
      file.writeUInt32LE(end - element, element + 4);
      file.writeUInt32LE(key.length, element + 8);
      file.writeUInt32LE(value.length, element + 12);
      end += file.write(key, end);
      end += value.copy(file, end);
    });
    return end;
  };
  [1, 2].forEach((transaction, index) => {
    const at = index * page + 16;
    file.writeUInt32LE(0xed0cdaed, at);
    file.writeUInt32LE(page, at + 8);
    file.writeBigUInt64LE(transaction === 2 ? 3n : 2n, at + 16);
    file.writeBigUInt64LE(BigInt(transaction), at + 48);
  });
  const pairs = Object.entries(entries).map(([key, value]) => [key, Buffer.from(value), 0] as const);
  const end = leaf(4 * page, pairs);
  const header = Buffer.alloc(16);
  if (!inline) header.writeBigUInt64LE(4n);
  leaf(3 * page, [['libnetwork', inline ? Buffer.concat([header, file.subarray(4 * page, end)]) : header, 1]]);
  return file;
}

it.each([[true], [false]])('reads the store of a daemon that is off (bucket inline: %s)', (inline) => {
  expect(boltKeys(bolt({ 'a/': '1', b: '' }, inline))).toEqual([{ path: '/libnetwork/a/', value: '1' }, { path: '/libnetwork/b', value: '' }]);
});

it.each([
  ['only the networks that it makes itself', { [`docker/network/v1.0/network/${id}/`]: '{"name":"bridge"}' }, true],
  ['another network', { [`docker/network/v1.0/network/${id}/`]: '{"name":"lab"}' }, false],
  ['networks that are gone', { [`docker/network/v1.0/endpoint_count/${id}/`]: '{}' }, true],
])('knows that a daemon that is off has %s', (_what, entries, isNothing) => {
  const store = `networks ${bolt(entries, false).toString('base64')}`;
  if (isNothing) expect(itemsOf(dockerNetworkKind, { networks: off, store })).toEqual({});
  else expect(() => itemsOf(dockerNetworkKind, { networks: off, store })).toThrow('unavailable');
});

it.each([['no database', Buffer.from('hello world'.repeat(9))], ['a part of one', bolt({ a: 'x' }, false).subarray(0, 4096 * 3 + 40)]])('gives nothing for %s', (_what, bytes) => {
  expect(boltKeys(bytes)).toBeUndefined();
});
