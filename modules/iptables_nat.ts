import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { ruleSet, rulesExist } from './facts/iptables.ts';
import { settled } from './facts/settled.ts';
import { sysctlValue } from './facts/sysctl.ts';
import { parseAddress, parseCidr } from './shared/address.ts';
import { candidateRules, ipForwardName, natChanges, natDelete, natMark, natRevert, natSubject, type NatFacts } from './shared/nat.ts';
import { addressProblems, cidrProblems, interfaceName, interfaceNameProblems } from './shared/schema.ts';

const port = (description: string) => Type.Integer({ minimum: 1, maximum: 65_535, description });

/** The way to the outside for a subnet behind a host. */
export default defineModule({
  summary: 'Let a subnet behind a host reach the outside, and the outside its ports',
  description: [
    'Sets the iptables rules that the containers of a bridge need: masquerading of what leaves the subnet, forwarding from the bridge and of the answers to it, ports of the host that lead to containers, and `ip_forward`. IPv4.',
    "Where Docker runs, which drops what it doesn't know, the forwarding rules stand in its chain DOCKER-USER, else in FORWARD, always before a rule that blocks.",
    'Each rule has a comment that begins with `ctplay` and the subnet; rules of the subnet that are no longer wanted are removed by it. So describe a subnet by one task. Rules last until the host is restarted.',
  ].join('\n\n'),
  args: Type.Object({
    subnet: Type.String({ description: 'The IPv4 network behind the host, as 172.15.42.0/24.' }),
    bridge: Type.Optional(interfaceName('The bridge that it is on. Left out, packets are told by their addresses.')),
    masquerade: Type.Boolean({ default: true, description: "Packets that leave the subnet get the host's address." }),
    out_interface: Type.Optional(interfaceName('Masquerade only what leaves by this interface.')),
    forward: Type.Boolean({ default: true, description: 'Let packets from the subnet, the answers to them, and packets to the `ports` pass.' }),
    ip_forward: Type.Boolean({ default: true, description: 'Switch forwarding on in the kernel.' }),
    ports: Type.Array(
      Type.Object(
        {
          port: port('The port of the host.'),
          to: Type.String({ description: 'The address in the subnet.' }),
          to_port: Type.Optional(port('The port there. Left out, the same.')),
          protocol: Type.Enum(['tcp', 'udp'], { default: 'tcp', description: 'TCP or UDP.' }),
          address: Type.Optional(Type.String({ description: "Only on this address of the host. Left out, on all." })),
        },
        { additionalProperties: false },
      ),
      { default: [], description: 'Ports of the host that lead into the subnet.' },
    ),
    state: Type.Enum(['present', 'absent'], { default: 'present', description: '`absent` removes all rules that ctplay made for the subnet; `ip_forward` stays as it is.' }),
  }),
  examples: `
- name: The way out for a bridge, and a web server on port 8080
  iptables_nat:
    subnet: 172.15.42.0/24
    bridge: docker0
    ports:
      - { port: 8080, to: 172.15.42.100, to_port: 80 }
`,
  *validate(args) {
    yield* cidrProblems(['subnet'], args.subnet);
    if (parseCidr(args.subnet)?.address.family === 6) yield { path: ['subnet'], message: 'NAT is for IPv4; this is an IPv6 network' };
    yield* interfaceNameProblems(['bridge'], args.bridge);
    yield* interfaceNameProblems(['out_interface'], args.out_interface);
    const seen = new Set<string>();
    for (const [index, forward] of args.ports.entries()) {
      yield* addressProblems(['ports', index, 'to'], forward.to);
      yield* addressProblems(['ports', index, 'address'], forward.address);
      if (parseAddress(forward.to)?.family === 6) yield { path: ['ports', index, 'to'], message: 'NAT is for IPv4; this is an IPv6 address' };
      const key = `${forward.address ?? ''} ${forward.port}/${forward.protocol}`;
      if (seen.has(key)) yield { path: ['ports', index, 'port'], message: `the port ${forward.port}/${forward.protocol} leads to two places`, hint: 'Each port of the host can lead to one address.' };
      seen.add(key);
    }
  },
  subject: natSubject,
  facts: (args): NatFacts => ({ rules: ruleSet(natMark(args)), exist: rulesExist(candidateRules(args)), ipForward: sysctlValue(ipForwardName) }),
  revertFacts: (args): NatFacts => ({ rules: ruleSet(natMark(args)), exist: settled({}), ipForward: sysctlValue(ipForwardName) }),
  *plan(args, now) {
    yield* args.state === 'absent' ? natDelete(args, now) : natChanges(args, now);
  },
  *revert(args, now, before) {
    yield* natRevert(args, now, before);
  },
});
