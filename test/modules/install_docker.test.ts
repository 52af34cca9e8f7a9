import { describe, expect, it } from 'vitest';
import { parsePacketFilter } from '../../modules/facts/packet-filter.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import type { PackageState, Removal } from '../../modules/facts/package.ts';
import type { ServiceState } from '../../modules/facts/service.ts';
import { FileContent } from '../../modules/shared/file-content.ts';
import installDocker from '../../modules/install_docker.ts';
import { initScript } from '../../modules/shared/init-script.ts';
import { withKeys } from '../../modules/shared/docker-config.ts';
import { withoutDockerRules } from '../../modules/shared/docker-rules.ts';
import type { Reading } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

type Args = Parameters<typeof installDocker.plan>[0];
type Now = Parameters<typeof installDocker.plan>[1];

const base: Args = { state: 'present', packages: ['docker.io'], install_recommends: false, cache_valid_time: 3600, lock_timeout: 300, force: false };
const installed: PackageState = { version: '20.10', status: 'installed', held: false };
const unit = (over: Partial<ServiceState> = {}): ServiceState => ({ active: true, enabled: true, masked: false, needsReload: false, status: 'active (running)', enabling: 'enabled', ...over });
const packages = (found: Record<string, PackageState>, interrupted = false) => present({ packages: found, interrupted });
const services = (docker: Reading<ServiceState>, manager: 'systemd' | 'sysv' = 'systemd') => present({ manager, units: { docker } });
const traces: Now['traces'] = { links: [], paths: [], containers: 0, foreignContainers: 0, group: false, forwarding: false, outdated: false };
const noConfiguration: Now['configuration'] = { state: 'absent', path: '/etc/docker/daemon.json', existing: '/etc' };
const bare: Now = { packages: packages({}), cache: present({ age: 10 }), services: services(absent), removal: absent, record: absent, configuration: noConfiguration, traces, filter: absent };
const running: Now = { ...bare, packages: packages({ 'docker.io': installed }), services: services(present(unit())), traces: { links: ['docker0'], paths: ['/var/lib/docker'], containers: 0, foreignContainers: 0, group: true, forwarding: true, outdated: false } };
const plan = (args: Partial<Args>, now: Partial<Now> = {}) => planOf(installDocker, { ...base, ...args }, { ...bare, ...now });
const revert = (now: Partial<Now>, before: Partial<Now> = {}) => [...installDocker.revert!(base, { ...running, ...now }, { ...bare, ...before })];

const apt = 'DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold';
const shape = (commands: readonly string[]) =>
  commands.map((line) => {
    for (const [word, name] of [['apt-get -qq -o APT::Update', 'update'], ['[ -e .before ]', 'record'], ['dpkg --configure', 'configure'], [' --fix-broken', 'fix'], [' install --no', 'install'], [' purge --', 'purge'], ['rmdir /var/lib/ctplay/packages', 'forget']] as const) if (line.includes(word)) return name;
    return line;
  });

describe('installing', () => {
  it('asks no questions and keeps edited configuration', () => {
    expect(commandsOf(plan({}))[1]).toBe(`${apt} install --no-install-recommends -- docker.io </dev/null`);
  });

  it.each<[string, Partial<Args>, Partial<Now>, string[]]>([
    ['what is missing', {}, {}, ['record', 'install', 'systemctl --quiet enable --now -- docker']],
    ['with old package lists', {}, { cache: present({ age: 3601 }) }, ['update', 'record', 'install', 'systemctl --quiet enable --now -- docker']],
    ['without package lists', {}, { cache: present({ age: null }) }, ['update', 'record', 'install', 'systemctl --quiet enable --now -- docker']],
    ['after a dpkg that was killed', {}, { packages: packages({ 'docker.io': { ...installed, status: 'partial' } }, true) }, ['configure', 'fix', 'record', 'install', 'systemctl --quiet enable --now -- docker']],
    ['without systemd', {}, { services: services(absent, 'sysv') }, ['record', 'install', 'update-rc.d docker defaults >/dev/null && update-rc.d docker enable', `service docker status >/dev/null 2>&1 || ${initScript('docker', 'start')} </dev/null >/dev/null 2>&1 || { LC_ALL=C service docker status >&2; exit 1; }`]],
    ['nothing', {}, running, []],
    ['nothing, but starting what stopped', {}, { ...running, services: services(present(unit({ active: false, enabled: false }))) }, ['systemctl --quiet enable -- docker', 'systemctl start -- docker']],
    ['nothing, but restarting what runs with an old configuration', { daemon: {} }, { ...running, traces: { ...running.traces, outdated: true } }, ['systemctl reset-failed -- docker', 'systemctl restart -- docker']],
    ['nothing, but enabling it and restarting it for its configuration', { daemon: {} }, { ...running, services: services(present(unit({ enabled: false }))), traces: { ...running.traces, outdated: true } }, ['systemctl --quiet enable -- docker', 'systemctl reset-failed -- docker', 'systemctl restart -- docker']],
    ['nothing where a person edits the configuration', {}, { ...running, traces: { ...running.traces, outdated: true } }, []],
  ])('%s', (_, args, now, commands) => {
    expect(shape(commandsOf(plan(args, now)))).toEqual(commands);
  });

  it('writes the configuration before the daemon starts for the first time', () => {
    expect(plan({ daemon: { mtu: 1462 } }).map((change) => change.subject)).toEqual(['file /etc/docker/daemon.json', 'packages of Docker']);
  });

  it.each<[string, Partial<Now>, RegExp]>([
    ['without dpkg', { packages: { state: 'unavailable', reason: 'not-installed', detail: '' } }, /no dpkg/],
    ["another Docker's packages", { services: services(present(unit())) }, /not from the package docker\.io/],
    ['packages without the service', { ...running, services: services(absent) }, /no service 'docker'/],
  ])('refuses %s', (_, now, message) => {
    expect(() => plan({}, now)).toThrow(message);
  });
});

const removable = (names: string[], manual: string[] = []): Reading<Removal> => present({ packages: names, manual, accounts: {} });
const record = present(['apt', 'libnftnl11']);

describe('the way back', () => {
  it.each<[string, Partial<Now>, Partial<Now>, string[] | undefined]>([
    ['purges what came, and not what was there', { record, removal: removable(['docker.io', 'runc', 'libnftnl11']) }, {}, ['docker.io', 'runc', 'link docker0', '/var/lib/docker']],
    ['leaves what somebody else installed', { removal: removable(['docker.io']) }, {}, undefined],
    ["leaves what a person's own package needs", { record, removal: removable(['docker.io', 'runc', 'theirs'], ['theirs']) }, {}, undefined],
    ["leaves a Docker with somebody's containers", { record, removal: removable(['docker.io']), traces: { ...running.traces, containers: 1, foreignContainers: 1 } }, {}, undefined],
    ['removes a Docker that only has containers of ours, which go before', { record, removal: removable(['docker.io']), traces: { ...running.traces, containers: 1 } }, {}, ['docker.io', 'link docker0', '/var/lib/docker']],
    ['leaves links that were there', { record, removal: removable(['docker.io']) }, { traces: { ...traces, links: ['docker0'] } }, ['docker.io', '/var/lib/docker']],
    ['removes what is left after a kill', { record, removal: removable([]), packages: packages({}), services: services(absent) }, {}, ['link docker0', '/var/lib/docker']],
    ['does nothing twice', { ...bare, record: absent, removal: removable([]) }, {}, undefined],
  ])('%s', (_, now, before, gone) => {
    expect(revert(now, before).map((change) => change.from)).toEqual(gone === undefined ? [] : [gone]);
  });

  it('stops, cleans up, purges and forgets, in that order', () => {
    expect(shape(commandsOf(revert({ record, removal: removable(['docker.io']) })))).toEqual([
      'systemctl stop -- docker',
      '! systemctl --quiet is-active docker.socket containerd 2>/dev/null || systemctl stop docker.socket containerd',
      expect.stringMatching(/^! command -v iptables-restore/),
      'purge',
      '[ ! -e /sys/class/net/docker0 ] || ip link delete docker0',
      '! getent group docker >/dev/null || groupdel docker',
      expect.stringMatching(/^for d in \/var\/lib\/docker \/var\/lib\/containerd \/run\/docker \/run\/containerd; do/),
      'rm -f /etc/docker/key.json /run/docker.sock; rmdir /etc/docker /etc/cni/net.d /etc/cni 2>/dev/null || :',
      'echo 0 >/proc/sys/net/ipv4/ip_forward',
      'forget',
    ]);
  });

  it('stops and disables what was there, but did not run', () => {
    const before = { packages: packages({ 'docker.io': installed }), services: services(present(unit({ active: false, enabled: false }))) };
    expect(commandsOf(revert({}, before))).toEqual(['systemctl --quiet disable -- docker', 'systemctl stop -- docker']);
  });
});

describe('the way back of a configuration', () => {
  const none: Now['configuration'] = { ...noConfiguration, existing: '/etc/docker' };
  const state = { type: 'file', mode: '0644', owner: 'root', group: 'root', uid: 0, gid: 0, size: 36, atime: 0, mtime: 0, ctime: 0, inode: 1, links: 1, device: 1, sha256: 'a' } as const;
  const configuration = (text: string): Now['configuration'] => ({ ...none, state: 'present', value: { ...state, content: new FileContent(Buffer.from(text)) } });
  const at = (address: string): Now['traces'] => ({ ...running.traces, address });
  const restart = ['systemctl reset-failed -- docker', 'systemctl restart -- docker'];
  const set = '{"bip":"172.15.42.1/24","mtu":1462}';

  it.each<[string, Partial<Now>, Partial<Now>, readonly string[]]>([
    ['starts it once with the address of before', { configuration: configuration(set), traces: at('172.15.42.1/24') }, { traces: at('172.17.0.1/16') }, ['cat >/etc/docker/daemon.json', ...restart, 'rm -f /etc/docker/daemon.json']],
    ['starts it without one where the address is that of before', { configuration: configuration(set), traces: at('172.17.0.1/16') }, { traces: at('172.17.0.1/16') }, ['rm -f /etc/docker/daemon.json', ...restart]],
  ])('%s', (_, now, before, commands) => {
    expect(commandsOf(revert(now, { ...running, configuration: none, ...before }))).toEqual(commands);
  });

  it('leaves out what the task had set while the address is put back', () => {
    const [readdressing] = revert({ configuration: configuration(set), traces: at('172.15.42.1/24') }, { ...running, traces: at('172.17.0.1/16') });
    expect(readdressing!.commands[0]!.input).toEqual({ kind: 'text', text: '{\n  "bip": "172.17.0.1/16"\n}\n' });
  });
});

describe('absent, as the user asks for it', () => {
  it.each<[string, Partial<Args>, Partial<Now>, string[]]>([
    ['removes what ctplay installed', {}, { ...running, record, removal: removable(['docker.io']) }, ['docker.io', 'link docker0', '/var/lib/docker']],
    ['removes what somebody else installed by force', { force: true }, running, ['docker.io']],
  ])('%s', (_, args, now, gone) => {
    expect(plan({ state: 'absent', ...args }, now).map((change) => change.from)).toEqual([gone]);
  });

  it('does nothing where there is nothing', () => {
    expect(plan({ state: 'absent' })).toEqual([]);
  });

  it.each<[string, Partial<Now>, RegExp]>([
    ['what somebody else installed', running, /not installed by ctplay/],
    ['a Docker with containers', { ...running, traces: { ...running.traces, containers: 2 } }, /still has containers, 2 of them/],
  ])('refuses %s', (_, now, message) => {
    expect(() => plan({ state: 'absent' }, now)).toThrow(message);
  });
});

it('a configuration that is no JSON is refused', () => {
  const content = new FileContent(Buffer.from('{ "debug": true,'));
  const state = { type: 'file', mode: '0644', uid: 0, gid: 0, owner: 'root', group: 'root', size: 3, atime: 0, mtime: 0, ctime: 0, inode: 1, links: 1, device: 1, sha256: 'x', content } as const;
  expect(() => plan({ daemon: { debug: false } }, { ...running, configuration: { state: 'present', value: state, path: '/etc/docker/daemon.json', existing: '/etc/docker' } })).toThrow(/no JSON object/);
});

describe("keys of the daemon's configuration", () => {
  it.each<[string, string | undefined, Record<string, unknown>, unknown]>([
    ['are written into nothing', undefined, { mtu: 1462 }, { mtu: 1462 }],
    ['are merged', '{"debug": true, "mtu": 1500}', { mtu: 1462 }, { debug: true, mtu: 1462 }],
    ['are removed by null', '{"debug": true, "mtu": 1500}', { mtu: null }, { debug: true }],
  ])('%s', (_, old, keys, merged) => {
    expect(JSON.parse(withKeys(old, keys)!.text)).toEqual(merged);
  });
  it.each<[string | undefined, Record<string, unknown>]>([
    ['{"mtu":1462,"debug":true}', { mtu: 1462 }],
    [undefined, { mtu: null }],
    ['', {}],
  ])('%j has %j already', (old, keys) => {
    expect(withKeys(old, keys)).toBeUndefined();
  });
});

describe("Docker's rules", () => {
  // As dockerd 20.10.24 leaves them, with a rule of LXC's and one of our own among them.
  const filter = parsePacketFilter(`*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i br-c7366ab907b5 -o br-c7366ab907b5 -j ACCEPT
-A FORWARD -i docker0 -m comment --comment "ctplay nat" -j ACCEPT
-A FORWARD -i lxcbr0 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 10.0.3.0/24 ! -d 10.0.3.0/24 -j MASQUERADE
COMMIT
`);
  it('go, and nobody else\'s', () => {
    expect(withoutDockerRules(filter, {})).toBe(`*filter
-P FORWARD ACCEPT
-D FORWARD -j DOCKER-USER
-D FORWARD -o docker0 -j DOCKER
-D FORWARD -i docker0 ! -o docker0 -j ACCEPT
-D FORWARD -i br-c7366ab907b5 -o br-c7366ab907b5 -j ACCEPT
-F DOCKER
-F DOCKER-USER
-F DOCKER-ISOLATION-STAGE-1
-X DOCKER
-X DOCKER-USER
-X DOCKER-ISOLATION-STAGE-1
COMMIT
*nat
-D PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-F DOCKER
-X DOCKER
COMMIT
`);
  });
  it.each([
    ['keep a policy that was there before', filter, parsePacketFilter('*filter\n:FORWARD DROP [0:0]\nCOMMIT\n'), false],
    ['give the old policy back', filter, parsePacketFilter('*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n'), true],
  ])('%s', (_, now, before, changes) => {
    expect(withoutDockerRules(now, before)!.includes('-P FORWARD ACCEPT')).toBe(changes);
  });
  it('are gone where there are none', () => {
    expect(withoutDockerRules(parsePacketFilter('*filter\n:FORWARD DROP [0:0]\n-A FORWARD -i lxcbr0 -j ACCEPT\nCOMMIT\n'), {})).toBeUndefined();
  });
});
