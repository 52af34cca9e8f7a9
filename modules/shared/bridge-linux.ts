/** A bridge of the Linux kernel (ip-link(8), bridge(8)). */
import { PreconditionError } from '../../src/errors.ts';
import type { Change } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import type { Link } from '../facts/link.ts';
import { valueOf } from '../facts/reading.ts';
import { bridgeMac, bridgeModule, bridgePorts, bridgeSubject, type BridgeArgs, type BridgeNow } from './bridge.ts';
import { addressChanges, freshLink, linkTouches, macChange, madeWith, mtuChange, refuseTaken, requireLinks, upChange } from './link-plan.ts';
import { isMarkedLink, linkMark, notOurs } from './mark.ts';

export function* linuxBridgeChanges(args: BridgeArgs, now: BridgeNow): Generator<Change> {
  const subject = bridgeSubject(args);
  const existing = requireLinks(now.link);
  if (existing && existing.kind !== 'bridge') {
    throw new PreconditionError(`${args.name} exists on this host and is not a Linux bridge`, {
      found: existing.kind === '' ? 'a network card' : `an interface of kind ${existing.kind}`,
      hint: 'Choose another name; for a bridge of Open vSwitch say `type: ovs`.',
    });
  }
  refuseTaken(args.addresses ?? [], now.holders, args.name);
  const ports = [...portChanges(args, now)];
  if (existing) {
    yield* settings(subject, existing, args, isMarkedLink(existing), narrowest(now));
  } else {
    const create: Change = {
      action: 'create',
      subject,
      to: described(args),
      commands: [sh`ip link add name ${args.name} type bridge && ip link set dev ${args.name} alias ${linkMark(bridgeModule)}`],
      touches: linkTouches,
    };
    yield madeWith(create, settings(subject, { ...freshLink(args.name, 'bridge'), stp: false }, args, true, narrowest(now)));
  }
  yield* ports;
}

function* settings(subject: string, link: Link, args: BridgeArgs, ours: boolean, narrowest: number): Generator<Change> {
  yield* stpChange(subject, link, args.stp);
  yield* macChange(subject, link, bridgeMac(args, ours));
  if (args.mtu !== undefined) yield* mtuChange(subject, link, args.mtu);
  else if (narrowest < link.mtu) yield* mtuChange(subject, link, narrowest, 'One of its ports carries no larger packets.');
  yield* addressChanges(subject, link, args.addresses ?? [], ours && args.addresses !== undefined);
  yield* upChange(subject, link, args.up);
}

/** The smallest MTU of the ports. The kernel follows it by itself, but not where Docker or a person once set the bridge's MTU. */
function narrowest(now: BridgeNow): number {
  return Math.min(...Object.values(valueOf(now.ports) ?? {}).map((port) => port.mtu));
}

function* stpChange(subject: string, link: Link, wanted: boolean | undefined): Generator<Change> {
  if (wanted === undefined || link.stp === wanted) return;
  yield {
    action: 'update',
    subject: `${subject}: stp`,
    from: link.stp,
    to: wanted,
    commands: [sh`ip link set dev ${link.name} type bridge stp_state ${wanted ? 1 : 0}`],
    touches: linkTouches,
  };
}

function* portChanges(args: BridgeArgs, now: BridgeNow): Generator<Change> {
  const links = requireLinks(now.ports) ?? {};
  for (const { name } of bridgePorts(args)) {
    const port = links[name];
    if (!port) throw new PreconditionError(`there is no interface ${name} to plug in ${args.name}`, { hint: 'Make it by an earlier task, or correct the name; `ip link` on the host lists what is there.' });
    const subject = `${bridgeSubject(args)}: port ${name}`;
    if (port.master !== args.name) {
      refusePort(port, args);
      yield { action: 'update', subject, ...(port.master === undefined ? {} : { from: port.master }), to: args.name, commands: [sh`ip link set dev ${name} master ${args.name}`], touches: linkTouches };
    }
    yield* upChange(subject, port, true);
  }
}

/** A port loses its addresses' use at once: the way to lock oneself out of a host. */
function refusePort(port: Link, args: BridgeArgs): void {
  if (args.force) return;
  if (port.master !== undefined) {
    throw new PreconditionError(`the interface ${port.name} is a port of ${port.master === 'ovs-system' ? 'an Open vSwitch bridge' : port.master} already`, {
      hint: 'Take it out there first, or add `force: true` to move it.',
    });
  }
  if (port.addresses.length > 0) {
    throw new PreconditionError(`the interface ${port.name} has an address, which would stop working if it were a port of ${args.name}`, {
      found: port.addresses.join(', '),
      hint: 'Give the address to the bridge, or add `force: true` if nothing depends on it.',
    });
  }
}

export function* linuxBridgeDelete(args: BridgeArgs, now: BridgeNow): Generator<Change> {
  const existing = requireLinks(now.link);
  if (!existing) return;
  if (existing.kind !== 'bridge') throw new PreconditionError(`${args.name} exists on this host and is not a Linux bridge`, { hint: 'Nothing was deleted. For a bridge of Open vSwitch say `type: ovs`.' });
  if (!isMarkedLink(existing) && !args.force) throw notOurs(bridgeSubject(args));
  yield deletion(args, existing);
}

export function* linuxBridgeRevert(args: BridgeArgs, now: BridgeNow, before: BridgeNow): Generator<Change> {
  const link = valueOf(now.link);
  const old = valueOf(before.link);
  if (link?.kind === 'bridge') {
    if (old) {
      const subject = bridgeSubject(args);
      if (args.stp !== undefined) yield* stpChange(subject, link, old.stp);
      if (args.mac !== undefined) yield* macChange(subject, link, old.mac);
      yield* mtuChange(subject, link, args.mtu === undefined ? Math.max(old.mtu, link.mtu) : old.mtu);
      if (args.addresses !== undefined) yield* addressesBack(subject, link, old, args.addresses);
      yield* upChange(subject, link, old.up);
    } else if (isMarkedLink(link)) {
      yield deletion(args, link);
    }
  }
  yield* portsBack(args, now, before);
}

/** Takes away the addresses that the task gave, and gives back those that it took. */
export function* addressesBack(subject: string, link: Link, old: Link, given: readonly string[]): Generator<Change> {
  const others = link.addresses.filter((cidr) => !given.includes(cidr));
  yield* addressChanges(subject, link, [...new Set([...old.addresses, ...others])], true);
}

function* portsBack(args: BridgeArgs, now: BridgeNow, before: BridgeNow): Generator<Change> {
  const links = valueOf(now.ports) ?? {};
  const oldLinks = valueOf(before.ports) ?? {};
  for (const { name } of bridgePorts(args)) {
    const port = links[name];
    const old = oldLinks[name];
    if (!port) continue;
    const subject = `${bridgeSubject(args)}: port ${name}`;
    if (port.master === args.name && old?.master !== args.name) {
      const back = old?.master === undefined ? sh`ip link set dev ${name} nomaster` : sh`ip link set dev ${name} master ${old.master}`;
      yield { action: 'update', subject, from: args.name, ...(old?.master === undefined ? {} : { to: old.master }), commands: [back], touches: linkTouches };
    }
    yield* upChange(subject, port, old?.up);
  }
}

function deletion(args: BridgeArgs, link: Link): Change {
  return { action: 'delete', subject: bridgeSubject(args), from: { type: 'linux', mtu: link.mtu, addresses: link.addresses }, commands: [sh`ip link del dev ${args.name}`], touches: linkTouches };
}

function described(args: BridgeArgs): Record<string, unknown> {
  return { type: args.type, ...(args.mtu === undefined ? {} : { mtu: args.mtu }), ...(args.addresses === undefined ? {} : { addresses: args.addresses }) };
}
