import { beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../src/events.ts';
import { ctplay, eventsOf, type Ended } from '../harness/ctplay.ts';
import { withLab, type TestLab } from '../harness/lab.ts';

const playbook = 'playbooks/gre-lab.yaml';

function run(lab: TestLab, ...flags: string[]): Promise<Ended> {
  return ctplay('run', playbook, '-i', lab.inventory, '--output', 'json', ...flags);
}

/** Host → the names of the tasks that changed something. */
function changedTasks(ended: Ended): Record<string, string[]> {
  const changed: Record<string, string[]> = {};
  for (const event of eventsOf(ended)) if (event.type === 'task-end' && event.status === 'changed') (changed[event.host] ??= []).push(event.task.name);
  return changed;
}

function failures(events: readonly Event[]): unknown[] {
  return events.flatMap((event) => (event.type === 'task-end' && event.error ? [`${event.host}: ${event.error.message} ${event.error.detail ?? ''}`] : []));
}

/** What a reset must leave as it was. Tools that aren't there say so both times. A daemon that starts again may order its rules anew. */
async function stateOf(lab: TestLab, host: string): Promise<string> {
  const links = await lab.output(host, `ip -j link | sed 's/"\\(stats\\|promiscuity\\)":[^,]*,//g'`);
  const { stdout, stderr } = await lab.exec(host, "ip -4 -br address; iptables-save 2>&1 | sed 's/^[#].*//; s/\\[[0-9]*:[0-9]*\\]//' | sort; ovs-vsctl show 2>&1; docker ps -a --format '{{.Names}} {{.Image}} {{.State}}' 2>&1; docker network ls --format '{{.Name}} {{.Driver}}' 2>&1; cat /proc/sys/net/ipv4/ip_forward; dpkg -l | grep ^ii; ls -A /var/lib/ctplay 2>&1");
  return `${links}\n${stdout}${stderr}`;
}

describe('the GRE lab on bare hosts', () => {
  const lab = withLab({ base: 'minimal' });
  let before: string[];
  let first: Ended;

  beforeAll(async () => {
    before = await Promise.all(['host1', 'host2'].map((host) => stateOf(lab(), host)));
    const capture = await lab().capture('ip proto 47');
    first = await run(lab());
    packets = await capture.stop();
  });
  let packets: string[];

  it('makes a network across two hosts in one run', () => {
    expect(failures(eventsOf(first))).toEqual([]);
    expect(first).toMatchObject({ status: 0, stderr: '' });
  });

  it('sends what passes between the containers through GRE', () => {
    expect(packets.filter((line) => /10\.0\.0\.3 > 10\.0\.0\.4: GREv0.*172\.15\.42\.100 > 172\.15\.42\.101: ICMP echo request/.test(line)).length).toBeGreaterThan(0);
  });

  it('carries ping and 10 MB of TCP', async () => {
    expect(await lab().output('host1', 'docker exec c1 ping -c 2 172.15.42.101')).toMatch(/2 packets received/);
    await lab().output('host2', "docker exec c1 sh -c 'head -c 10485760 /dev/zero > /tmp/big; httpd -p 8080 -h /tmp'");
    expect(await lab().output('host1', "docker exec c1 sh -c 'wget -q -O - http://172.15.42.101:8080/big | wc -c'")).toBe('10485760');
  });

  it('changes nothing the second time, in four round trips at most', async () => {
    const second = await run(lab());
    expect(second.status).toBe(0);
    expect(changedTasks(second)).toEqual({});
    const end = eventsOf(second).at(-1);
    const trips = end?.type === 'run-end' ? Object.values(end.roundTrips) : [];
    expect(trips).toHaveLength(2);
    expect(Math.max(...trips)).toBeLessThanOrEqual(4);
  });

  it.each<[what: string, command: string, tasks: string[]]>([
    ['a deleted tunnel', 'ovs-vsctl del-port br0 gre0', ['The tunnel to the other host']],
    ['flushed NAT rules', 'iptables -t nat -D POSTROUTING -s 172.15.42.0/24 ! -d 172.15.42.0/24 -m comment --comment "ctplay 172.15.42.0/24 masquerade" -j MASQUERADE', ['The way out, and between the containers']],
    ['a restarted container', 'docker restart -t 0 c1', ["The container's cable"]],
    ['a stopped container', 'docker stop -t 0 c1', ['A container without a network', "The container's cable"]],
    ['a removed veth', 'ip link delete c1-eth0', ["The container's cable"]],
    ['a container without its address', 'nsenter -t $(docker inspect -f "{{.State.Pid}}" c1) -n ip addr flush dev eth0', ["The container's cable"]],
    ['br0 unplugged from docker0', 'ip link set br0 nomaster', ['The switch joined to docker0']],
  ])('mends %s, and only that', async (_what, command, tasks) => {
    await lab().output('host1', command);
    const mended = await run(lab());
    expect(failures(eventsOf(mended))).toEqual([]);
    expect(changedTasks(mended)).toEqual({ host1: tasks });
    expect(mended.status).toBe(0);
  });

  it('changes nothing in check mode, and shows what a run would change', async () => {
    await lab().output('host1', 'ovs-vsctl del-port br0 gre0');
    const state = await stateOf(lab(), 'host1');
    const check = await run(lab(), '--check', '--diff');
    expect(check.status).toBe(0);
    expect(changedTasks(check)['host1']).toContain('The tunnel to the other host');
    expect(await stateOf(lab(), 'host1')).toBe(state);
    expect((await run(lab())).status).toBe(0);
  });

  it('is taken back whole by reset', async () => {
    const reset = await ctplay('reset', '-i', lab().inventory, '--output', 'json');
    expect(failures(eventsOf(reset))).toEqual([]);
    expect(reset.status).toBe(0);
    for (const [index, host] of ['host1', 'host2'].entries()) expect(await stateOf(lab(), host)).toBe(before[index]);
  });
});

describe('the GRE lab where Docker and Open vSwitch were before', () => {
  const lab = withLab({ base: 'full' });

  it('is taken back to what was there', async () => {
    await Promise.all(['host1', 'host2'].map((host) => lab().output(host, 'systemctl enable --quiet --now docker openvswitch-switch && ovs-vsctl add-br br-mine && docker network create mine')));
    const before = await Promise.all(['host1', 'host2'].map((host) => stateOf(lab(), host)));
    const done = await run(lab());
    expect(failures(eventsOf(done))).toEqual([]);
    const reset = await ctplay('reset', '-i', lab().inventory, '--output', 'json');
    expect(failures(eventsOf(reset))).toEqual([]);
    expect(reset.status).toBe(0);
    for (const [index, host] of ['host1', 'host2'].entries()) expect(await stateOf(lab(), host)).toBe(before[index]);
  });
});
