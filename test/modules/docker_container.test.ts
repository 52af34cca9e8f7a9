import { describe, expect, it } from 'vitest';
import dockerContainer from '../../modules/docker_container.ts';
import type { DockerContainer, DockerImage } from '../../modules/facts/docker.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import { settingsDigest, settingsOf } from '../../modules/shared/docker-container-arguments.ts';
import type { Reading } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

type Args = Parameters<typeof dockerContainer.plan>[0];
type Now = Parameters<typeof dockerContainer.plan>[1];

const base: Args = {
  name: 'c1', image: 'lab/bb', state: 'started', purge_networks: false, published_ports: [], volumes: [], tmpfs: [], devices: [], env: {}, labels: {}, privileged: false, capabilities: [], cap_drop: [], sysctls: {},
  dns_servers: [], etc_hosts: {}, read_only: false, init: false, tty: false, interactive: false, recreate: false, restart: false, keep_volumes: true, force: false,
};
const imageId = `sha256:${'1'.repeat(64)}`;
const image: DockerImage = { id: imageId, tags: ['lab/bb:latest'], digests: [], labels: {} };
const container = (over: Partial<DockerContainer> = {}, args: Partial<Args> = {}): DockerContainer => ({
  id: 'a'.repeat(64), name: 'c1', status: 'running', running: true, pid: 42, exitCode: 0, image: 'lab/bb', imageId, hostname: 'aaaaaaaaaaaa', user: '', workingDir: '', command: ['sh'], entrypoint: null, networkMode: 'default',
  networks: { bridge: { address: '172.17.0.2', aliases: [] } }, binds: [], ports: [], restartPolicy: 'no', restartRetries: 0, privileged: false, capabilities: [], droppedCapabilities: [], memory: 0, nanoCpus: 0,
  labels: { ctplay: 'docker_container', 'ctplay.config': settingsDigest('c1', settingsOf({ ...base, ...args })) },
  ...over,
});
const foreign = (over: Partial<DockerContainer> = {}): DockerContainer => container({ labels: {}, ...over });
const now = (reading: Reading<DockerContainer>, images: Reading<DockerImage> = present(image)): Now => ({ container: reading, image: images });
const plan = (args: Partial<Args>, reading: Reading<DockerContainer>, images?: Reading<DockerImage>) => planOf(dockerContainer, { ...base, ...args }, now(reading, images));
const revert = (args: Partial<Args>, is: Reading<DockerContainer>, was: Reading<DockerContainer>) => [...dockerContainer.revert!({ ...base, ...args }, now(is), now(was))];

const check = "timeout 0.2 docker wait c1 >/dev/null 2>&1; [ $? -eq 124 ] || [ \"$(docker inspect -f '{{.State.Running}}' c1)\" = true ] || { docker logs --tail 20 c1 >&2; echo \"the container ended at once, with status $(docker inspect -f '{{.State.ExitCode}}' c1): it runs only as long as its command does\" >&2; exit 1; }";
const start = ['docker start c1 >/dev/null', check];
const digest = (args: Partial<Args>) => `--label ctplay.config=${settingsDigest('c1', settingsOf({ ...base, ...args }))}`;

describe('a container that is not there', () => {
  it.each<[string, Partial<Args>, string[]]>([
    ['is created and started', {}, [`docker run -d --name c1 --label ctplay=docker_container ${digest({})} lab/bb >/dev/null`, check]],
    ['is only created when it is to be stopped', { state: 'stopped' }, [`docker create --name c1 --label ctplay=docker_container ${digest({})} lab/bb >/dev/null`]],
    [
      'gets all that was asked for',
      {
        command: 'sleep "1 d"', entrypoint: ['/bin/sh', '-c'], network_mode: 'none', hostname: 'h', published_ports: ['8080:80'], volumes: ['/a:/b:ro'], tmpfs: ['/run'], devices: ['/dev/net/tun'], user: 'u', working_dir: '/w', privileged: true,
        capabilities: ['cap_net_admin'], cap_drop: ['MKNOD'], sysctls: { 'net.ipv4.ip_forward': '1' }, dns_servers: ['9.9.9.9'], etc_hosts: { a: '10.0.0.1' }, read_only: true, init: true, tty: true, interactive: true,
        restart_policy: 'on-failure', restart_retries: 3, memory: '64m', cpus: 0.5, labels: { x: 'y z' }, state: 'present',
      },
      [
        `docker create --name c1 --network none --hostname h --publish 8080:80 --volume /a:/b:ro --tmpfs /run --device /dev/net/tun --user u --workdir /w --privileged --cap-add NET_ADMIN --cap-drop MKNOD --sysctl net.ipv4.ip_forward=1 --dns 9.9.9.9 --add-host a:10.0.0.1 --read-only --init --tty --interactive --restart on-failure:3 --memory 64m --cpus 0.5 --label 'x=y z' --label ctplay=docker_container ${digest({ command: 'sleep "1 d"', entrypoint: ['/bin/sh', '-c'], network_mode: 'none', hostname: 'h', published_ports: ['8080:80'], volumes: ['/a:/b:ro'], tmpfs: ['/run'], devices: ['/dev/net/tun'], user: 'u', working_dir: '/w', privileged: true, capabilities: ['NET_ADMIN'], cap_drop: ['MKNOD'], sysctls: { 'net.ipv4.ip_forward': '1' }, dns_servers: ['9.9.9.9'], etc_hosts: { a: '10.0.0.1' }, read_only: true, init: true, tty: true, interactive: true, labels: { x: 'y z' } })} --entrypoint /bin/sh lab/bb -c sleep '1 d' >/dev/null`,
      ],
    ],
    [
      'is started when it is in all its networks',
      { networks: [{ name: 'n1', aliases: [] }, { name: 'n2', aliases: [] }] },
      [`docker create --name c1 --network n1 --label ctplay=docker_container ${digest({})} lab/bb >/dev/null`, 'docker network connect n2 c1', ...start],
    ],
    [
      'is created in its first network and then connected to the others',
      { networks: [{ name: 'n1', ipv4_address: '10.9.0.7', aliases: ['web'] }, { name: 'n2', aliases: ['db'] }], state: 'present' },
      [`docker create --name c1 --network n1 --ip 10.9.0.7 --network-alias web --label ctplay=docker_container ${digest({})} lab/bb >/dev/null`, 'docker network connect --alias db n2 c1'],
    ],
  ])('%s', (_, args, commands) => {
    expect(commandsOf(plan(args, absent))).toEqual(commands);
  });

  it('gets its environment on standard input, and nothing of it is shown', () => {
    const [change] = plan({ env: { TOKEN: 's3cret', KEY: 'two\nlines' }, state: 'present' }, absent);
    const [command] = change!.commands;
    expect(command!.display).toContain('--env-file /dev/stdin --env *** ');
    expect(command!.text).toContain("--env 'KEY=two\nlines'");
    expect(command!.input?.kind === 'text' && typeof command!.input.text !== 'string' && command!.input.text.reveal()).toBe('TOKEN=s3cret\n');
    expect(JSON.stringify(change)).not.toContain('s3cret');
    expect(change!.to).toMatchObject({ env: ['TOKEN', 'KEY'] });
  });

  it('needs an image', () => {
    const { image: _, ...withoutImage } = base;
    expect(() => planOf(dockerContainer, withoutImage, now(absent))).toThrow(/names no image/);
  });
});

describe('a container that is there', () => {
  it.each<[string, Partial<Args>, Reading<DockerContainer>, string[]]>([
    ['is left alone', {}, present(container()), []],
    ['is left alone whatever the order of its settings', { env: { B: '2', A: '1' } }, present(container({}, { env: { A: '1', B: '2' } })), []],
    ['is started', {}, present(container({ status: 'exited', running: false })), start],
    ['is unpaused', {}, present(container({ status: 'paused' })), ['docker unpause c1 >/dev/null']],
    ['is stopped', { state: 'stopped', stop_timeout: 1 }, present(container()), ['docker stop -t 1 c1 >/dev/null']],
    ['is left running when nothing is said of it', { state: 'present' }, present(container()), []],
    ['is left alone, whatever Docker makes of its settings', { network_mode: 'container:c0', published_ports: ['[::1]:80:80'], working_dir: '/w/' }, present(container({ networkMode: `container:${'b'.repeat(64)}`, workingDir: '/w' }, { network_mode: 'container:c0', published_ports: ['[::1]:80:80'], working_dir: '/w/' })), []],
    ['is restarted for a handler', { restart: true }, present(container()), ['docker restart c1 >/dev/null']],
    ['is made again when its image is another one', {}, present(container({ imageId: 'sha256:old' })), ['docker stop c1 >/dev/null', 'docker rm -f c1 >/dev/null', `docker run -d --name c1 --label ctplay=docker_container ${digest({})} lab/bb >/dev/null`, check]],
    ['is made again when an environment variable has another value', { env: { A: '2' } }, present(container({}, { env: { A: '1' } })), ['docker stop c1 >/dev/null', 'docker rm -f c1 >/dev/null', `docker run -d --name c1 --env-file /dev/stdin --label ctplay=docker_container ${digest({ env: { A: '2' } })} lab/bb >/dev/null`, check]],
    ['is made again when it is dead', { keep_volumes: false }, present(container({ status: 'dead', running: false })), ['docker rm -f -v c1 >/dev/null', `docker run -d --name c1 --label ctplay=docker_container ${digest({})} lab/bb >/dev/null`, check]],
    ['gets another restart policy without being made again', { restart_policy: 'always' }, present(container()), ['docker update --restart always c1 >/dev/null']],
    ['gets other limits without being made again', { memory: '1g', cpus: 2 }, present(container({ memory: 67108864 })), ['docker update --memory 1073741824 --memory-swap 2147483648 c1 >/dev/null', 'docker update --cpus 2 c1 >/dev/null']],
    ['is connected to a network that it lacks', { networks: [{ name: 'n1', aliases: [] }] }, present(container()), ['docker network connect n1 c1']],
    ['is connected again for another address', { networks: [{ name: 'n1', ipv4_address: '10.9.0.8', aliases: [] }] }, present(container({ networks: { n1: { requestedAddress: '10.9.0.7', address: '10.9.0.7', aliases: [] } } })), ['docker network disconnect -f n1 c1', 'docker network connect --ip 10.9.0.8 n1 c1']],
    ['is taken out of other networks when asked', { networks: [{ name: 'n1', aliases: [] }], purge_networks: true }, present(container({ networks: { n1: { address: '', aliases: [] }, bridge: { address: '', aliases: [] } } })), ['docker network disconnect -f bridge c1']],
    ['is removed', { state: 'absent' }, present(container()), ['docker stop c1 >/dev/null', 'docker rm -f c1 >/dev/null']],
    ['is removed by force when it is foreign', { state: 'absent', force: true }, present(foreign({ running: false })), ['docker rm -f c1 >/dev/null']],
    ['is not removed twice', { state: 'absent' }, absent, []],
  ])('%s', (_, args, reading, commands) => {
    expect(commandsOf(plan(args, reading))).toEqual(commands);
  });

  it('shows what differs', () => {
    expect(plan({ command: ['sleep', '1'] }, present(container({ command: ['sh'] })))).toMatchObject([{ action: 'replace', from: { command: ['sh'] }, to: { command: ['sleep', '1'] } }]);
    expect(plan({ env: { A: '1' } }, present(container()))).toMatchObject([{ action: 'replace', from: { settings: 'as of its creation' } }]);
  });
});

describe('a container that somebody else made', () => {
  it.each<[string, Partial<Args>, Partial<DockerContainer>, string[]]>([
    ['is taken as it is when it fits', { published_ports: ['8080:80'], volumes: ['/a:/b'], capabilities: ['NET_ADMIN'] }, { ports: ['8080:80/tcp'], binds: ['/a:/b'], capabilities: ['CAP_NET_ADMIN'] }, []],
    ['is started', {}, { running: false, status: 'exited' }, start],
    ['is replaced when asked', { hostname: 'h', recreate: true, state: 'present' }, { running: false, status: 'exited' }, ['docker rm -f c1 >/dev/null', `docker create --name c1 --hostname h --label ctplay=docker_container ${digest({ hostname: 'h' })} lab/bb >/dev/null`]],
  ])('%s', (_, args, over, commands) => {
    expect(commandsOf(plan(args, present(foreign(over))))).toEqual(commands);
  });

  it.each<[string, Partial<Args>, Partial<DockerContainer>, RegExp]>([
    ['that differs', { image: 'lab/web' }, {}, /differs from the task/],
    ['whose environment nobody can compare', { env: { A: '1' } }, {}, /differs from the task/],
    ['that is to be removed', { state: 'absent' }, {}, /was not made by ctplay/],
    ["with its image's label of ours", { state: 'absent' }, { labels: { ctplay: 'docker_image' } }, /was not made by ctplay/],
  ])('is refused: one %s', (_, args, over, message) => {
    expect(() => plan(args, present(foreign(over)))).toThrow(message);
  });
});

it.each<[string, Reading<DockerContainer>, RegExp]>([
  ['Docker is not installed', { state: 'unavailable', reason: 'not-installed', detail: '' }, /Docker is not installed/],
  ['the daemon is down', { state: 'unavailable', reason: 'not-running', detail: '' }, /daemon does not answer/],
  ['the user may not ask', { state: 'unavailable', reason: 'denied', detail: '' }, /may not talk to the Docker daemon/],
])('%s: the plan says so', (_, reading, message) => {
  expect(() => plan({}, reading)).toThrow(message);
});

describe('the way back', () => {
  it.each<[string, Partial<Args>, Reading<DockerContainer>, Reading<DockerContainer>, string[]]>([
    ['removes what ctplay made', {}, present(container()), absent, ['docker rm -f -v c1 >/dev/null']],
    ['leaves what somebody put in its place', {}, present(foreign()), absent, []],
    ['plans nothing a second time', {}, absent, absent, []],
    ['plans nothing when Docker is gone', {}, { state: 'unavailable', reason: 'not-installed', detail: '' }, absent, []],
    ['stops what was stopped', {}, present(foreign()), present(foreign({ running: false, status: 'exited' })), ['docker stop c1 >/dev/null']],
    ['starts what ran', { state: 'stopped' }, present(foreign({ running: false, status: 'exited' })), present(foreign()), start],
    ['puts back the restart policy and the limits', { restart_policy: 'always', memory: '1g', cpus: 2 }, present(foreign({ restartPolicy: 'always', memory: 2 ** 30, nanoCpus: 2e9 })), present(foreign({ restartPolicy: 'on-failure', restartRetries: 2 })), ['docker update --restart on-failure:2 c1 >/dev/null', 'docker update --memory 0 --memory-swap -1 c1 >/dev/null', 'docker update --cpus 0 c1 >/dev/null']],
    ['takes it out of networks that it was not in', { networks: [{ name: 'n1', aliases: [] }] }, present(foreign({ networks: { n1: { address: '', aliases: [] } } })), present(foreign({ networks: {} })), ['docker network disconnect -f n1 c1']],
  ])('%s', (_, args, is, was, commands) => {
    expect(commandsOf(revert(args, is, was))).toEqual(commands);
  });
});

it.each<[string, Partial<Args>, RegExp]>([
  ['a quotation that does not end', { command: "sh -c 'x" }, /can't be split into words/],
  ['a port that is none', { published_ports: ['80=80'] }, /no published port/],
  ['a volume that is none', { volumes: ['relative:path'] }, /no volume/],
  ['an address with a prefix length', { networks: [{ name: 'n', ipv4_address: '10.0.0.1/24', aliases: [] }] }, /not an IP address/],
  ['networks without a namespace of its own', { network_mode: 'host', networks: [{ name: 'n', aliases: [] }] }, /can't be in networks/],
  ['retries without the policy', { restart_retries: 1 }, /on-failure/],
])('finds %s', (_, args, message) => {
  expect([...dockerContainer.validate!({ ...base, ...args })].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});

it.each(['8080:80', '80', '127.0.0.1:53:53/udp', '[::1]:80:80', '8000-8010:80-90'])('takes the port %s', (port) => {
  expect([...dockerContainer.validate!({ ...base, published_ports: [port] })]).toEqual([]);
});
