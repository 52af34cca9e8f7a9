import { describe, expect, it } from 'vitest';
import { dockerContainer, dockerContainers, dockerImage, dockerNetwork, dockerSwarm, untaggedImages } from '../../modules/facts/docker.ts';
import type { ReadResult } from '../../src/module.ts';

const answer = (stdout: string, status: number | null = 0, stderr = ''): ReadResult => ({ status, stdout, stderr });

// As Docker 20.10.24 on Debian 12 answers.
const stopped =
  '{"id":"cb5e0f2e20fe50a81f45f92d20c39ac86397ba4f69972f8148917fb15d71d860","name":"/c2","state":{"Dead":false,"Error":"","ExitCode":0,"FinishedAt":"0001-01-01T00:00:00Z","OOMKilled":false,"Paused":false,"Pid":0,"Restarting":false,"Running":false,"StartedAt":"0001-01-01T00:00:00Z","Status":"created"},"imageId":"sha256:41adc4db7272d95669befb2f341c1d5d258593bbb64c8ae4a3a5f7efcf39d9ea","image":"lab/bb","labels":{"ctplay":"docker_container"},"hostname":"cb5e0f2e20fe","user":"","workingDir":"","command":["sh"],"entrypoint":null,"networkMode":"none","networks":{"none":{"Aliases":null,"IPAMConfig":null,"IPAddress":""}},"binds":null,"ports":{},"restart":{"MaximumRetryCount":0,"Name":"no"},"privileged":false,"capAdd":null,"capDrop":null,"memory":0,"nanoCpus":0}';
const running =
  '{"id":"ac4f18c2600084f294a63c8308b0e5e6c574adcaa3988c834d207dac5914b571","name":"/c1","state":{"Dead":false,"Error":"","ExitCode":0,"Paused":false,"Pid":1233,"Restarting":false,"Running":true,"Status":"running"},"imageId":"sha256:41adc4db7272d95669befb2f341c1d5d258593bbb64c8ae4a3a5f7efcf39d9ea","image":"lab/bb","labels":null,"hostname":"ac4f18c26000","user":"","workingDir":"","command":["sleep","1000"],"entrypoint":null,"networkMode":"n1","networks":{"n1":{"Aliases":["ac4f18c26000","web"],"Gateway":"10.9.0.1","IPAMConfig":{"IPv4Address":"10.9.0.2"},"IPAddress":"10.9.0.2","IPPrefixLen":24}},"binds":["/tmp/r:/r:ro"],"ports":{"80/tcp":[{"HostIp":"","HostPort":"8080"}],"53/udp":[{"HostIp":"127.0.0.1","HostPort":"53"}]},"restart":{"MaximumRetryCount":3,"Name":"on-failure"},"privileged":false,"capAdd":["NET_ADMIN"],"capDrop":null,"memory":67108864,"nanoCpus":500000000}';
const both = `${stopped}\n${running}\n`;

describe('containers', () => {
  it('are read with their networks, ports and limits', () => {
    expect(dockerContainer('c1').parse(answer(both))).toMatchObject({
      state: 'present',
      value: {
        name: 'c1',
        running: true,
        pid: 1233,
        image: 'lab/bb',
        command: ['sleep', '1000'],
        networks: { n1: { requestedAddress: '10.9.0.2', address: '10.9.0.2', aliases: ['ac4f18c26000', 'web'] } },
        binds: ['/tmp/r:/r:ro'],
        ports: ['127.0.0.1:53:53/udp', '8080:80/tcp'],
        restartPolicy: 'on-failure',
        restartRetries: 3,
        capabilities: ['NET_ADMIN'],
        memory: 67108864,
        nanoCpus: 500000000,
        labels: {},
      },
    });
  });

  it.each([
    ['its name', 'c2', 'cb5e'],
    ['its id', 'ac4f18c2600084f294a63c8308b0e5e6c574adcaa3988c834d207dac5914b571', 'ac4f'],
    ['the beginning of its id', 'ac4f18c26000', 'ac4f'],
  ])('are found by %s', (_, key, id) => {
    const reading = dockerContainer(key).parse(answer(both));
    expect(reading.state === 'present' && reading.value.id.slice(0, 4)).toBe(id);
  });

  it.each([
    ['no container has the name', both, 'c3'],
    ['there are none', '', 'c1'],
    ['a name is no beginning of an id', both, 'c'],
  ])('are absent when %s', (_, stdout, key) => {
    expect(dockerContainer(key).parse(answer(stdout))).toEqual({ state: 'absent' });
  });

  it('are read although one went away between the listing and the inspection', () => {
    expect(dockerContainer('c1').parse(answer(`${running}\n`, 1, 'Error: No such container: cb5e0f2e20fe'))).toMatchObject({ state: 'present' });
    expect(dockerContainer('c1').parse(answer('', 1, 'Error: No such container: cb5e0f2e20fe'))).toEqual({ state: 'absent' });
  });

  it('are all listed', () => {
    const reading = dockerContainers().parse(answer(both));
    expect(reading.state === 'present' && reading.value.map((one) => one.name)).toEqual(['c2', 'c1']);
  });

  it('are read without their environments', () => {
    expect(dockerContainers().read.text).not.toContain('Env');
  });
});

it.each([
  ['Docker is not installed', answer('', 127, '/bin/sh: 1: docker: not found'), 'not-installed'],
  ['the daemon is down', answer('', 1, 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'), 'not-running'],
  ['the user may not ask', answer('', 1, 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json": dial unix /var/run/docker.sock: connect: permission denied'), 'denied'],
  ['the command was ended from outside', answer('', null, ''), 'unreadable'],
  ['the answer is cut off', answer(running.slice(0, 300)), 'unreadable'],
])('%s: the readings say so', (_, result, reason) => {
  for (const fact of [dockerContainer('c1'), dockerContainers(), dockerNetwork('n1'), dockerImage('x')]) expect(fact.parse(result)).toMatchObject({ state: 'unavailable', reason });
});

const network =
  '{"Name":"n1","Id":"c7366ab907b529317b16ceea8392f15b52e57863f7b8c7c2b71f2346b6df40fb","Created":"2026-11-21T02:35:52.632817323Z","Scope":"local","Driver":"bridge","EnableIPv6":false,"IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"10.9.0.0/24","IPRange":"10.9.0.128/25","Gateway":"10.9.0.1","AuxiliaryAddresses":{"r":"10.9.0.9"}}]},"Internal":true,"Attachable":false,"Ingress":false,"ConfigFrom":{"Network":""},"ConfigOnly":false,"Containers":{},"Options":{},"Labels":{"a":"b"}}\n' +
  '{"Name":"host","Id":"f2d342d43e1b716cf295e617fa9733a9ae787b4335d45a35acde38c8411773f1","Scope":"local","Driver":"host","EnableIPv6":false,"IPAM":{"Driver":"default","Options":null,"Config":[]},"Internal":false,"Attachable":false,"Containers":{},"Options":{},"Labels":{}}\n';

it('networks are read with their pools', () => {
  expect(dockerNetwork('n1').parse(answer(network))).toEqual({
    state: 'present',
    value: {
      id: 'c7366ab907b529317b16ceea8392f15b52e57863f7b8c7c2b71f2346b6df40fb',
      name: 'n1',
      driver: 'bridge',
      scope: 'local',
      internal: true,
      attachable: false,
      ipv6: false,
      options: {},
      labels: { a: 'b' },
      ipamDriver: 'default',
      pools: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1', range: '10.9.0.128/25', auxiliary: { r: '10.9.0.9' } }],
    },
  });
  expect(dockerNetwork('n').parse(answer(network))).toEqual({ state: 'absent' });
});

describe('images', () => {
  const image = '{"id":"sha256:41adc4db7272d95669befb2f341c1d5d258593bbb64c8ae4a3a5f7efcf39d9ea","tags":["lab/bb:latest","nginx:1.25","reg:5000/web:2"],"digests":[],"labels":null}\n';
  it.each(['lab/bb', 'lab/bb:latest', 'docker.io/lab/bb', 'docker.io/library/nginx:1.25', 'reg:5000/web:2', 'sha256:41adc4db7272d95669befb2f341c1d5d258593bbb64c8ae4a3a5f7efcf39d9ea'])('are found as %s', (name) => {
    expect(dockerImage(name).parse(answer(image))).toMatchObject({ state: 'present' });
  });
  it.each(['bb', 'lab/bb:2', 'nginx', 'reg:5000/web', 'web:2'])('are not %s', (name) => {
    expect(dockerImage(name).parse(answer(image))).toEqual({ state: 'absent' });
  });
  it('that lost their names are counted, if ctplay made them', () => {
    const untagged = (labels: string) => `{"id":"sha256:2","tags":["<none>:<none>"],"digests":["<none>@<none>"],"labels":${labels}}\n`;
    expect(untaggedImages().parse(answer(`${image}${untagged('{"ctplay":"docker_image"}')}${untagged('null')}`))).toEqual({ state: 'present', value: 1 });
  });
});

it('the state of the swarm is read', () => {
  expect(dockerSwarm().parse(answer('inactive\n'))).toEqual({ state: 'present', value: 'inactive' });
});
