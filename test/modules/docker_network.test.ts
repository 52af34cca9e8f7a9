import { describe, expect, it } from 'vitest';
import dockerNetwork from '../../modules/docker_network.ts';
import type { DockerContainer, DockerNetwork } from '../../modules/facts/docker.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import { settingsFor } from '../../modules/shared/docker-network-arguments.ts';
import type { Reading } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

type Args = Parameters<typeof dockerNetwork.plan>[0];
type Now = Parameters<typeof dockerNetwork.plan>[1];
const base: Args = { name: 'lab', state: 'present', driver_options: {}, labels: {}, appends: false, recreate: false, force: false };
const config = (args: Partial<Args>) => settingsFor({ ...base, ...args }).labels['ctplay.config']!;
const marks = (args: Partial<Args>) => `--label ctplay=docker_network --label ctplay.config=${config(args)}`;

const foreign = (over: Partial<DockerNetwork> = {}): DockerNetwork => ({
  id: 'n', name: 'lab', driver: 'bridge', scope: 'local', internal: false, attachable: false, ipv6: false, options: {}, labels: {}, ipamDriver: 'default', pools: [{ subnet: '172.28.0.0/16', gateway: '172.28.0.1', auxiliary: {} }], ...over,
});
const ours = (args: Partial<Args>, over: Partial<DockerNetwork> = {}): DockerNetwork => foreign({ labels: { ...args.labels, ctplay: 'docker_network', 'ctplay.config': config(args) }, ...over });
const container = (name: string, networks: DockerContainer['networks']): DockerContainer => ({
  id: `${name}${'0'.repeat(60)}`, name, status: 'running', running: true, pid: 1, exitCode: 0, image: 'x', imageId: 'x', labels: {}, hostname: '', user: '', workingDir: '', command: null, entrypoint: null, networkMode: 'default', networks, binds: [], ports: [],
  restartPolicy: 'no', restartRetries: 0, privileged: false, capabilities: [], droppedCapabilities: [], memory: 0, nanoCpus: 0,
});
const now = (network: Reading<DockerNetwork>, over: Partial<Now> = {}): Now => ({ network, networks: present(network.state === 'present' ? [network.value] : []), containers: present([]), swarm: absent, ...over });
const plan = (args: Partial<Args>, network: Reading<DockerNetwork>, over?: Partial<Now>) => planOf(dockerNetwork, { ...base, ...args }, now(network, over));
const revert = (args: Partial<Args>, is: Now, was: Now) => commandsOf([...dockerNetwork.revert!({ ...base, ...args }, is, was)]);

const subnet = { subnet: '172.28.0.0/16' };
const full: Partial<Args> = { ...subnet, gateway: '172.28.0.1', ip_range: '172.28.5.0/24', aux_addresses: { router: '172.28.0.9' }, driver: 'macvlan', driver_options: { parent: 'eth1' }, internal: true, attachable: true, enable_ipv6: true, labels: { a: 'b c' } };
const c1 = container('c1', { lab: { requestedAddress: '172.28.0.7', address: '172.28.0.7', aliases: ['c10000000000', 'web'] } });
const c2 = container('c2', { lab: { requestedAddress: '10.9.0.7', address: '10.9.0.7', aliases: [] } });

describe('a network', () => {
  it.each<[string, Partial<Args>, Reading<DockerNetwork>, Partial<Now>, string[]]>([
    ['is created', {}, absent, {}, [`docker network create --driver bridge ${marks({})} lab >/dev/null`]],
    ['is created with all that was asked for', full, absent, {}, [
      `docker network create --driver macvlan --subnet 172.28.0.0/16 --gateway 172.28.0.1 --ip-range 172.28.5.0/24 --aux-address router=172.28.0.9 --internal --attachable --ipv6 --opt parent=eth1 --label 'a=b c' ${marks(full)} lab >/dev/null`,
    ]],
    ['has several subnets', { ipam_config: [subnet, { subnet: 'fd00::/64' }] }, absent, {}, [`docker network create --driver bridge --subnet 172.28.0.0/16 --subnet fd00::/64 ${marks({ ipam_config: [subnet, { subnet: 'fd00::/64' }] })} lab >/dev/null`]],
    ['is left alone', subnet, present(ours(subnet)), {}, []],
    ['is left alone, whatever Docker makes of its settings', { ...subnet, driver_options: { mtu: '1' } }, present(ours({ ...subnet, driver_options: { mtu: '1' } }, { options: { 'com.docker.mtu': '1' } })), {}, []],
    ['of somebody else is left alone where it fits', { ...subnet, driver: 'bridge' }, present(foreign({ internal: true })), {}, []],
    ['is made again with its containers', { ...subnet, internal: true, recreate: true }, present(ours(subnet)), { containers: present([c1, c2]) }, [
      'docker network disconnect -f lab c1', 'docker network disconnect -f lab c2', 'docker network rm lab >/dev/null',
      `docker network create --driver bridge --subnet 172.28.0.0/16 --internal ${marks({ ...subnet, internal: true })} lab >/dev/null`,
      'docker network connect --ip 172.28.0.7 --alias web lab c1', 'docker network connect lab c2',
    ]],
    ['gets its containers', { connected: ['c3'] }, present(ours({})), { containers: present([c1, container('c3', {})]) }, ['docker network connect lab c3', 'docker network disconnect -f lab c1']],
    ['keeps other containers when asked', { connected: ['c3'], appends: true }, present(ours({})), { containers: present([c1, container('c3', {})]) }, ['docker network connect lab c3']],
    ['is deleted', { state: 'absent' }, present(ours({})), {}, ['docker network rm lab >/dev/null']],
    ['is deleted by force with containers in it', { state: 'absent', force: true }, present(foreign()), { containers: present([c1]) }, ['docker network disconnect -f lab c1', 'docker network rm lab >/dev/null']],
    ['is not deleted twice', { state: 'absent' }, absent, {}, []],
  ])('%s', (_, args, network, over, commands) => {
    expect(commandsOf(plan(args, network, over))).toEqual(commands);
  });

  it.each<[string, Partial<Args>, Reading<DockerNetwork>, Partial<Now>, RegExp]>([
    ['to change what cannot be changed', { subnet: '172.29.0.0/16' }, present(ours(subnet)), { containers: present([c1]) }, /can't change a network that exists/],
    ['to drop a setting without being told', {}, present(ours({ internal: true }, { internal: true })), {}, /can't change/],
    ['a foreign network that differs', { driver: 'macvlan' }, present(foreign()), {}, /can't change/],
    ['a subnet that is taken', { subnet: '172.28.7.0/24' }, absent, { networks: present([foreign({ name: 'other' })]) }, /172\.28\.7\.0\/24 of the network lab overlaps with 172\.28\.0\.0\/16 of the network other/],
    ['an overlay without a swarm', { driver: 'overlay' }, absent, { swarm: present('inactive') }, /in a swarm/],
    ['to connect a container that is not there', { connected: ['c9'] }, absent, {}, /no container 'c9'/],
    ['to delete a foreign one', { state: 'absent' }, present(foreign()), {}, /not made by ctplay/],
    ['to delete one with containers', { state: 'absent' }, present(ours({})), { containers: present([c1]) }, /containers are in the network lab/],
    ['without Docker', {}, { state: 'unavailable', reason: 'not-installed', detail: '' }, {}, /Docker is not installed/],
  ])('refuses %s', (_, args, network, over, message) => {
    expect(() => plan(args, network, over)).toThrow(message);
  });

  it('names the containers that a replacement would cut off', () => {
    expect(() => plan({ subnet: '172.29.0.0/16' }, present(ours(subnet)), { containers: present([c1]) })).toThrow(expect.objectContaining({ details: expect.objectContaining({ hint: expect.stringMatching(/c1/) as string }) as object }) as Error);
  });
});

describe('the way back', () => {
  it.each<[string, Partial<Args>, Now, Now, string[]]>([
    ['deletes what ctplay made, with whoever is in it', subnet, now(present(ours(subnet)), { containers: present([c1]) }), now(absent), ['docker network disconnect -f lab c1', 'docker network rm lab >/dev/null']],
    ['leaves what somebody put in its place', subnet, now(present(foreign())), now(absent), []],
    ['does nothing twice', subnet, now(absent), now(absent), []],
    ['does nothing without Docker', subnet, now({ state: 'unavailable', reason: 'not-running', detail: '' }), now(absent), []],
    ['makes the old network again', { internal: true, recreate: true }, now(present(ours({ internal: true }, { id: 'new', internal: true }))), now(present(foreign())), ['docker network rm lab >/dev/null', 'docker network create --driver bridge --subnet 172.28.0.0/16 --gateway 172.28.0.1 lab >/dev/null']],
    ['takes out what ctplay connected', { connected: ['c1'] }, now(present(foreign()), { containers: present([c1]) }), now(present(foreign()), { containers: present([{ ...c1, networks: {} }]) }), ['docker network disconnect -f lab c1']],
  ])('%s', (_, args, is, was, commands) => {
    expect(revert(args, is, was)).toEqual(commands);
  });
});

it.each<[string, Partial<Args>, RegExp]>([
  ["Docker's own networks", { name: 'bridge' }, /Docker's own/],
  ['an address for a subnet', { subnet: '10.0.0.1/24' }, /not a subnet/],
  ['a gateway outside', { subnet: '10.0.0.0/24', gateway: '10.0.1.1' }, /not in the subnet/],
  ['a range outside', { subnet: '10.0.0.0/24', ip_range: '10.0.0.0/16' }, /not in the subnet/],
  ['a gateway without a subnet', { gateway: '10.0.0.1' }, /need a `subnet`/],
  ['a subnet without its length', { subnet: '10.0.0.0' }, /lacks the prefix length/],
  ['both ways to say a subnet', { subnet: '10.0.0.0/24', ipam_config: [{ subnet: '10.0.0.0/24' }] }, /one or the other/],
  ['macvlan without an interface', { driver: 'macvlan' }, /interface of the host/],
])('finds %s', (_, args, message) => {
  expect([...dockerNetwork.validate!({ ...base, ...args })].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});
