import { beforeAll, describe, expect, it } from 'vitest';
import dockerContainer from '../../modules/docker_container.ts';
import dockerImage from '../../modules/docker_image.ts';
import dockerNetwork from '../../modules/docker_network.ts';
import { containersRead, imagesRead, networksRead, parseContainers, parseImages, parseNetworks } from '../../modules/facts/docker-inspect.ts';
import type { Reading, ReadResult } from '../../src/module.ts';
import { nothing, sh as shell, type Command } from '../../src/shell.ts';
import { withLab } from '../harness/lab.ts';
import { argumentsOf as args, openSession, type LabSession } from '../harness/lab-module.ts';
import { applyLocally, readFacts, revertLocally, runCommand } from '../harness/module.ts';

const lab = withLab({ hosts: 2, base: 'full' });
let sessions: readonly LabSession[] = [];

const on = (host: 0 | 1) => sessions[host]!.options;
const sh = (command: string, host: 0 | 1 = 0) => sessions[host]!.sh(command);
const image = (given: Record<string, unknown> = {}) => args(dockerImage, { name: 'lab/busybox', source: 'busybox', ...given });
const container = (given: Record<string, unknown> = {}) => args(dockerContainer, { name: 'c1', image: 'lab/busybox', command: 'sleep infinity', stop_timeout: 0, ...given });
const network = (given: Record<string, unknown> = {}) => args(dockerNetwork, { name: 'n1', subnet: '172.28.0.0/24', ...given });
const state = () => sh('docker ps -aq --no-trunc; docker network ls --format "{{.Name}} {{.Driver}}"; docker images -aq; docker volume ls -q; ip -o link | cut -d: -f2 | grep -v "^ veth"; iptables-save | grep -v "^[#:]"');

beforeAll(() => {
  sessions = [openSession(lab(), 0), openSession(lab(), 1)];
  for (const host of [0, 1] as const) sh('systemctl start docker', host);
});

describe('an image', () => {
  it('is made of busybox, made again when its instructions change, and removed', async () => {
    const initial = state();
    const first = await applyLocally(dockerImage, image(), on(0));
    expect(first.changes.map((change) => change.action)).toEqual(['create']);
    expect(first.leftover).toEqual([]);
    expect(sh('docker run --rm --network none lab/busybox sh -c "echo it runs; ls -d /tmp /etc/passwd; ping -c 1 -q 127.0.0.1 | tail -1"')).toMatch(/^it runs\n\/etc\/passwd\n\/tmp\nround-trip/);
    expect((await applyLocally(dockerImage, image(), on(0))).changes).toEqual([]);
    const again = await applyLocally(dockerImage, image({ changes: ['CMD ["true"]'] }), on(0));
    expect(again.changes.map((change) => change.action)).toEqual(['replace']);
    expect(again.leftover).toEqual([]);
    expect(sh('docker images -aq | wc -l; ls /var/tmp | grep -c ctplay || true')).toBe('1\n0');
    revertLocally(dockerImage, image(), first.before, on(0));
    expect(state()).toBe(initial);
    expect(revertLocally(dockerImage, image(), first.before, on(0))).toEqual([]);
  });

  it('is made of a root file system, of a tar archive, of a saved archive and of a Dockerfile', async () => {
    sh('mkdir -p /srv/root/bin && cp /bin/busybox /srv/root/bin/ && ln -sf busybox /srv/root/bin/sh && tar -C /srv/root -cf /srv/root.tar .');
    sh("mkdir -p /srv/build && printf 'FROM t/folder\\nCMD [\"sh\", \"-c\", \"echo built\"]\\n' >/srv/build/Dockerfile");
    const made = [
      image({ name: 't/folder', source: 'import', import_path: '/srv/root' }),
      image({ name: 't/tar', source: 'import', import_path: '/srv/root.tar', changes: ['CMD ["sh", "-c", "echo from tar"]'] }),
      image({ name: 't/built', source: 'build', build: { path: '/srv/build' } }),
    ];
    const before = [];
    for (const one of made) {
      const run = await applyLocally(dockerImage, one, on(0));
      expect(run.leftover).toEqual([]);
      before.push(run.before);
    }
    expect(sh('docker run --rm --network none t/tar; docker run --rm --network none t/built')).toBe('from tar\nbuilt');

    sh('touch -d 2001-01-01 /srv/root.tar');
    expect((await applyLocally(dockerImage, made[1]!, on(0))).changes.map((change) => change.action)).toEqual(['replace']);

    sh('docker tag t/tar t/saved:2 && docker save t/saved:2 >/srv/saved.tar && docker rmi t/saved:2');
    const loaded = image({ name: 't/saved:2', source: 'load', load_path: '/srv/saved.tar' });
    const load = await applyLocally(dockerImage, loaded, on(0));
    expect(load.leftover).toEqual([]);
    revertLocally(dockerImage, loaded, load.before, on(0));
    for (const [index, one] of made.entries()) revertLocally(dockerImage, one, before[index]!, on(0));
    expect(sh('docker images -aq')).toBe('');
  });

  it('that containers use is not removed', async () => {
    await applyLocally(dockerImage, image(), on(0));
    sh('docker create --name user lab/busybox');
    await expect(applyLocally(dockerImage, image({ state: 'absent' }), on(0))).rejects.toThrow(/used by containers/);
    sh('docker rm user');
    expect((await applyLocally(dockerImage, image({ state: 'absent' }), on(0))).leftover).toEqual([]);
  });
});

describe('a container', () => {
  it('is made, mended after drift, and removed without a trace', async () => {
    await applyLocally(dockerImage, image(), on(0));
    const initial = state();
    const wanted = container({ network_mode: 'none', hostname: 'c1', env: { TOKEN: 's3cret', KEY: 'two\nlines' }, volumes: ['/scratch'], restart_policy: 'on-failure', memory: '64m' });
    const first = await applyLocally(dockerContainer, wanted, on(0));
    expect(first.leftover).toEqual([]);
    expect(sh('docker exec c1 sh -c \'hostname; echo "$TOKEN $KEY"; ls /sys/class/net\'')).toBe('c1\ns3cret two\nlines\nlo');
    expect((await applyLocally(dockerContainer, wanted, on(0))).changes).toEqual([]);
    expect(JSON.stringify(readFacts(dockerContainer.facts(wanted, undefined), on(0)))).not.toContain('s3cret');

    sh('docker stop -t 0 c1');
    expect((await applyLocally(dockerContainer, wanted, on(0))).changes.map((change) => change.subject)).toEqual(['container c1: state']);
    sh('docker rm -f -v c1');
    expect((await applyLocally(dockerContainer, wanted, on(0))).changes.map((change) => change.action)).toEqual(['create']);
    const other = container({ network_mode: 'none', env: { TOKEN: 'other' } });
    expect((await applyLocally(dockerContainer, other, on(0))).changes.map((change) => change.action)).toEqual(['replace']);
    expect(sh(`docker exec c1 sh -c 'echo "$TOKEN"'`)).toBe('other');

    revertLocally(dockerContainer, wanted, first.before, on(0));
    expect(state().replace(/\n[0-9a-f]{64}$/m, '')).toBe(initial);
    expect(revertLocally(dockerContainer, wanted, first.before, on(0))).toEqual([]);
    sh('docker volume prune -f');
  });

  it('is made again when its image was made again', async () => {
    await applyLocally(dockerContainer, container(), on(0));
    const id = sh('docker inspect -f {{.Id}} c1');
    await applyLocally(dockerImage, image({ changes: ['CMD ["sh"]', 'ENV A=1'] }), on(0));
    const run = await applyLocally(dockerContainer, container(), on(0));
    expect(run.changes).toMatchObject([{ action: 'replace', from: { 'image id': expect.any(String) as string } }]);
    expect(run.leftover).toEqual([]);
    expect(sh('docker inspect -f {{.Id}} c1')).not.toBe(id);
    await applyLocally(dockerContainer, container({ state: 'absent' }), on(0));
  });

  it('publishes ports, keeps its limits current and is in its networks', async () => {
    const net = await applyLocally(dockerNetwork, network(), on(0));
    const wanted = container({ published_ports: ['127.0.0.1:8080:80'], command: ['sh', '-c', 'echo hello >/i; httpd -f -h /'], networks: [{ name: 'n1', ipv4_address: '172.28.0.77', aliases: ['web'] }] });
    const first = await applyLocally(dockerContainer, wanted, on(0));
    expect(first.leftover).toEqual([]);
    expect(sh('docker run --rm --network n1 lab/busybox wget -qO- http://web/i; wget -qO- http://127.0.0.1:8080/i 2>/dev/null || busybox wget -qO- http://127.0.0.1:8080/i')).toBe('hello\nhello');
    sh('docker network disconnect n1 c1');
    const mended = await applyLocally(dockerContainer, wanted, on(0));
    expect(mended.changes.map((change) => change.subject)).toEqual(['container c1: network n1']);
    expect(mended.leftover).toEqual([]);
    const limited = await applyLocally(dockerContainer, args(dockerContainer, { ...(wanted as object), restart_policy: 'always', cpus: 0.5 }), on(0));
    expect(limited.changes.map((change) => change.subject)).toEqual(['container c1: restart policy', 'container c1: processors']);
    expect(limited.leftover).toEqual([]);
    revertLocally(dockerContainer, wanted, first.before, on(0));
    revertLocally(dockerNetwork, network(), net.before, on(0));
  });

  it('that ends at once says why', async () => {
    await expect(applyLocally(dockerContainer, container({ name: 'short', command: 'sh -c "echo no config >&2; exit 3"' }), on(0))).rejects.toThrow(/no config[\s\S]*ended at once, with status 3/);
    await applyLocally(dockerContainer, container({ name: 'short', state: 'absent' }), on(0));
  });

  it('of somebody else is started, not replaced and not removed', async () => {
    sh('docker create --name c1 --hostname theirs lab/busybox sleep infinity');
    const run = await applyLocally(dockerContainer, container(), on(0));
    expect(run.changes.map((change) => change.subject)).toEqual(['container c1: state']);
    await expect(applyLocally(dockerContainer, container({ hostname: 'ours' }), on(0))).rejects.toThrow(/not made by ctplay and differs/);
    await expect(applyLocally(dockerContainer, container({ state: 'absent' }), on(0))).rejects.toThrow(/not made by ctplay/);
    revertLocally(dockerContainer, container(), run.before, on(0));
    expect(sh('docker inspect -f {{.State.Running}} c1; docker rm c1')).toBe('false\nc1');
  });
});

describe('a network', () => {
  it('is made, replaced with its containers when asked, and removed', async () => {
    const initial = state();
    const first = await applyLocally(dockerNetwork, network({ gateway: '172.28.0.1', labels: { a: 'b' } }), on(0));
    expect(first.leftover).toEqual([]);
    sh('docker run -d --name w1 --network n1 --ip 172.28.0.77 --network-alias web lab/busybox sleep infinity');
    const other = { subnet: '172.28.0.0/16', internal: true };
    await expect(applyLocally(dockerNetwork, network(other), on(0))).rejects.toThrow(/can't change a network that exists/);
    const replaced = await applyLocally(dockerNetwork, network({ ...other, recreate: true }), on(0));
    expect(replaced.changes).toMatchObject([{ action: 'replace', why: 'disconnects w1 and connects them again' }]);
    expect(replaced.leftover).toEqual([]);
    expect(sh("docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}/{{.IPPrefixLen}} {{index .Aliases 0}}{{end}}' w1")).toBe('172.28.0.77/16 web');
    sh('docker network disconnect n1 w1');
    expect((await applyLocally(dockerNetwork, network({ ...other, connected: ['w1'] }), on(0))).changes.map((change) => change.subject)).toEqual(['network n1: container w1']);
    await expect(applyLocally(dockerNetwork, network({ state: 'absent' }), on(0))).rejects.toThrow(/containers are in the network/);
    revertLocally(dockerNetwork, network(), first.before, on(0));
    sh('docker rm -f w1');
    expect(state()).toBe(initial);
    expect(revertLocally(dockerNetwork, network(), first.before, on(0))).toEqual([]);
  });

  it('whose subnet is taken is refused', async () => {
    sh('docker network create --subnet 172.28.5.0/24 theirs');
    await expect(applyLocally(dockerNetwork, network({ subnet: '172.28.0.0/16' }), on(0))).rejects.toThrow(/overlaps with 172\.28\.5\.0\/24 of the network theirs/);
    await expect(applyLocally(dockerNetwork, args(dockerNetwork, { name: 'theirs', state: 'absent' }), on(0))).rejects.toThrow(/not made by ctplay/);
    sh('docker network rm theirs');
  });

  it('of macvlan puts containers of two hosts into one segment', async () => {
    const floor = args(dockerNetwork, { name: 'floor', driver: 'macvlan', subnet: '10.77.0.0/24', driver_options: { parent: 'eth1' } });
    const before = [];
    for (const host of [0, 1] as const) {
      await applyLocally(dockerImage, image(), on(host));
      const run = await applyLocally(dockerNetwork, floor, on(host));
      expect(run.leftover).toEqual([]);
      before.push(run.before);
      sh(`docker run -d --name mv --network floor --ip 10.77.0.${host + 7} lab/busybox sleep infinity`, host);
    }
    expect(sh('docker exec mv ping -c 2 -q 10.77.0.8 | grep received')).toContain(' 0% packet loss');
    for (const host of [0, 1] as const) {
      sh('docker rm -f mv', host);
      revertLocally(dockerNetwork, floor, before[host]!, on(host));
    }
  });

  it('of overlay needs a swarm, and then spans its hosts', async () => {
    const wide = args(dockerNetwork, { name: 'wide', driver: 'overlay', subnet: '10.78.0.0/24', attachable: true });
    await expect(applyLocally(dockerNetwork, wide, on(0))).rejects.toThrow(/needs the host to be in a swarm/);
    sh('docker swarm init --advertise-addr 10.0.0.3');
    sh(`docker swarm join --token ${sh('docker swarm join-token -q worker')} 10.0.0.3:2377`, 1);
    for (const host of [0, 1] as const) await applyLocally(dockerImage, image(), on(host));
    const { before, leftover } = await applyLocally(dockerNetwork, wide, on(0));
    expect(leftover).toEqual([]);
    for (const host of [0, 1] as const) sh(`docker run -d --name o${host} --network wide lab/busybox sleep infinity`, host);
    expect(sh('for i in 1 2 3 4 5 6 7 8; do docker exec o0 ping -c 1 -W 1 -q o1 && break; sleep 1; done')).toContain(' 0% packet loss');
    for (const host of [1, 0] as const) sh(`docker rm -f o${host}`, host);
    revertLocally(dockerNetwork, wide, before, on(0));
    for (const host of [1, 0] as const) sh('docker swarm leave -f', host);
  });
});

describe('what the daemon has', () => {
  it('is read the same over its socket and by the command line, and never with environments', async () => {
    await applyLocally(dockerImage, image(), on(0));
    sh(`docker run -d --name odd --network none --hostname odd --user 7 --workdir /tmp --restart on-failure:2 --memory 64m --cpus 0.5 --cap-add NET_ADMIN -v /srv:/srv:ro -p 127.0.0.1:8053:53/udp \\
      --label 'a=}],{"\\"' --label 'b=zwölf\\' -e 'PASSWORD=geheim"}' lab/busybox sh -c 'echo "{[\\"]"; sleep infinity'`);
    sh('docker create --name other --network none lab/busybox true; docker build -q -<<END\nFROM lab/busybox\nLABEL untagged=yes\nEND');
    const kinds: readonly (readonly [Command, (result: ReadResult) => Reading<readonly { readonly id: string }[]>])[] = [[containersRead, parseContainers], [networksRead, parseNetworks], [imagesRead, parseImages]];
    const read = (environment: Command) => kinds.map(([command]) => runCommand(shell`${environment}${command}`, on(0)));
    sh('mv /usr/bin/docker /usr/bin/docker.away; printf "#!/bin/sh\\nexit 9\\n" >/usr/bin/docker; chmod 755 /usr/bin/docker');
    const bySocket = read(nothing);
    sh('mv /usr/bin/docker.away /usr/bin/docker');
    const byCommandLine = read(shell`export DOCKER_CONTEXT=default; `);
    const values = (results: readonly ReadResult[]) =>
      results.map((result, index) => {
        const reading = kinds[index]![1](result);
        return reading.state === 'present' ? [...reading.value].sort((a, b) => (a.id < b.id ? -1 : 1)) : reading;
      });
    expect(values(bySocket)).toEqual(values(byCommandLine));
    expect(values(bySocket)).toMatchObject([{ length: 2 }, expect.arrayContaining([expect.objectContaining({ name: 'none' })]), { length: 2 }]);
    expect(JSON.stringify([bySocket, byCommandLine])).not.toContain('geheim');
    expect(values(bySocket)[0]).toContainEqual(expect.objectContaining({ name: 'odd', labels: { ctplay: 'docker_image', 'ctplay.config': expect.any(String), a: '}],{"\\"', b: 'zwölf\\' } }));
    sh('docker rm -f odd other; docker rmi $(docker images -aq)');
  });
});

describe('a daemon that can not be asked', () => {
  it('is told from a missing container, and asking does not start it', async () => {
    sh('systemctl stop docker 2>&1');
    expect(readFacts(dockerContainer.facts(container(), undefined), on(0)).container).toMatchObject({ state: 'unavailable', reason: 'not-running' });
    expect(sh('systemctl is-active docker || :')).toBe('inactive');
    sh('systemctl stop docker.socket');
    expect(readFacts(dockerContainer.facts(container(), undefined), on(0)).container).toMatchObject({ state: 'unavailable', reason: 'not-running' });
    await expect(applyLocally(dockerContainer, container(), on(0))).rejects.toThrow(/daemon does not answer/);
    sh('mv /usr/bin/docker /usr/bin/docker.away');
    expect(readFacts(dockerContainer.facts(container(), undefined), on(0)).container).toMatchObject({ state: 'unavailable', reason: 'not-installed' });
    sh('mv /usr/bin/docker.away /usr/bin/docker; systemctl start docker');
    expect(readFacts(dockerContainer.facts(container(), undefined), on(0)).container).toEqual({ state: 'absent' });
  });
});
