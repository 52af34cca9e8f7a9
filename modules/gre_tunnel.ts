import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { holdersOf, link, portsOf } from './facts/link.ts';
import { kernelHasModule } from './facts/kernel-module.ts';
import { ovsBridge, ovsPort } from './facts/ovs.ts';
import { absent, valueOf } from './facts/reading.ts';
import { routeTo } from './facts/route.ts';
import { settled } from './facts/settled.ts';
import { greInputs, greSubject, tunnelMtu, type GreFacts, type GreInputs } from './shared/gre.ts';
import { greConflicts } from './shared/gre-fleet.ts';
import { kernelTunnelChanges, kernelTunnelDelete, kernelTunnelRevert } from './shared/gre-kernel.ts';
import { ovsTunnelChanges, ovsTunnelDelete, ovsTunnelRevert } from './shared/gre-ovs.ts';
import { addressProblems, forceArgument, interfaceName, interfaceNameProblems, mtuArgument, stateArgument, vlanArgument } from './shared/schema.ts';

/** Ethernet over GRE to another host, plugged in a bridge. */
export default defineModule({
  summary: 'Connect a bridge to that of another host by a GRE tunnel',
  description: [
    'Carries Ethernet frames to another host over IPv4. The tunnel is a port of an Open vSwitch bridge (`type: ovs`, in the kernel or in user space), or an interface of the kernel (`type: gretap`), which may be plugged in a Linux bridge.',
    "`between: [host1, host2]` makes both ends by one task: each host finds the other's address in its variable `underlay_address`, else in `ansible_host`; on other hosts the task does nothing.",
    "A tunnel takes room in each packet: 38 bytes, 42 with a key, 4 more with `vlans`. The bridge's MTU is lowered to what is left (1462 over 1500), since larger packets would be lost without an error. Ports of the bridge with a larger MTU are named in `warnings`; attach_veth takes the bridge's MTU by itself.",
  ].join('\n\n'),
  args: Type.Object({
    name: interfaceName('The tunnel, which is a port of the bridge (ovs) or an interface of the host (gretap).'),
    type: Type.Enum(['ovs', 'gretap'], { default: 'ovs', description: 'A port of Open vSwitch, or an interface of the kernel.' }),
    bridge: Type.Optional(interfaceName('The bridge to plug it in. Needed for `type: ovs`.')),
    remote: Type.Optional(Type.String({ description: "The other host's address on the underlay." })),
    local: Type.Optional(Type.String({ description: "This host's address on the underlay. Left out, the route to `remote` tells it." })),
    between: Type.Optional(Type.Array(Type.String(), { minItems: 2, maxItems: 2, description: 'The names of the two hosts that the tunnel connects, in place of `remote` and `local`.' })),
    key: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'Tells tunnels between the same hosts apart. The same on both ends.' })),
    tag: Type.Optional(vlanArgument('Only this VLAN passes, untagged in the tunnel. Left out, all pass. Open vSwitch alone.')),
    vlans: Type.Boolean({ default: false, description: 'Frames with VLAN tags pass through the tunnel: leaves 4 bytes for them in the MTU.' }),
    mtu: Type.Optional(mtuArgument("The largest IP packet in the tunnel. Left out, it follows from the underlay's MTU.")),
    lower_mtu: Type.Boolean({ default: true, description: "Lower the bridge's MTU to that of the tunnel where it is larger." }),
    state: stateArgument,
    force: forceArgument,
  }),
  examples: `
- name: A tunnel between two hosts, the same task on both
  gre_tunnel:
    name: gre0
    bridge: br0
    between: [host1, host2]

- name: One end of a tunnel of the kernel
  gre_tunnel:
    name: gre-site2
    type: gretap
    bridge: br-lab
    remote: 10.0.0.4
    local: 10.0.0.3
    key: 7
`,
  *validate(args) {
    yield* interfaceNameProblems(['name'], args.name);
    yield* interfaceNameProblems(['bridge'], args.bridge);
    yield* addressProblems(['remote'], args.remote);
    yield* addressProblems(['local'], args.local);
    if (args.type === 'gretap' && args.tag !== undefined) yield { path: ['tag'], message: 'a tunnel of the kernel has no access VLAN', hint: 'Say `type: ovs`, or leave out the tag.' };
    if (args.type === 'gretap' && /^(gre|gretap|erspan)0$/.test(args.name)) yield { path: ['name'], message: `the kernel keeps the name ${args.name} for itself`, hint: `Choose another one, such as ${args.name.slice(0, -1)}1.` };
    if (args.state === 'absent') return;
    if (args.type === 'ovs' && args.bridge === undefined) yield { path: [], message: 'a tunnel of Open vSwitch needs the bridge that it is a port of', hint: 'Add `bridge: br0`, with its name.' };
    if (args.between === undefined && args.remote === undefined) yield { path: [], message: 'the tunnel needs its other end', hint: 'Add `remote`, or `between: [host1, host2]`.' };
    if (args.between === undefined) {
      if (args.remote !== undefined && args.remote === args.local) yield { path: ['remote'], message: `both ends of the tunnel are ${args.remote}`, hint: '`remote` is the address of the other host.' };
      return;
    }
    if (args.between[0] === args.between[1]) yield { path: ['between'], message: `both ends of the tunnel are ${String(args.between[0])}` };
    for (const name of ['remote', 'local'] as const) {
      if (args[name] !== undefined) yield { path: [name], message: `\`between\` and \`${name}\` exclude each other`, hint: '`between` takes the addresses from the inventory.' };
    }
  },
  subject: greSubject,
  prepare: (args, controller): GreInputs => greInputs(args, controller),
  facts: (args, inputs): GreFacts => greFacts(args, args.state === 'present' ? inputs : {}),
  revertFacts: (args): GreFacts => greFacts(args, {}),
  *plan(args, now, inputs) {
    const kernel = args.type === 'gretap';
    if (args.state === 'absent') yield* kernel ? kernelTunnelDelete(args, now) : ovsTunnelDelete(args, now);
    else if (inputs.remote !== undefined) yield* (kernel ? kernelTunnelChanges : ovsTunnelChanges)(args, now, inputs.remote, inputs.local);
  },
  *revert(args, now, before) {
    yield* args.type === 'gretap' ? kernelTunnelRevert(args, now, before) : ovsTunnelRevert(args, now, before);
  },
  returns(args, { now }, inputs) {
    if (inputs.remote === undefined || args.state === 'absent') return {};
    const mtu = tunnelMtu(args, now);
    const members: { name: string; mtu?: number }[] = Object.values(valueOf(now.ovsBridge)?.ports ?? valueOf(now.ports) ?? {});
    const larger = members.filter((port) => port.name !== args.name && port.mtu !== undefined && port.mtu > mtu);
    return {
      remote: inputs.remote,
      ...(inputs.local === undefined ? {} : { local: inputs.local }),
      mtu,
      ...(larger.length === 0 ? {} : { warnings: larger.map((port) => `${port.name} has the MTU ${String(port.mtu)}: packets over ${mtu} bytes do not pass through ${args.name}`) }),
    };
  },
  fleetCheck: greConflicts,
});

interface Named {
  readonly name: string;
  readonly type: 'ovs' | 'gretap';
  readonly bridge?: string;
}

/** The same for run and reset, which knows no ends. */
function greFacts(args: Named, { remote, local }: GreInputs): GreFacts {
  const ovs = args.type === 'ovs';
  return {
    route: remote === undefined ? settled(absent) : routeTo(remote),
    bridgeLink: args.bridge === undefined ? settled(absent) : link(args.bridge),
    ports: args.bridge === undefined ? settled(absent) : portsOf(args.bridge),
    ovsBridge: ovs && args.bridge !== undefined ? ovsBridge(args.bridge) : settled(absent),
    ovsPort: ovs ? ovsPort(args.name) : settled(absent),
    link: ovs ? settled(absent) : link(args.name),
    kernelHasGre: ovs ? settled(false) : kernelHasModule('ip_gre'),
    holders: holdersOf(local === undefined ? [] : [local]),
  };
}
