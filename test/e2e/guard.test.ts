/** Real lock-outs of real hosts: the session is cut off, nobody can log in, and the host comes back by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../src/events.ts';
import { ctplay, eventsOf, startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 2, base: 'full' });
let files: Workspace;

beforeEach(() => {
  files = workspace();
});
afterEach(async () => {
  await ctplay('reset', '-i', lab().inventory);
  files.dispose();
});

const on = (command: string): Promise<string> => lab().output('host1', command);

/** A playbook for host1 with these tasks, as YAML lines. */
function playbook(tasks: readonly string[], keywords: readonly string[] = []): string {
  const play = ['- hosts: host1', ...keywords.map((line) => `  ${line}`), '  tasks:', ...tasks.map((task) => `    - ${task.replaceAll('\n', '\n      ')}`)];
  return files.write('play.yaml', `${play.join('\n')}\n`);
}

/** A task of several commands: what they do can't be told for certain, so that it is tried. */
const script = (commands: string): string => `shell: ${JSON.stringify(commands)}`;

function run(play: string, ...more: string[]): Promise<Ended> {
  return ctplay('run', play, '-i', lab().inventory, '--output', 'json', '-v', ...more);
}

/** What the way in is made of, as text. */
function wayIn(): Promise<string> {
  return on(`ip -br link show eth0 | sed 's/@[^ ]*//'; cat /sys/class/net/eth0/flags; readlink /sys/class/net/eth0/master; ip -br addr show eth0; ip route; ip rule
iptables-save | sed -e '/^#/d' -e 's/\\[[0-9:]*\\]//'; systemctl is-active ssh; systemctl is-enabled ssh; sha256sum /etc/ssh/sshd_config /root/.ssh/authorized_keys /etc/ssh/sshd_config.d/* 2>/dev/null; true`);
}

/** Nothing of a guard is left: no file, no process, no unit. A unit that has ended is forgotten by systemd soon after. */
async function expectNoTrace(): Promise<void> {
  await on(`! [ -e /run/ctplay ]; ! pgrep -f /run/ctplay/guard/ >/dev/null; until [ -z "$(systemctl list-units --all --no-legend 'ctplay-guard*')" ]; do sleep 0.2; done`);
  expect(await on('ls -d /run/ctplay 2>/dev/null; pgrep -fa /run/ctplay/[g]uard/ || true')).toBe('');
}

const errorsOf = (ended: Ended): string[] => eventsOf(ended).flatMap((event) => (event.type === 'task-end' && event.error ? [event.error.code] : []));
const textsOf = (ended: Ended, type: 'warning' | 'host-waiting' | 'log'): string[] =>
  eventsOf(ended).flatMap((event: Event) => (event.type !== type ? [] : [event.type === 'host-waiting' ? event.reason : event.type === 'warning' || event.type === 'log' ? event.message : '']));

/** Runs a play that cuts host1 off, and sees that it was cut off, came back, and is as before. */
async function expectLockoutSurvived(task: string, more: { putBack: RegExp; cli?: readonly string[] }): Promise<void> {
  const before = await wayIn();
  const play = playbook([`block:\n  - ${task.replaceAll('\n', '\n    ')}\nrescue:\n  - command: echo still here\n    register: after\n  - fail: { msg: "rescued with {{ after.stdout }}" }`]);
  const ended = await run(play, '--guard-timeout', '8', ...(more.cli ?? []));
  expect(ended.status, ended.stdout + ended.stderr).toBe(2);
  const events = eventsOf(ended);
  const error = events.flatMap((event) => (event.type === 'task-end' && event.error ? [event.error] : []))[0];
  expect(error).toMatchObject({ code: 'guard.rolled-back' });
  expect(error!.detail).toMatch(more.putBack);
  // Said only when a login from scratch failed.
  expect(textsOf(ended, 'host-waiting').join('\n')).toMatch(/since the change/);
  // The run went on, over another session.
  expect(errorsOf(ended)).toEqual(['guard.rolled-back', 'task.failed']);
  expect(ended.stdout).toContain('rescued with still here');
  expect(await wayIn()).toBe(before);
  await expectNoTrace();
}

describe('a host that a change cuts off', () => {
  it.each<[string, string, RegExp]>([
    ['loses its address', 'ip addr flush dev eth0; sleep 1', /ip addr add \S+ .*dev eth0/],
    ['has its interface down', 'ip link set dev eth0 down; sleep 1', /ip link set dev eth0 up/],
    ['has its interface in a bridge that is down', 'ip link add br-cut type bridge; ip link set dev eth0 master br-cut; sleep 1', /ip link set dev eth0 nomaster/],
    ['drops all that comes in', 'iptables -P INPUT DROP; iptables -I INPUT -j DROP; sleep 1', /iptables-restore/],
    ['has no SSH server any more', 'systemctl stop ssh; sleep 1; kill $(pidof sshd)', /systemctl restart ssh/],
    ['follows a rule into nowhere', 'ip rule add pref 5 from all blackhole; sleep 1', /ip -4 rule del pref 5/],
    ['forgets the keys of who may log in', 'rm /root/.ssh/authorized_keys; sleep 1', /authorized_keys as it was/],
    ['finds its interface in another namespace', 'ip netns add cut; ip link set dev eth0 netns cut; sleep 1', /netns/],
  ])('%s and comes back', async (_name, damage, putBack) => {
    await expectLockoutSurvived(script(damage), { putBack });
    await on('ip netns del cut 2>/dev/null; ip link del br-cut 2>/dev/null; true');
  });

  it('loses the gateway to us and comes back', async () => {
    // Answers go to the other host, which passes them on: our address is not in a network of host1's own.
    await lab().output('host2', 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth1.send_redirects=0; iptables -P FORWARD ACCEPT');
    const [address, gateway] = [lab().hosts[0]!.managementAddress, lab().hosts[1]!.underlayAddress];
    await on(`sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0; ip route replace default via ${gateway} dev eth1; ip addr add ${address}/32 dev eth0; ip addr del ${address}/24 dev eth0; ip addr add ${address}/32 dev eth0 2>/dev/null; ip route replace default via ${gateway} dev eth1`);
    expect(await on('ip route get "${SSH_CONNECTION%% *}"')).toContain(`via ${gateway} dev eth1`);
    await expectLockoutSurvived(script(`ip route replace default via ${gateway.replace(/\d+$/, '250')} dev eth1; sleep 1`), { putBack: new RegExp(`ip -4 route replace default via ${gateway}`) });
    await on(`ip addr add ${address}/24 dev eth0; ip addr del ${address}/32 dev eth0; ip addr add ${address}/24 dev eth0 2>/dev/null; ip route replace default via ${address.replace(/\d+$/, '1')} dev eth0`);
  });

  it('is cut off by a configuration of the SSH server once that is read, and gets the first one back', async () => {
    const before = await wayIn();
    const play = files.write('play.yaml', '- hosts: host1\n  tasks:\n    - lineinfile: { path: /etc/ssh/sshd_config, line: AllowUsers nobody }\n      notify: read\n  handlers:\n    - name: read\n      service: { name: ssh, state: restarted }\n');
    const ended = await run(play, '--guard-timeout', '8');
    expect(errorsOf(ended)).toEqual(['guard.rolled-back']);
    expect(await wayIn()).toBe(before);
    await expectNoTrace();
  });

  it('keeps a configuration that its SSH server can read', async () => {
    const before = await wayIn();
    const ended = await run(playbook(['copy: { dest: /etc/ssh/sshd_config.d/wrong.conf, content: "NoSuchWord yes\\n" }']));
    expect(errorsOf(ended)).toEqual(['guard.rolled-back']);
    expect(ended.stdout).toContain('NoSuchWord');
    expect(await wayIn()).toBe(before);
    await expectNoTrace();
  });

  it('comes back where the login user has to become root', async () => {
    await expectLockoutSurvived(`${script('ip addr flush dev eth0; sleep 1')}\nbecome: true`, { putBack: /ip addr add/, cli: ['-e', 'ansible_user=vagrant'] });
  });
});

describe('without systemd-run', () => {
  beforeEach(async () => {
    await on('chmod -x /usr/bin/systemd-run');
  });
  afterEach(async () => {
    await on('chmod +x /usr/bin/systemd-run');
  });

  it.each<[string, string, RegExp]>([
    ['loses its address', 'ip addr flush dev eth0; sleep 1', /ip addr add/],
    ['has no SSH server any more', 'systemctl stop ssh; sleep 1; kill $(pidof sshd)', /systemctl restart ssh/],
  ])('a host that %s comes back', async (_name, damage, putBack) => {
    await expectLockoutSurvived(script(damage), { putBack });
  });
});

describe('a run that is killed under a guard', () => {
  async function killedRun(damage: string, ...more: string[]): Promise<void> {
    const running = startCtplay(['run', playbook([script(`touch /root/begun; ${damage}`)]), '-i', lab().inventory, ...more]);
    await on('until [ -e /root/begun ]; do sleep 0.05; done; rm /root/begun');
    running.process.kill('SIGKILL');
    await running.ended;
  }
  const nextRun = (): Promise<Ended> => run(playbook(['command: "true"']), '--wait-lock', '60');

  it.each(['with systemd-run', 'without it'])('leaves a host that comes back by itself, %s', async (how) => {
    if (how === 'without it') await on('chmod -x /usr/bin/systemd-run');
    const before = await wayIn();
    await killedRun('sleep 2; ip link set dev eth0 down; sleep 1', '--guard-timeout', '10');
    // Down by now, and up again only when the guard has done its work.
    await sleep(4_000);
    for (let reached = false; !reached; ) {
      await sleep(1_000);
      reached = (await lab().exec('host1', '[ -e /run/ctplay/guard/*/restored ]')).status === 0;
    }
    expect(await wayIn()).toBe(before);
    const warnings = textsOf(await nextRun(), 'warning').join('\n');
    expect(warnings).toMatch(/nobody confirmed a change of run .* went back by itself \(put back: ip link set dev eth0 up/);
    await expectNoTrace();
    await on('chmod +x /usr/bin/systemd-run');
  });

  it('is found by the next one, whose login proves that the host can be reached', async () => {
    await killedRun('ip addr add 10.99.0.1/32 dev eth0; sleep 3', '--guard-timeout', '120');
    const next = await nextRun();
    expect(next.status).toBe(0);
    expect(textsOf(next, 'warning').join('\n')).toMatch(/the guard that it left was disarmed/);
    expect(await on('ip -br addr show eth0')).toContain('10.99.0.1/32');
    await expectNoTrace();
    await on('ip addr del 10.99.0.1/32 dev eth0');
  });
});

describe('a change that leaves the way in open', () => {
  it('may cut off the old session: the run goes on over a new one, and knows how the change ended', async () => {
    const cut = 'iptables -I OUTPUT -p tcp --dport $2 -j DROP';
    const play = playbook([`${script(`set -- $SSH_CONNECTION; ${cut}; sleep 1`)}\nregister: cut`, 'debug: { msg: "it ended with {{ cut.rc }}" }', `${script('iptables -F OUTPUT; exit 3')}\nregister: failed\nfailed_when: failed.rc != 3`]);
    const ended = await run(play, '--guard-timeout', '20');
    expect(ended.status, ended.stdout).toBe(0);
    expect(ended.stdout).toContain('it ended with 0');
    expect(await on('iptables -S OUTPUT')).toBe('-P OUTPUT ACCEPT');
    await expectNoTrace();
  });

  it('is kept, and no guard is left', async () => {
    const play = playbook([
      "iptables: { chain: INPUT, protocol: tcp, destination_port: '22', jump: ACCEPT }",
      'iptables: { chain: INPUT, policy: DROP }',
      'command: ip addr add 10.99.0.2/32 dev eth0',
      'command: ip addr del 10.99.0.2/32 dev eth0',
    ]);
    // What an earlier task would let in, a later one does not keep out.
    expect((await run(play, '--check')).status).toBe(0);
    const ended = await run(play);
    expect(ended.status, ended.stdout).toBe(0);
    expect(textsOf(ended, 'log').filter((line) => line.startsWith('guarded'))).toHaveLength(3);
    expect(await on('iptables -S INPUT')).toContain('-P INPUT DROP');
    await expectNoTrace();
  });

  it('is not guarded where it has nothing to do with the way in', async () => {
    const play = playbook(['create_bridge: { name: br-far, addresses: [172.28.7.1/24] }', 'iptables_nat: { subnet: 172.28.7.0/24, bridge: br-far }', 'service: { name: docker, state: restarted }', 'copy: { dest: /root/far, content: x }']);
    const ended = await run(play);
    expect(ended.status, ended.stdout).toBe(0);
    expect(textsOf(ended, 'log').filter((line) => line.startsWith('guarded'))).toEqual([]);
  });

  it('is guarded, whatever it is, where the play says so, and costs nothing when nothing changes', async () => {
    const play = playbook(['copy: { dest: /root/guarded, content: x }', 'copy: { dest: /root/other, content: x }\nguard: false'], ['guard: true']);
    expect(textsOf(await run(play), 'log').filter((line) => line.startsWith('guarded'))).toEqual(['guarded for 30 s: as the playbook asks']);
    const again = eventsOf(await run(play)).at(-1);
    expect(again).toMatchObject({ type: 'run-end', exitStatus: 0 });
    expect(again?.type === 'run-end' ? again.roundTrips['host1'] : NaN).toBeLessThanOrEqual(4);
    await expectNoTrace();
  });
});

describe('a change that would cut the host off for certain', () => {
  it.each<[string, string, RegExp]>([
    ['stops the SSH server', 'service: { name: ssh, state: stopped }', /SSH server that ctplay itself comes in by/],
    ['stops it under its other name', 'command: systemctl stop sshd', /SSH server/],
    ['takes the interface as a port', 'create_bridge: { name: br-cut, ports: [eth0], force: true }', /as a port of br-cut it has no address/],
    ['drops what comes in', 'iptables: { chain: INPUT, policy: DROP }', /no rule of INPUT accepts new sessions/],
    ['drops SSH', "iptables: { chain: INPUT, protocol: tcp, destination_port: '22', jump: DROP, action: insert }", /no rule of INPUT accepts/],
    ['takes the interface down', 'command: ip link set dev eth0 down', /eth0 carries the session/],
    ['removes the address', 'command: ip addr flush dev eth0', /the address that the session goes to/],
  ])('%s and is refused, also in check mode', async (_name, task, what) => {
    const before = await wayIn();
    for (const more of [['--check'], []]) {
      const ended = await run(playbook([task]), ...more);
      expect(ended.status).toBe(2);
      expect(errorsOf(ended)).toEqual(['guard.lockout']);
      expect(ended.stdout).toMatch(what);
    }
    expect(await wayIn()).toBe(before);
  });

  it('is made where the task says that it is meant so', async () => {
    const ended = await run(playbook(['service: { name: ssh, state: stopped }\nguard: false', 'service: { name: ssh, state: started }']));
    expect(ended.status, ended.stdout).toBe(0);
  });
});
