import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import attachVeth from '../../modules/attach_veth.ts';
import createBridge from '../../modules/create_bridge.ts';
import greTunnel from '../../modules/gre_tunnel.ts';
import iptablesNat from '../../modules/iptables_nat.ts';
import type { Module } from '../../src/module.ts';
import { argsOf } from '../harness/arguments.ts';
import { applyLocally, readFacts, revertLocally, runCommand } from '../harness/module.ts';
import { startNetHost, type NetHost } from '../harness/nethost.ts';

// A run may be killed after any command. The next run has to finish what it left, and a reset to take it back.
let host: NetHost;
beforeAll(async () => {
  host = await startNetHost('killed', { ovs: true });
  host.sh(`
ovs-vsctl --timeout=5 add-br keep -- set bridge keep datapath_type=netdev -- add-br sw0 -- set bridge sw0 datapath_type=netdev
ip link set sw0 up; ip link add lin0 type bridge; ip link set lin0 up; ip netns add c1
ip link add p0 type veth peer name p1; ip link add under type veth peer name under1; ip link set under1 up
ip addr add 10.0.0.3/24 dev under; ip link set under up
iptables -t nat -A POSTROUTING -j ACCEPT; iptables -t nat -F; iptables -A FORWARD -j ACCEPT; iptables -F; echo 0 >/proc/sys/net/ipv4/ip_forward`);
});
afterAll(() => host.stop());

const state = () => host.sh('ip -o link | sed "s/^[0-9]*: \\([^ ]*\\) .* mtu \\([0-9]*\\).*/\\1 \\2/" | sort; ip -o -4 addr | cut -d" " -f2-7; ip -n c1 -o link | cut -d: -f2; ovs-vsctl show; iptables-save | grep ^-A; cat /proc/sys/net/ipv4/ip_forward');

interface Case {
  readonly module: unknown;
  readonly args: Record<string, unknown>;
  readonly inputs?: unknown;
}
const cases: readonly (readonly [string, Case])[] = [
  ['a Linux bridge', { module: createBridge, args: { name: 'br1', addresses: ['10.1.0.1/24'], mtu: 1400, ports: ['p0'] } }],
  ['an Open vSwitch bridge', { module: createBridge, args: { name: 'br1', type: 'ovs', addresses: ['10.1.0.1/24'], mtu: 1400, ports: ['p0'] } }],
  ['a tunnel', { module: greTunnel, args: { name: 'gre0', bridge: 'sw0', remote: '10.0.0.4', key: 3 }, inputs: { remote: '10.0.0.4' } }],
  ['a pair in a Linux bridge', { module: attachVeth, args: { netns: 'c1', bridge: 'lin0', address: '10.2.0.5/24', gateway: '10.2.0.1' } }],
  ['a pair in Open vSwitch', { module: attachVeth, args: { netns: 'c1', bridge: 'sw0', tag: 5, address: '10.2.0.5/24', gateway: '10.2.0.1' } }],
  ['NAT', { module: iptablesNat, args: { subnet: '10.2.0.0/24', bridge: 'lin0', ports: [{ port: 80, to: '10.2.0.5' }] } }],
];

describe.each(cases)('%s', (_, { module, args, inputs }) => {
  const subject = module as Module;
  const given = argsOf(subject, args);
  const run = () => applyLocally(subject, given, { ...host.options, inputs });

  it('is finished by the next run and taken back by reset, wherever a run was killed', async () => {
    const initial = state();
    const before = readFacts(subject.facts(given, inputs), host.options);
    const commands = [...subject.plan(given, before, inputs)].flatMap((change) => change.commands);
    expect(commands.length).toBeGreaterThan(0);
    for (let killed = 0; killed <= commands.length; killed++) {
      const interrupted = () => {
        for (const command of commands.slice(0, killed)) expect(runCommand(command, host.options)).toMatchObject({ status: 0 });
      };
      interrupted();
      revertLocally(subject, given, before, host.options);
      expect(state(), `reset after ${killed} commands`).toBe(initial);

      interrupted();
      expect((await run()).leftover, `run after ${killed} commands`).toEqual([]);
      expect((await run()).changes).toEqual([]);
      revertLocally(subject, given, before, host.options);
      expect(state(), `reset after a run after ${killed} commands`).toBe(initial);
    }
  });
});
