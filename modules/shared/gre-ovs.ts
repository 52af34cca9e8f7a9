/** GRE as a port of an Open vSwitch bridge (ovs-vswitchd.conf.db(5), Tunnel Options). */
import { PreconditionError } from '../../src/errors.ts';
import type { Change } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import type { OvsPort } from '../facts/ovs.ts';
import { valueOf } from '../facts/reading.ts';
import { ovsMtuChange } from './bridge-ovs.ts';
import { greModule, greSubject, mtuReason, refuseUnderlay, tunnelMtu, type GreArgs, type GreNow } from './gre.ts';
import { isMarkedRecord, notOurs } from './mark.ts';
import { addPort, requireOvs, tagChange, transaction } from './ovs-plan.ts';

interface Ends {
  readonly remote?: string;
  readonly local?: string;
  readonly key?: string;
}

export function* ovsTunnelChanges(args: GreArgs, now: GreNow, remote: string, local: string | undefined): Generator<Change> {
  const bridgeName = args.bridge!;
  const bridge = requireOvs(now.ovsBridge);
  if (!bridge) {
    const linux = valueOf(now.bridgeLink)?.kind === 'bridge';
    throw new PreconditionError(linux ? `${bridgeName} is a Linux bridge, and the tunnel ${args.name} is one of Open vSwitch` : `there is no Open vSwitch bridge ${bridgeName} on this host`, {
      hint: linux ? 'Say `type: gretap` for a tunnel of the kernel.' : `Put a task \`create_bridge: {name: ${bridgeName}, type: ovs}\` before this one.`,
    });
  }
  refuseUnderlay(args, now, remote, local);
  const wanted: Ends = { remote, ...(local === undefined ? {} : { local }), ...(args.key === undefined ? {} : { key: String(args.key) }) };
  const port = requireOvs(now.ovsPort);
  if (!port) {
    yield { action: 'create', subject: greSubject(args), to: { bridge: bridgeName, ...wanted, ...vlan(args.tag) }, ...transaction(addPort(bridgeName, args.name, greModule, args.tag), setEnds(args.name, wanted)) };
  } else if (port.bridge !== bridgeName) {
    if (!isMarkedRecord(port) && !args.force) {
      throw new PreconditionError(`a port ${args.name} exists on another bridge, ${port.bridge}, and was not made by ctplay`, { hint: 'Choose another name, or add `force: true` to move it.' });
    }
    yield {
      action: 'replace',
      subject: greSubject(args),
      from: { bridge: port.bridge, ...endsOf(port), ...vlan(port.tag) },
      to: { bridge: bridgeName, ...wanted, ...vlan(args.tag) },
      ...transaction(sh`del-port ${port.bridge} ${args.name}`, addPort(bridgeName, args.name, greModule, args.tag), setEnds(args.name, wanted)),
    };
  } else {
    yield* endsChange(args, port, wanted);
    yield* tagChange(greSubject(args), port, args.tag ?? null);
    if (port.error !== undefined && port.type === 'gre' && sameEnds(endsOf(port), wanted)) {
      throw new PreconditionError(`Open vSwitch can't set up the tunnel ${args.name}`, { found: port.error, hint: 'Often another tunnel with the same remote and key exists: `ovs-vsctl show` lists them.' });
    }
  }
  const link = valueOf(now.bridgeLink);
  const limit = tunnelMtu(args, now);
  if (args.lower_mtu && link && link.mtu > limit) yield* ovsMtuChange(`bridge ${bridgeName}`, link, limit, mtuReason(args, now));
}

export function* ovsTunnelDelete(args: GreArgs, now: GreNow): Generator<Change> {
  if (now.ovsPort.state === 'unavailable' && now.ovsPort.reason === 'not-installed') return;
  const port = requireOvs(now.ovsPort);
  if (!port) return;
  if (!isMarkedRecord(port) && !args.force) throw notOurs(`the port ${args.name} of ${port.bridge}`);
  yield deletion(args, port);
}

export function* ovsTunnelRevert(args: GreArgs, now: GreNow, before: GreNow): Generator<Change> {
  const port = valueOf(now.ovsPort);
  const old = valueOf(before.ovsPort);
  if (port && old && old.bridge === port.bridge) {
    yield* endsChange(args, port, endsOf(old), old.type);
    yield* tagChange(greSubject(args), port, old.tag ?? null);
  } else if (port && isMarkedRecord(port)) {
    yield deletion(args, port);
  }
  const [link, oldLink] = [valueOf(now.bridgeLink), valueOf(before.bridgeLink)];
  if (args.lower_mtu && link && oldLink && oldLink.mtu > link.mtu) yield* ovsMtuChange(`bridge ${args.bridge ?? link.name}`, link, oldLink.mtu);
}

function* endsChange(args: GreArgs, port: OvsPort, wanted: Ends, type = 'gre'): Generator<Change> {
  const current = endsOf(port);
  if (port.type === type && sameEnds(current, wanted)) return;
  const gone = (['local_ip', 'key'] as const).filter((option) => option in port.options && wanted[option === 'key' ? 'key' : 'local'] === undefined);
  yield {
    action: 'update',
    subject: `${greSubject(args)}: ends`,
    from: current,
    to: wanted,
    ...transaction(...(gone.length > 0 ? [sh`remove interface ${args.name} options ${gone}`] : []), setEnds(args.name, wanted, type)),
  };
}

function setEnds(name: string, ends: Ends, type = 'gre'): Command {
  const options = [...(ends.remote === undefined ? [] : [`options:remote_ip=${ends.remote}`]), ...(ends.local === undefined ? [] : [`options:local_ip=${ends.local}`]), ...(ends.key === undefined ? [] : [`options:key=${ends.key}`])];
  return sh`set interface ${name} ${`type=${type === '' ? '""' : type}`} ${options}`;
}

function endsOf(port: OvsPort): Ends {
  const { remote_ip: remote, local_ip: local, key } = port.options;
  return { ...(remote === undefined ? {} : { remote }), ...(local === undefined ? {} : { local }), ...(key === undefined ? {} : { key }) };
}

function sameEnds(a: Ends, b: Ends): boolean {
  return a.remote === b.remote && a.local === b.local && a.key === b.key;
}

function vlan(tag: number | undefined): { tag?: number } {
  return tag === undefined ? {} : { tag };
}

function deletion(args: GreArgs, port: OvsPort): Change {
  return { action: 'delete', subject: greSubject(args), from: { bridge: port.bridge, ...endsOf(port), ...vlan(port.tag) }, ...transaction(sh`--if-exists del-port ${port.bridge} ${args.name}`) };
}
