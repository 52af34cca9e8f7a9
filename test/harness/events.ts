/** A made-up run as events: the same for the same options, so that views can be tested and looked at without any host. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeView, Event, EventBody, HostCounters, Reporter, TaskStatus, TaskView } from '../../src/events.ts';

export interface SimulatedRun {
  readonly hosts: number;
  readonly check?: boolean;
  readonly diff?: boolean;
  /** How many hosts work at a time. */
  readonly forks?: number;
  /** Hosts, by number from 1, whose task 'Start the container' fails. */
  readonly failing?: readonly number[];
  readonly unreachable?: readonly number[];
  /** The second run: nothing to change. */
  readonly converged?: boolean;
  /** Ctrl-C after so many milliseconds. */
  readonly interruptAt?: number;
}

interface Script {
  readonly name: string;
  readonly module: string;
  readonly seconds: number;
  readonly changes: readonly ChangeView[];
  readonly loop?: readonly string[];
  readonly skip?: string;
}

const start = Date.UTC(2025, 0, 1, 12);

const scripts: readonly Script[] = [
  { name: 'Install Docker', module: 'install_docker', seconds: 9, changes: [{ action: 'create', subject: 'package docker.io', to: '20.10.24', commands: ['apt-get install -y docker.io'] }] },
  { name: 'Install Open vSwitch', module: 'install_openvswitch', seconds: 6, changes: [{ action: 'create', subject: 'package openvswitch-switch', to: '3.1.0', commands: ['apt-get install -y openvswitch-switch'] }, { action: 'update', subject: 'service openvswitch-switch', from: { enabled: false, running: false }, to: { enabled: true, running: true }, commands: ['systemctl enable --now openvswitch-switch'] }] },
  { name: 'Create bridge br0', module: 'create_bridge', seconds: 0.6, changes: [{ action: 'create', subject: 'bridge br0', to: { type: 'ovs', mtu: 1450 }, commands: ['ovs-vsctl add-br br0', 'ip link set br0 up mtu 1450'], why: 'there is no such bridge' }] },
  { name: 'Connect the hosts by GRE', module: 'gre_tunnel', seconds: 0.8, changes: [{ action: 'update', subject: 'tunnel gre0: remote', from: '10.0.0.9', to: '10.0.0.4', commands: ['ovs-vsctl set interface gre0 options:remote_ip=10.0.0.4'] }] },
  { name: 'Write the daemon’s configuration', module: 'copy', seconds: 0.3, changes: [{ action: 'update', subject: 'file /etc/docker/daemon.json', text: { label: '/etc/docker/daemon.json', from: '{\n  "iptables": true\n}\n', to: '{\n  "iptables": true,\n  "mtu": 1450\n}\n' }, commands: ['cat > /etc/docker/daemon.json'] }] },
  { name: 'Open the firewall', module: 'iptables_nat', seconds: 0.4, loop: ['172.15.42.0/24', '172.15.43.0/24'], changes: [{ action: 'create', subject: 'masquerade rule', to: '172.15.42.0/24', commands: ['iptables -t nat -A POSTROUTING -s 172.15.42.0/24 -j MASQUERADE'] }] },
  { name: 'Tune the kernel', module: 'sysctl', seconds: 0.2, changes: [], skip: "ansible_facts['os_family'] == 'RedHat'" },
  { name: 'Start the container', module: 'docker_container', seconds: 2.5, changes: [{ action: 'create', subject: 'container web', to: { image: 'alpine', network: 'none' }, commands: ['docker run -d --name web --network none alpine sleep inf'] }] },
  { name: 'Say hello', module: 'debug', seconds: 0, changes: [] },
];

const ok = (): HostCounters => ({ ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 });

/** The events in the order of their times. */
export function simulate(run: SimulatedRun): Event[] {
  const random = generator(run.hosts);
  const width = String(run.hosts).length;
  const hosts = Array.from({ length: run.hosts }, (_, index) => `host${String(index + 1).padStart(width, '0')}`);
  const events: Event[] = [];
  const counters: Record<string, HostCounters> = {};
  const lanes = Array.from({ length: Math.min(run.forks ?? run.hosts, run.hosts) }, () => start + 10);
  for (const [index, host] of hosts.entries()) {
    const lane = lanes.indexOf(Math.min(...lanes));
    lanes[lane] = hostEvents(host, index + 1, lanes[lane]!, run, random, events, (counters[host] = ok()));
  }
  const end = Math.min(Math.ceil(Math.max(...lanes)), run.interruptAt === undefined ? Infinity : start + run.interruptAt);
  const bad = Object.values(counters);
  const exitStatus = run.interruptAt !== undefined ? 130 : bad.some((one) => one.failed > 0) ? 2 : bad.some((one) => one.unreachable > 0) ? 4 : 0;
  return [
    { time: start, type: 'run-start', runId: '20250101-120000-abcd', verb: 'run', check: run.check ?? false, diff: run.diff ?? false, files: ['playbooks/gre-lab.yaml'] },
    { time: start, type: 'play-start', play: 'Two hosts, one network', hosts, tasks: scripts.length },
    ...events.filter((event) => event.time <= end).sort((a, b) => a.time - b.time),
    { time: end, type: 'play-end', play: 'Two hosts, one network' },
    { time: end, type: 'run-end', exitStatus, counters, durationMs: end - start, roundTrips: Object.fromEntries(hosts.map((host) => [host, 14])), interrupted: run.interruptAt !== undefined },
  ];
}

/** Adds one host's events and gives the time of the last. */
function hostEvents(host: string, number: number, from: number, run: SimulatedRun, random: () => number, events: Event[], counters: HostCounters): number {
  let time = from;
  const emit = (body: EventBody): void => void events.push({ time: Math.round(time), ...body });
  emit({ type: 'host-connect', host, address: `10.0.0.${number + 2}:22` });
  time += 150 + random() * 250;
  if (run.unreachable?.includes(number)) {
    counters.unreachable++;
    time += 2000;
    emit({ type: 'host-unreachable', host, error: { code: 'ssh.unreachable', message: `10.0.0.${number + 2} refuses the connection on port 22`, hint: 'Is sshd running there?' } });
    emit({ type: 'host-end', host, counters });
    return time;
  }
  emit({ type: 'host-connected', host, retries: 0, durationMs: Math.round(time - from) });
  time += 60;
  for (const [index, script] of scripts.entries()) {
    const task: TaskView = { id: `task-${index + 1}`, name: script.name, module: script.module, span: { file: 'playbooks/gre-lab.yaml', line: 5 + index * 4, column: 7 }, handler: false };
    const failed = script.module === 'docker_container' && run.failing?.includes(number) === true;
    const changes = run.converged || failed ? [] : script.changes;
    const status: TaskStatus = failed ? 'failed' : script.skip ? 'skipped' : changes.length > 0 ? 'changed' : 'ok';
    emit({ type: 'task-start', host, task });
    const durationMs = Math.round(run.converged ? 4 : script.seconds * 1000 * (0.6 + random() * 0.8));
    time += durationMs;
    const common = { host, task, status, changes, durationMs };
    for (const item of script.loop ?? []) emit({ type: 'task-item', ...common, item, label: item, result: { changed: changes.length > 0 } });
    emit({
      type: 'task-end',
      ...common,
      result: script.module === 'debug' ? { changed: false, msg: `${host} is ready` } : { changed: changes.length > 0 },
      ...(script.skip ? { skipReason: script.skip } : {}),
      ...(failed ? { args: { name: 'web', image: 'alpine' }, error: { code: 'task.failed', message: 'docker run ended with exit status 125', hint: 'Import the image first, with docker_image.', detail: "docker: Error response from daemon: No such image: alpine:latest\nSee 'docker run --help'." } } : {}),
    });
    // As Ansible counts: what changed is also ok.
    if (status === 'changed') counters.changed++;
    counters[status === 'changed' ? 'ok' : status]++;
    if (failed) break;
  }
  emit({ type: 'host-end', host, counters: { ...counters } });
  return time;
}

/** Plays events in real time, `speed` times as fast, with the present as their time. */
export async function play(events: readonly Event[], reporter: Reporter, speed = 1): Promise<void> {
  const began = Date.now();
  for (const event of events) {
    const due = began + (event.time - events[0]!.time) / speed;
    if (due > Date.now()) await sleep(due - Date.now());
    reporter.handle({ ...event, time: Date.now() });
  }
  await reporter.close();
}

// Mulberry32: small, fast, and the same everywhere.
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
