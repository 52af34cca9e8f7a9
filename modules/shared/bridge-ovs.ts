/** A bridge of Open vSwitch (ovs-vsctl(8)). */
import { PreconditionError } from '../../src/errors.ts';
import type { Change } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import type { Link } from '../facts/link.ts';
import type { OvsBridge } from '../facts/ovs.ts';
import { valueOf } from '../facts/reading.ts';
import { bridgeMac, bridgeModule, bridgePorts, bridgeSubject, type BridgeArgs, type BridgeNow } from './bridge.ts';
import { addressesBack } from './bridge-linux.ts';
import { addressChanges, freshLink, madeWith, refuseTaken, requireLinks, upChange } from './link-plan.ts';
import { isMarkedRecord, notOurs, ovsMark } from './mark.ts';
import { addPort, ovsTouches, requireOvs, tagChange, transaction, vsctl } from './ovs-plan.ts';

export function* ovsBridgeChanges(args: BridgeArgs, now: BridgeNow): Generator<Change> {
  const subject = bridgeSubject(args);
  const bridge = requireOvs(now.ovs);
  const link = requireLinks(now.link);
  if (!bridge && link) {
    throw new PreconditionError(`an interface ${args.name} exists on this host, so Open vSwitch can't make a bridge of that name`, {
      found: link.kind === 'bridge' ? 'a Linux bridge' : `an interface of kind ${link.kind || 'network card'}`,
      hint: 'Choose another name, or delete what is there.',
    });
  }
  refuseTaken(args.addresses ?? [], now.holders, args.name);
  const ports = [...portChanges(args, now, bridge)];
  if (bridge) {
    yield* datapathChange(args, bridge, now.kernelDatapath);
    if (!link && datapathFits(args, bridge, now.kernelDatapath)) {
      throw new PreconditionError(`Open vSwitch knows the bridge ${args.name} but did not make its interface`, { hint: 'ovs-vsctl show, and the log of ovs-vswitchd, on the host say why.' });
    }
    yield* settings(args, bridge, link ?? freshLink(args.name, ''), isMarkedRecord(bridge));
  } else {
    const datapath = args.datapath === 'auto' ? (now.kernelDatapath ? 'system' : 'netdev') : args.datapath;
    const fresh: OvsBridge = { name: args.name, datapathType: datapath, stp: false, externalIds: {}, ports: {} };
    const create: Change = {
      action: 'create',
      subject,
      to: { type: 'ovs', datapath, ...(args.mtu === undefined ? {} : { mtu: args.mtu }), ...(args.addresses === undefined ? {} : { addresses: args.addresses }) },
      commands: [vsctl(sh`add-br ${args.name}`, sh`set bridge ${args.name} ${`datapath_type=${datapath}`} ${`external_ids:${ovsMark}=${bridgeModule}`}`)],
      touches: ovsTouches,
      ...(args.datapath === 'auto' && datapath === 'netdev' ? { why: 'The kernel has no Open vSwitch datapath, so packets are forwarded in user space.' } : {}),
    };
    yield madeWith(create, settings(args, fresh, freshLink(args.name, ''), true));
  }
  yield* ports;
}

/** With `auto` whatever works may stay. */
function datapathFits(args: BridgeArgs, bridge: OvsBridge, kernel: boolean): boolean {
  const current = bridge.datapathType || 'system';
  return args.datapath === 'auto' ? current === 'netdev' || kernel : current === args.datapath;
}

function* datapathChange(args: BridgeArgs, bridge: OvsBridge, kernel: boolean): Generator<Change> {
  if (datapathFits(args, bridge, kernel)) return;
  yield datapathTo(args, bridge, args.datapath === 'auto' ? 'netdev' : args.datapath);
}

function datapathTo(args: BridgeArgs, bridge: OvsBridge, wanted: string): Change {
  return {
    action: 'update',
    subject: `${bridgeSubject(args)}: datapath`,
    from: bridge.datapathType || 'system',
    to: wanted,
    ...transaction(sh`set bridge ${args.name} ${`datapath_type=${wanted}`}`),
  };
}

function* settings(args: BridgeArgs, bridge: OvsBridge, link: Link, ours: boolean): Generator<Change> {
  const subject = bridgeSubject(args);
  yield* stpChange(args, bridge, args.stp);
  yield* macChange(subject, link, bridgeMac(args, ours));
  yield* ovsMtuChange(subject, link, args.mtu);
  yield* addressChanges(subject, link, args.addresses ?? [], ours && args.addresses !== undefined);
  yield* upChange(subject, link, args.up);
}

function* stpChange(args: BridgeArgs, bridge: OvsBridge, wanted: boolean | undefined): Generator<Change> {
  if (wanted === undefined || bridge.stp === wanted) return;
  yield { action: 'update', subject: `${bridgeSubject(args)}: stp`, from: bridge.stp, to: wanted, ...transaction(sh`set bridge ${args.name} ${`stp_enable=${String(wanted)}`}`) };
}

/** The switch gives its bridges their hardware addresses itself. */
function* macChange(subject: string, link: Link, wanted: string | undefined): Generator<Change> {
  if (wanted === undefined || link.mac === wanted) return;
  yield { action: 'update', subject: `${subject}: mac`, from: link.mac, to: wanted, ...transaction(sh`set bridge ${link.name} ${`other_config:hwaddr="${wanted}"`}`) };
}

/** The switch sets the MTU of its own interfaces itself, and undoes what `ip link` sets. */
export function* ovsMtuChange(subject: string, link: Link, wanted: number | undefined, why?: string): Generator<Change> {
  if (wanted === undefined || link.mtu === wanted) return;
  yield {
    action: 'update',
    subject: `${subject}: mtu`,
    from: link.mtu,
    to: wanted,
    ...transaction(sh`set interface ${link.name} ${`mtu_request=${wanted}`}`),
    ...(why === undefined ? {} : { why }),
  };
}

function* portChanges(args: BridgeArgs, now: BridgeNow, bridge: OvsBridge | undefined): Generator<Change> {
  const links = requireLinks(now.ports) ?? {};
  for (const { name, tag } of bridgePorts(args)) {
    const subject = `${bridgeSubject(args)}: port ${name}`;
    const link = links[name];
    const port = bridge?.ports[name];
    if (!link) throw new PreconditionError(`there is no interface ${name} to plug in ${args.name}`, { hint: 'Make it by an earlier task, or correct the name; `ip link` on the host lists what is there.' });
    if (port) {
      yield* tagChange(subject, port, tag);
    } else {
      refusePort(link, args);
      const free = link.master === undefined || link.master === 'ovs-system' ? [] : [sh`ip link set dev ${name} nomaster`];
      yield { action: 'update', subject, ...(link.master === undefined ? {} : { from: link.master }), to: args.name, commands: [...free, vsctl(sh`--if-exists del-port ${name}`, addPort(args.name, name, bridgeModule, tag))], touches: ovsTouches };
    }
    yield* upChange(subject, link, true);
  }
}

function refusePort(link: Link, args: BridgeArgs): void {
  if (args.force) return;
  if (link.master !== undefined) {
    throw new PreconditionError(`the interface ${link.name} is a port of ${link.master === 'ovs-system' ? 'another Open vSwitch bridge' : link.master} already`, { hint: 'Take it out there first, or add `force: true` to move it.' });
  }
  if (link.addresses.length > 0) {
    throw new PreconditionError(`the interface ${link.name} has an address, which would stop working if it were a port of ${args.name}`, {
      found: link.addresses.join(', '),
      hint: 'Give the address to the bridge, or add `force: true` if nothing depends on it.',
    });
  }
}

export function* ovsBridgeDelete(args: BridgeArgs, now: BridgeNow): Generator<Change> {
  // Without the switch there is none of its bridges.
  if (now.ovs.state === 'unavailable' && now.ovs.reason === 'not-installed') return;
  const bridge = requireOvs(now.ovs);
  if (!bridge) return;
  if (!isMarkedRecord(bridge) && !args.force) throw notOurs(bridgeSubject(args));
  yield deletion(args, bridge);
}

export function* ovsBridgeRevert(args: BridgeArgs, now: BridgeNow, before: BridgeNow): Generator<Change> {
  const bridge = valueOf(now.ovs);
  const old = valueOf(before.ovs);
  if (bridge && old) {
    const subject = bridgeSubject(args);
    const [link, oldLink] = [valueOf(now.link), valueOf(before.link)];
    if ((old.datapathType || 'system') !== (bridge.datapathType || 'system')) yield datapathTo(args, bridge, old.datapathType || 'system');
    if (args.stp !== undefined) yield* stpChange(args, bridge, old.stp);
    if (link && oldLink) {
      if (args.mac !== undefined) yield* macChange(subject, link, oldLink.mac);
      if (args.mtu !== undefined) yield* ovsMtuChange(subject, link, oldLink.mtu);
      if (args.addresses !== undefined) yield* addressesBack(subject, link, oldLink, args.addresses);
      yield* upChange(subject, link, oldLink.up);
    }
    const added = bridgePorts(args).filter(({ name }) => bridge.ports[name] && !old.ports[name]);
    for (const { name } of added) {
      yield { action: 'update', subject: `${subject}: port ${name}`, from: args.name, ...transaction(sh`--if-exists del-port ${args.name} ${name}`) };
    }
  } else if (bridge && isMarkedRecord(bridge)) {
    yield deletion(args, bridge);
  }
  yield* portsBack(args, now, before);
}

/** What plugging in changed on the interfaces themselves. */
function* portsBack(args: BridgeArgs, now: BridgeNow, before: BridgeNow): Generator<Change> {
  const links = valueOf(now.ports) ?? {};
  for (const [name, old] of Object.entries(valueOf(before.ports) ?? {})) {
    const link = links[name];
    if (link) yield* upChange(`${bridgeSubject(args)}: port ${name}`, link, old.up);
  }
}

function deletion(args: BridgeArgs, bridge: OvsBridge): Change {
  return { action: 'delete', subject: bridgeSubject(args), from: { type: 'ovs', ports: Object.keys(bridge.ports).sort() }, ...transaction(sh`--if-exists del-br ${args.name}`) };
}
