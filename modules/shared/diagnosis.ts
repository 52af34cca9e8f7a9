/** Why an address does not answer: the first hop on the way, from the asker outwards, that is broken. Pure. */
import type { Link } from '../facts/link.ts';
import type { OvsBridge, OvsPort } from '../facts/ovs.ts';
import type { Answer, Surroundings } from '../facts/reachability.ts';
import { contains, parseAddress, parseCidr, withoutPrefix } from './address.ts';

export interface Diagnosis {
  /** What is broken, as a clause: `eth0 of container web is down`. */
  readonly cause: string;
  readonly hint: string;
}

/** `who` is the asker in words; `port` the TCP port that was asked for, if any. */
export function diagnose(who: string, answer: Answer, port: number | undefined, around: Surroundings): Diagnosis {
  if (answer.address === '') return { cause: `the name ${answer.to} stands for no address on this host`, hint: 'Use an address, or add the name to /etc/hosts.' };
  return way(who, answer, around) ?? firstHop(who, answer, around) ?? beyond(answer, port, around);
}

/** The asker's own interface and routes. */
function way(who: string, answer: Answer, around: Surroundings): Diagnosis | undefined {
  const address = parseAddress(answer.address);
  const cards = around.links.filter((link) => link.name !== 'lo');
  const near = cards.find((link) => address !== undefined && link.addresses.some((cidr) => contains(parseCidr(cidr)!, address)));
  const down = (link: Link): Diagnosis => ({ cause: `the interface ${link.name} of ${who} is down`, hint: `Set it up: ip link set ${link.name} up` });
  // Its route is gone with it, and the packets take another one.
  if (near && !near.up) return down(near);
  if (!answer.route) {
    if (cards.length === 0) return { cause: `${who} has no network interface`, hint: 'Plug it in a bridge by a task `attach_veth`.' };
    const used = cards.find((link) => !link.up && link.addresses.length > 0);
    if (used) return down(used);
    if (cards.every((link) => link.addresses.length === 0)) return { cause: `${who} has no address`, hint: 'Give its interface an address.' };
    return { cause: `${who} has no route to ${answer.address}`, hint: 'Give it a gateway, or a route to that network.' };
  }
  const link = around.links.find((one) => one.name === answer.route?.interface);
  if (!link) return undefined;
  if (!link.up) return down(link);
  if (answer.route.own) return undefined;
  if (link.carrier) return undefined;
  const other = hostEnd(link, around);
  return other
    ? { cause: `the other end of ${link.name}, ${other.name} on the host, is down`, hint: `Set it up: ip link set ${other.name} up` }
    : { cause: `the interface ${link.name} of ${who} has no carrier`, hint: 'Its other end, or the cable, is missing.' };
}

/** From the interface to the next hop: bridge, tunnel, ARP. */
function firstHop(who: string, answer: Answer, around: Surroundings): Diagnosis | undefined {
  const { route } = answer;
  if (!route || route.own) return undefined;
  const next = route.gateway ?? answer.address;
  const link = around.links.find((one) => one.name === route.interface);
  // Interfaces without ARP, such as point-to-point tunnels, have no neighbours.
  if (!link || around.neighbours.some((one) => one.address === next && one.interface === route.interface && one.known)) return undefined;
  const segment = segmentOf(link, around);
  const unanswered = `nobody answers ARP for ${next}${next === answer.address ? '' : ', the gateway'}, on ${link.name} of ${who}`;
  if (segment.kind === 'loose') return { cause: `the other end of ${link.name}, ${segment.end.name} on the host, is in no bridge`, hint: 'Plug it in by a task `attach_veth`.' };
  const broken = segment.ports.find((port) => port.error !== undefined);
  if (broken) return { cause: `Open vSwitch can't use the port ${broken.name} of ${broken.bridge}: ${broken.error ?? ''}`, hint: '`ovs-vsctl show` on the host tells more.' };
  const down = segment.bridges.find((one) => !one.up);
  if (down) return { cause: `the bridge ${down.name} of the host is down`, hint: `Set it up: ip link set ${down.name} up` };
  const silent = segment.tunnels.find((one) => around.underlay[one.remote] === false);
  if (silent) return { cause: `the other end of the tunnel ${silent.name}, ${silent.remote}, does not answer on the underlay`, hint: 'Check the network between the hosts, and that the other host runs.' };
  const [tunnel] = segment.tunnels;
  return {
    cause: unanswered,
    hint: tunnel
      ? `Is the address up on the other side? The tunnel ${tunnel.name} reaches ${tunnel.remote}, but there its other end may be missing, have another key, or be in another bridge.`
      : `Is the address up, and in the same bridge${segment.tag === undefined ? '' : ` and in VLAN ${segment.tag}`}?`,
  };
}

/** The next hop is there: what lies behind it, or on it. */
function beyond(answer: Answer, port: number | undefined, around: Surroundings): Diagnosis {
  if (/refused/i.test(answer.message)) return { cause: `${answer.address} is there, but nothing listens on its port ${port ?? ''}`.trimEnd(), hint: 'Start the service, or correct the port.' };
  const gateway = answer.route?.gateway;
  if (gateway === undefined) {
    return port === undefined
      ? { cause: `${answer.address} is there (it answers ARP), but does not answer ping`, hint: 'A firewall on it may drop ICMP.' }
      : { cause: `${answer.address} is there, but does not answer on port ${port}`, hint: 'A firewall on it may drop the port.' };
  }
  const own = around.hostLinks.some((link) => link.addresses.some((cidr) => withoutPrefix(cidr) === gateway));
  if (own && !around.ipForward) return { cause: `the gateway ${gateway} is this host, and ip_forward is off on it`, hint: 'Add a task `iptables_nat` for the subnet.' };
  if (own && around.forwardDrops) return { cause: `the gateway ${gateway}, which is this host, answers, but nothing comes back from ${answer.address} through it`, hint: 'The policy of its chain FORWARD is DROP: add a task `iptables_nat` for the subnet.' };
  return { cause: `the gateway ${gateway} answers, but nothing comes back from ${answer.address} behind it`, hint: own ? 'Without masquerading the answers find no way back: add a task `iptables_nat` for the subnet.' : 'Check the routes and the firewall of the gateway.' };
}

interface Segment {
  readonly kind: 'plugged';
  readonly bridges: readonly Link[];
  readonly ports: readonly OvsPort[];
  readonly tunnels: readonly { name: string; remote: string }[];
  readonly tag?: number;
}

/** What the host has on the same Ethernet as the asker's interface: the bridge of its other end, and bridges joined to that. */
function segmentOf(link: Link, around: Surroundings): Segment | { readonly kind: 'loose'; readonly end: Link } {
  const end = link.kind === 'veth' ? hostEnd(link, around) : undefined;
  const start = end ?? link;
  const names = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name === undefined || name === 'ovs-system' || names.has(name)) return;
    names.add(name);
    const ports = [...around.hostLinks.filter((one) => one.master === name).map((one) => one.name), ...Object.keys(switchOf(name, around)?.ports ?? {})];
    // A port that is itself a bridge joins the two.
    for (const port of ports) if (switchOf(port, around) || around.hostLinks.some((one) => one.name === port && one.kind === 'bridge')) add(port);
    add(around.hostLinks.find((one) => one.name === name)?.master);
  };
  const own = around.bridges.find((one) => one.ports[start.name])?.name ?? start.master;
  if (end && own === undefined) return { kind: 'loose', end };
  add(own ?? (start.kind === 'bridge' || switchOf(start.name, around) ? start.name : undefined));
  const bridges = around.hostLinks.filter((one) => names.has(one.name));
  const ports = around.bridges.filter((one) => names.has(one.name)).flatMap((one) => Object.values(one.ports));
  const overKernel = around.hostLinks.flatMap((one) => (one.master !== undefined && names.has(one.master) && one.tunnel?.remote !== undefined ? [{ name: one.name, remote: one.tunnel.remote }] : []));
  const overSwitch = ports.flatMap((port) => (port.options['remote_ip'] === undefined ? [] : [{ name: port.name, remote: port.options['remote_ip'] }]));
  const tag = ports.find((port) => port.name === start.name)?.tag;
  return { kind: 'plugged', bridges, ports, tunnels: [...overKernel, ...overSwitch], ...(tag === undefined ? {} : { tag }) };
}

function switchOf(name: string, around: Surroundings): OvsBridge | undefined {
  return around.bridges.find((one) => one.name === name);
}

function hostEnd(link: Link, around: Surroundings): Link | undefined {
  return link.peerElsewhere === true ? around.hostLinks.find((one) => one.index === link.peerIndex && one.peerIndex === link.index) : undefined;
}
