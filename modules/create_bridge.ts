import { Type } from 'typebox';
import { CtplayError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { holdersOf, link, linksNamed } from './facts/link.ts';
import { kernelDatapath, ovsBridge } from './facts/ovs.ts';
import { absent, valueOf } from './facts/reading.ts';
import { settled } from './facts/settled.ts';
import { withoutPrefix } from './shared/address.ts';
import { bridgePorts, bridgeSubject, type BridgeFacts } from './shared/bridge.ts';
import { linuxBridgeChanges, linuxBridgeDelete, linuxBridgeRevert } from './shared/bridge-linux.ts';
import { ovsBridgeChanges, ovsBridgeDelete, ovsBridgeRevert } from './shared/bridge-ovs.ts';
import { cidrProblems, forceArgument, interfaceName, interfaceNameProblems, macProblems, mtuArgument, stateArgument, vlanArgument } from './shared/schema.ts';
import { overlapsOnHost, subnetsOf } from './shared/subnets.ts';

/** A bridge of Linux or of Open vSwitch, with its addresses, MTU and ports. */
export default defineModule({
  summary: 'Make a bridge of Linux or of Open vSwitch',
  description: [
    'Makes the bridge, or changes what differs on one that is there. A bridge that ctplay did not make, such as docker0, is changed only in what the task names; it keeps its other addresses and ports, and reset puts back what was there.',
    'A bridge lives until the host is restarted (Linux) or for good (Open vSwitch, whose addresses last until then): run the playbook again after a restart.',
  ].join('\n\n'),
  args: Type.Object({
    name: interfaceName('The bridge, which is also the name of its own interface on the host.'),
    type: Type.Enum(['linux', 'ovs'], { default: 'linux', description: 'A bridge of the Linux kernel, or of Open vSwitch.' }),
    addresses: Type.Optional(Type.Array(Type.String(), { description: "The host's addresses on the bridge, with prefix length. On a bridge that ctplay made, other addresses are removed." })),
    mtu: Type.Optional(mtuArgument('The largest IP packet, in bytes. Left out, it stays as it is.')),
    mac: Type.Optional(Type.String({ description: 'The hardware address. Left out, on a bridge that ctplay made it follows from the first IPv4 address, so that it does not change as ports come and go.' })),
    stp: Type.Optional(Type.Boolean({ description: 'The spanning tree protocol. Left out, it stays as it is: off on a new bridge.' })),
    up: Type.Boolean({ default: true, description: "Whether the bridge's interface is up." }),
    ports: Type.Array(
      Type.Union([
        Type.String({ minLength: 1 }),
        Type.Object({ name: interfaceName('The interface to plug in.'), tag: Type.Optional(vlanArgument('Its VLAN, as an access port. Open vSwitch alone.')) }, { additionalProperties: false }),
      ]),
      { default: [], description: 'Interfaces to plug in: names, or `{name, tag}`. They are set up. Other ports of the bridge are left alone.' },
    ),
    datapath: Type.Enum(['auto', 'system', 'netdev'], {
      default: 'auto',
      description: "Where Open vSwitch forwards packets: `system` in the kernel, `netdev` in user space. `auto` is the kernel's where it has one, else user space.",
    }),
    state: stateArgument,
    force: forceArgument,
  }),
  examples: `
- name: A bridge for containers
  create_bridge:
    name: br-lab
    addresses: [172.20.0.1/24]
    mtu: 1450

- name: A switch with a port in VLAN 100
  create_bridge:
    name: br0
    type: ovs
    ports:
      - { name: eth2, tag: 100 }

- name: Docker's bridge, joined to the switch
  create_bridge:
    name: docker0
    ports: [br0]
`,
  *validate(args) {
    yield* interfaceNameProblems(['name'], args.name);
    yield* macProblems(['mac'], args.mac);
    for (const [index, address] of (args.addresses ?? []).entries()) yield* cidrProblems(['addresses', index], address);
    for (const [index, port] of args.ports.entries()) {
      yield* interfaceNameProblems(typeof port === 'string' ? ['ports', index] : ['ports', index, 'name'], typeof port === 'string' ? port : port.name);
      if (typeof port === 'object' && port.tag !== undefined && args.type === 'linux') {
        yield { path: ['ports', index, 'tag'], message: 'a Linux bridge has no access ports by tag', hint: 'Say `type: ovs`, or leave out the tag.' };
      }
    }
    if (bridgePorts(args).some((port) => port.name === args.name)) yield { path: ['ports'], message: `the bridge ${args.name} can't be its own port` };
    if (args.datapath !== 'auto' && args.type === 'linux') yield { path: ['datapath'], message: 'a Linux bridge has no choice of datapath', hint: 'Say `type: ovs`, or leave out `datapath`.' };
  },
  subject: bridgeSubject,
  facts: (args): BridgeFacts => ({
    link: link(args.name),
    ports: linksNamed(bridgePorts(args).map((port) => port.name)),
    holders: holdersOf((args.addresses ?? []).map(withoutPrefix)),
    ovs: args.type === 'ovs' ? ovsBridge(args.name) : settled(absent),
    kernelDatapath: args.type === 'ovs' ? kernelDatapath : settled(false),
  }),
  *plan(args, now) {
    if (args.state === 'absent') yield* args.type === 'ovs' ? ovsBridgeDelete(args, now) : linuxBridgeDelete(args, now);
    else yield* args.type === 'ovs' ? ovsBridgeChanges(args, now) : linuxBridgeChanges(args, now);
  },
  *revert(args, now, before) {
    yield* args.type === 'ovs' ? ovsBridgeRevert(args, now, before) : linuxBridgeRevert(args, now, before);
  },
  returns(args, { now }) {
    const bridge = valueOf(now.link);
    return { name: args.name, type: args.type, ...(bridge ? { mtu: bridge.mtu, addresses: bridge.addresses, mac: bridge.mac } : {}) };
  },
  *fleetCheck(mine) {
    for (const { placement, a, b } of overlapsOnHost(mine.map((placement) => ({ placement, subnets: subnetsOf(placement) })))) {
      yield new CtplayError('plan.conflict', `the subnets of ${a.of} and ${b.of} overlap on ${placement.host}`, {
        span: placement.span,
        found: `${a.text} and ${b.text}`,
        hint: 'A host can send a packet to one of them only: give each bridge a subnet of its own.',
      });
    }
  },
});
