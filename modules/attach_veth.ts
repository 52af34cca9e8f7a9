import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { link, portsOf, veths } from './facts/link.ts';
import { namespaces, noNamespaces } from './facts/netns.ts';
import { ovsBridge, ovsPort } from './facts/ovs.ts';
import { absent, Unrecorded, valueOf } from './facts/reading.ts';
import { settled } from './facts/settled.ts';
import { hasTool } from './facts/tool.ts';
import { contains, parseAddress, parseCidr } from './shared/address.ts';
import { addressProblems, cidrProblems, forceArgument, interfaceName, interfaceNameProblems, macProblems, mtuArgument, stateArgument, vlanArgument } from './shared/schema.ts';
import { targetArguments, targetProblems, targetProcess } from './shared/target.ts';
import { addressesOf, hostInterface, vethSubject, type VethFacts } from './shared/veth.ts';
import { vethChanges, vethDelete, vethRevert } from './shared/veth-plan.ts';

/** A network card for a running container, plugged in a bridge of its host. */
export default defineModule({
  summary: 'Plug a running container in a bridge',
  description: [
    'Makes a veth pair from a bridge of the host, of Linux or of Open vSwitch, into the network namespace of a Docker container, a container of LXC or LXD, a named namespace or any process, and sets address, gateway and MTU inside with the tools of the host: the container needs none.',
    'A container that was restarted has lost its interfaces: run the playbook again. A pair that is half made is made anew; a whole one of somebody else is left alone when it is what the task asks for, and refused when it is not.',
    'In a bridge of Open vSwitch in user space, checksum offload is switched off inside, since TCP would fail without it.',
  ].join('\n\n'),
  args: Type.Object({
    ...targetArguments,
    bridge: Type.Optional(interfaceName('The bridge of the host to plug in.')),
    tag: Type.Optional(vlanArgument('The VLAN that it is in. Left out, it is a trunk. Open vSwitch alone.')),
    interface: Type.String({ minLength: 1, default: 'eth0', description: 'The name inside. At most 15 characters.' }),
    address: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())], { description: 'The address inside with its prefix length, or a list of them. Other addresses of the interface are removed.' })),
    gateway: Type.Optional(Type.String({ description: 'The IPv4 address of the default gateway.' })),
    mtu: Type.Optional(mtuArgument('Of both ends. Left out, that of the bridge.')),
    mac: Type.Optional(Type.String({ description: 'The hardware address inside. Left out, it follows from the IPv4 address, as Docker has it, so that neighbours find a restarted container at once.' })),
    up: Type.Boolean({ default: true, description: 'Whether the interface inside is up.' }),
    host_interface: Type.Optional(interfaceName("The host's end. Left out, it is named after the container and the interface, such as web-eth0.")),
    state: stateArgument,
    force: forceArgument,
  }),
  examples: `
- name: A container in the lab's network
  attach_veth:
    container: web
    bridge: br0
    address: 172.15.42.100/24
    gateway: 172.15.42.1

- name: A namespace in VLAN 100 of a switch
  attach_veth:
    netns: blue
    bridge: br0
    tag: 100
    interface: eth1
    address: [10.100.0.7/24, "fd00:100::7/64"]
`,
  *validate(args) {
    yield* targetProblems(args, true);
    yield* interfaceNameProblems(['interface'], args.interface);
    yield* interfaceNameProblems(['host_interface'], args.host_interface);
    yield* interfaceNameProblems(['bridge'], args.bridge);
    yield* macProblems(['mac'], args.mac);
    if (args.state === 'present' && args.bridge === undefined) yield { path: [], message: 'it is not said which bridge to plug in', hint: 'Add `bridge: br0`, with its name.' };
    const addresses = addressesOf(args);
    for (const [index, address] of addresses.entries()) yield* cidrProblems(typeof args.address === 'string' ? ['address'] : ['address', index], address);
    if (args.gateway === undefined) return;
    yield* addressProblems(['gateway'], args.gateway);
    const gateway = parseAddress(args.gateway);
    if (gateway?.family === 6) yield { path: ['gateway'], message: 'the gateway has to be an IPv4 address' };
    const networks = addresses.map(parseCidr).filter((one) => one !== undefined);
    if (gateway?.family === 4 && networks.length > 0 && !networks.some((network) => contains(network, gateway))) {
      yield { path: ['gateway'], message: `the gateway ${args.gateway} is in no network of the interface (${addresses.join(', ')})`, hint: 'Correct the gateway, or the prefix length of the address.' };
    }
  },
  subject: vethSubject,
  facts: (args): VethFacts => ({
    process: targetProcess(args),
    namespaces,
    host: link(hostInterface(args)),
    veths,
    bridge: args.bridge === undefined ? settled(absent) : link(args.bridge),
    ports: args.bridge === undefined ? settled(absent) : portsOf(args.bridge),
    ovsBridge: args.bridge === undefined ? settled(absent) : ovsBridge(args.bridge),
    ovsPort: ovsPort(hostInterface(args)),
    ethtool: hasTool('ethtool'),
  }),
  // The host's end and its port are all that there is to remove.
  revertFacts: (args): VethFacts => ({
    process: settled(absent),
    namespaces: settled(noNamespaces),
    host: link(hostInterface(args)),
    veths: settled(new Unrecorded([])),
    bridge: settled(absent),
    ports: settled(absent),
    ovsBridge: settled(absent),
    ovsPort: ovsPort(hostInterface(args)),
    ethtool: settled(false),
  }),
  *plan(args, now) {
    yield* args.state === 'present' ? vethChanges(args, now) : vethDelete(args, now);
  },
  *revert(args, now, before) {
    yield* vethRevert(args, now, before);
  },
  returns(args, { now }) {
    const host = valueOf(now.host);
    return { interface: args.interface, host_interface: hostInterface(args), ...(host ? { mtu: host.mtu } : {}) };
  },
});
