/** The plan for a veth pair: made in one step where it isn't, updated end by end where it is. */
import { PreconditionError } from '../../src/errors.ts';
import type { Change } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import type { Link } from '../facts/link.ts';
import { offloadOff } from '../facts/offload.ts';
import { valueOf } from '../facts/reading.ts';
import { addressChanges, freshLink, linkTouches, macChange, madeWith, mtuChange, requireLinks, run, upChange } from './link-plan.ts';
import { isMarkedLink, isMarkedRecord, notOurs } from './mark.ts';
import { addPort, ovsTouches, tagChange, vsctl } from './ovs-plan.ts';
import { requireTarget, targetName, type Target } from './target.ts';
import { addressesOf, hostInterface, macInside, nameOfNamespace, paired, refuseTakenInside, requireBridge, vethMark, vethModule, vethSubject, type Plug, type VethArgs, type VethNow } from './veth.ts';

const touches = [...new Set([...linkTouches, ...ovsTouches])];

export function* vethChanges(args: VethArgs, now: VethNow): Generator<Change> {
  const target = requireTarget(args, now.process, now.namespaces);
  const plug = requireBridge(args, now);
  refuseTakenInside(args, now, plug, target.namespace);
  const host = requireLinks(now.host);
  const inside = target.namespace.links.find((one) => one.name === args.interface);
  if (host && inside && paired(host, inside) && isMarkedLink(host)) {
    yield* updates(args, now, target, plug, host, inside, macInside(args));
    return;
  }
  const other = inside && now.veths.value.find((one) => paired(one, inside));
  if (inside && other && !isMarkedLink(other) && isWhole(args, now, target, plug, other, inside)) return;
  yield* making(args, now, target, plug, host, inside, other);
}

/** A pair that a person made, and that is already what the task asks for. */
function isWhole(args: VethArgs, now: VethNow, target: Target, plug: Plug, host: Link, inside: Link): boolean {
  const port = valueOf(now.ovsBridge)?.ports[host.name];
  const facts: VethNow = { ...now, ovsPort: port ? { state: 'present', value: port } : { state: 'absent' } };
  return [...updates({ ...args, host_interface: host.name }, facts, target, plug, host, inside, args.mac)].length === 0;
}

function* making(args: VethArgs, now: VethNow, target: Target, plug: Plug, host: Link | undefined, inside: Link | undefined, other: Link | undefined): Generator<Change> {
  const name = hostInterface(args);
  if (host) refuseForeignHostEnd(args, now, target, host);
  if (inside && (!other || !isMarkedLink(other))) refuseForeignInside(args, now, inside, other);
  const mtu = args.mtu ?? plug.mtu;
  // An end disappears by itself when its namespace does, and with it the other: either may be gone at this moment.
  const gone = [...new Set([host?.name, other?.name].filter((one) => one !== undefined))].map((one) => sh`ip link del dev ${one} 2>/dev/null || true`);
  const goneInside = inside && !other ? [run(target.enter, sh`ip link del dev ${args.interface}`)] : [];
  const mac = macInside(args);
  const create: Change = {
    action: host || inside ? 'replace' : 'create',
    subject: vethSubject(args),
    ...(host || inside ? { from: inside ? { interface: inside.name, addresses: inside.addresses } : { host_interface: host!.name, half_made: true } } : {}),
    to: {
      bridge: plug.name,
      host_interface: name,
      ...(args.tag === undefined ? {} : { tag: args.tag }),
      mtu,
      ...(args.address === undefined ? {} : { addresses: addressesOf(args) }),
      ...(args.gateway === undefined ? {} : { gateway: args.gateway }),
    },
    commands: [...gone, ...goneInside, sh`ip link add name ${name} mtu ${mtu} type veth peer name ${args.interface}${mac === undefined ? nothing : sh` address ${mac}`} mtu ${mtu} netns ${target.netns} && ip link set dev ${name} alias ${vethMark}`],
    touches,
  };
  const fresh = { ...freshLink(name, 'veth'), mtu };
  const freshInside: Link = { ...freshLink(args.interface, 'veth'), mtu, mac: mac ?? '' };
  const empty: Target = { ...target, namespace: { id: target.namespace.id, path: target.namespace.path, links: [], txOffload: plug.userSpace ? { [args.interface]: true } : {} } };
  yield madeWith(create, updates(args, now, empty, plug, fresh, freshInside, mac));
}

function* updates(args: VethArgs, now: VethNow, target: Target, plug: Plug, host: Link, inside: Link, mac: string | undefined): Generator<Change> {
  const subject = vethSubject(args);
  const { enter } = target;
  const mtu = args.mtu ?? plug.mtu;
  yield* plugged(args, now, plug, host);
  yield* mtuChange(`${subject}, host end`, host, mtu);
  yield* upChange(`${subject}, host end`, host, true);
  yield* mtuChange(subject, inside, mtu, undefined, enter);
  yield* macChange(subject, inside, mac, enter);
  yield* addressChanges(subject, inside, addressesOf(args), args.address !== undefined, enter);
  yield* upChange(subject, inside, args.up, enter);
  yield* gatewayChange(args, target, subject);
  if (plug.userSpace && target.namespace.txOffload[inside.name] !== false) {
    yield {
      action: 'update',
      subject: `${subject}: checksum offload`,
      from: 'on',
      to: 'off',
      commands: [run(enter, offloadOff(inside.name, now.ethtool))],
      touches: ['netns'],
      why: 'Open vSwitch in user space does not fill in the checksums that a veth leaves to hardware: TCP would fail while ping works.',
    };
  }
}

function* plugged(args: VethArgs, now: VethNow, plug: Plug, host: Link): Generator<Change> {
  const subject = vethSubject(args);
  const port = valueOf(now.ovsPort);
  if (plug.kind === 'linux') {
    if (host.master === plug.name) return;
    const out = port ? [vsctl(sh`--if-exists del-port ${host.name}`)] : [];
    yield bridgeChange(subject, port?.bridge ?? host.master, plug.name, [...out, sh`ip link set dev ${host.name} master ${plug.name}`]);
  } else if (port?.bridge === plug.name && host.index !== 0) {
    yield* tagChange(subject, port, args.tag ?? null);
  } else {
    const out = host.master === undefined || host.master === 'ovs-system' ? [] : [sh`ip link set dev ${host.name} nomaster`];
    // Of a pair that is gone the switch still has the port.
    yield bridgeChange(subject, port?.bridge ?? host.master, plug.name, [...out, vsctl(sh`--if-exists del-port ${host.name}`, addPort(plug.name, host.name, vethModule, args.tag))]);
  }
}

function bridgeChange(subject: string, from: string | undefined, to: string, commands: readonly Command[]): Change {
  return { action: 'update', subject: `${subject}: bridge`, ...(from === undefined ? {} : { from }), to, commands, touches };
}

function* gatewayChange(args: VethArgs, target: Target, subject: string): Generator<Change> {
  const { gateway } = target.namespace;
  if (args.gateway === undefined || !args.up || (gateway?.via === args.gateway && gateway.interface === args.interface)) return;
  yield {
    action: 'update',
    subject: `${subject}: gateway`,
    ...(gateway === undefined ? {} : { from: `${gateway.via} on ${gateway.interface}` }),
    to: args.gateway,
    commands: [run(target.enter, sh`ip route replace default via ${args.gateway} dev ${args.interface}`)],
    touches: ['netns'],
  };
}

/** A leftover that nothing uses may go; what somebody uses may not. */
function refuseForeignHostEnd(args: VethArgs, now: VethNow, target: Target, host: Link): void {
  const owner = now.namespaces.all().find((one) => one.id !== target.namespace.id && one.links.some((link) => paired(host, link)));
  if (isMarkedLink(host) && owner && !args.force) {
    throw new PreconditionError(`the interface ${host.name} of this host is the end of another container already`, { found: `its other end is in ${nameOfNamespace(owner)}`, hint: 'Name another one with `host_interface`.' });
  }
  const loose = host.kind === 'veth' && host.addresses.length === 0 && host.master === undefined && valueOf(now.ovsPort) === undefined;
  if (args.force || isMarkedLink(host) || loose) return;
  throw new PreconditionError(`an interface ${host.name} exists on this host, and was not made by ctplay`, { hint: 'Name another one with `host_interface`, or add `force: true` to replace it.' });
}

function refuseForeignInside(args: VethArgs, now: VethNow, inside: Link, other: Link | undefined): void {
  const process = valueOf(now.process);
  const byDocker = process !== undefined && !['', 'none'].includes(process.networkMode);
  const halfMade = inside.kind === 'veth' && !byDocker && (!inside.up || inside.addresses.length === 0 || (other !== undefined && other.master === undefined && valueOf(now.ovsBridge)?.ports[other.name] === undefined));
  if (args.force || halfMade) return;
  throw new PreconditionError(`${targetName(args)} has an interface ${args.interface} already, which was not made by ctplay`, {
    found: `${args.interface} with ${inside.addresses.length === 0 ? 'no address' : inside.addresses.join(', ')}${byDocker ? `, from Docker's network ${process.networkMode}` : ''}`,
    hint: byDocker ? 'Choose another name with `interface`, or start the container with `network: none`.' : 'Choose another name with `interface`, or add `force: true` to replace it.',
  });
}

export function* vethDelete(args: VethArgs, now: VethNow): Generator<Change> {
  const host = requireLinks(now.host);
  if (host && !isMarkedLink(host) && !args.force) throw notOurs(`the interface ${host.name}`);
  yield* deletion(args, now, host !== undefined);
}

export function* vethRevert(args: VethArgs, now: VethNow, before: VethNow): Generator<Change> {
  const [host, old] = [valueOf(now.host), valueOf(before.host)];
  yield* deletion(args, now, host !== undefined && isMarkedLink(host) && !(old && isMarkedLink(old)));
}

/** With either end the whole pair goes; the switch's port stays behind by itself. */
function* deletion(args: VethArgs, now: VethNow, withLink: boolean): Generator<Change> {
  const name = hostInterface(args);
  const port = valueOf(now.ovsPort);
  const portGoes = port !== undefined && (withLink || (now.host.state === 'absent' && isMarkedRecord(port)));
  if (!withLink && !portGoes) return;
  yield {
    action: 'delete',
    subject: vethSubject(args),
    from: { host_interface: name, ...(port ? { bridge: port.bridge } : {}) },
    commands: [...(portGoes ? [vsctl(sh`--if-exists del-port ${name}`)] : []), ...(withLink ? [sh`ip link del dev ${name}`] : [])],
    touches,
  };
}
