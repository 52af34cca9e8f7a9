/** GRE as an interface of the kernel (ip-link(8), GRE Type Support). */
import { PreconditionError } from '../../src/errors.ts';
import type { Change } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import type { Link } from '../facts/link.ts';
import { valueOf } from '../facts/reading.ts';
import { greModule, greSubject, mtuReason, refuseUnderlay, tunnelMtu, type GreArgs, type GreNow } from './gre.ts';
import { freshLink, linkTouches, madeWith, mtuChange, requireLinks, upChange } from './link-plan.ts';
import { isMarkedLink, linkMark, notOurs } from './mark.ts';

export function* kernelTunnelChanges(args: GreArgs, now: GreNow, remote: string, given: string | undefined): Generator<Change> {
  const existing = requireLinks(now.link);
  const bridge = requireLinks(now.bridgeLink);
  if (!now.kernelHasGre && !existing) {
    throw new PreconditionError('the kernel of this host has no GRE', { expected: 'the kernel module ip_gre', hint: 'Say `type: ovs`: Open vSwitch carries GRE in user space.' });
  }
  if (args.bridge !== undefined && bridge?.kind !== 'bridge') {
    throw new PreconditionError(bridge ? `${args.bridge} is not a Linux bridge, and the tunnel ${args.name} is one of the kernel` : `there is no bridge ${args.bridge} on this host`, {
      hint: bridge ? 'For a bridge of Open vSwitch say `type: ovs`.' : `Put a task \`create_bridge: {name: ${args.bridge}}\` before this one.`,
    });
  }
  refuseUnderlay(args, now, remote, given);
  const local = given ?? (now.route.state === 'present' ? now.route.value.source : undefined);
  const wanted = { remote, ...(local === undefined ? {} : { local }), ...(args.key === undefined ? {} : { key: args.key }) };
  const make = sh`ip link add name ${args.name} type gretap remote ${remote}${local === undefined ? nothing : sh` local ${local}`}${args.key === undefined ? nothing : sh` key ${args.key}`} && ip link set dev ${args.name} alias ${linkMark(greModule)}`;
  if (existing && sameTunnel(existing, wanted)) {
    yield* settings(args, now, existing);
  } else {
    if (existing && !isMarkedLink(existing) && !args.force) {
      throw new PreconditionError(`an interface ${args.name} exists on this host, and was not made by ctplay`, { found: existing.kind === 'gretap' ? `a GRE tunnel to ${existing.tunnel?.remote ?? 'anywhere'}` : `an interface of kind ${existing.kind || 'network card'}`, hint: 'Choose another name, or add `force: true` to replace it.' });
    }
    const change: Change = {
      action: existing ? 'replace' : 'create',
      subject: greSubject(args),
      ...(existing ? { from: existing.tunnel ?? { kind: existing.kind } } : {}),
      to: wanted,
      commands: [...(existing ? [sh`ip link del dev ${args.name}`] : []), make],
      touches: linkTouches,
    };
    yield madeWith(change, settings(args, now, { ...freshLink(args.name, 'gretap'), mtu: 0 }));
  }
  const limit = tunnelMtu(args, now);
  if (args.lower_mtu && bridge && bridge.mtu > limit) yield* mtuChange(`bridge ${bridge.name}`, bridge, limit, mtuReason(args, now));
}

function* settings(args: GreArgs, now: GreNow, link: Link): Generator<Change> {
  const subject = greSubject(args);
  yield* mtuChange(subject, link, tunnelMtu(args, now));
  if (args.bridge !== undefined && link.master !== args.bridge) {
    yield { action: 'update', subject: `${subject}: bridge`, ...(link.master === undefined ? {} : { from: link.master }), to: args.bridge, commands: [master(args.name, args.bridge)], touches: linkTouches };
  }
  yield* upChange(subject, link, true);
}

function master(name: string, bridge: string | undefined): Command {
  return bridge === undefined ? sh`ip link set dev ${name} nomaster` : sh`ip link set dev ${name} master ${bridge}`;
}

function sameTunnel(link: Link, wanted: { remote: string; local?: string; key?: number }): boolean {
  const { tunnel } = link;
  return link.kind === 'gretap' && tunnel?.remote === wanted.remote && (wanted.local === undefined || tunnel.local === wanted.local) && tunnel.key === wanted.key;
}

export function* kernelTunnelDelete(args: GreArgs, now: GreNow): Generator<Change> {
  const existing = requireLinks(now.link);
  if (!existing) return;
  if (!isMarkedLink(existing) && !args.force) throw notOurs(`the interface ${args.name}`);
  yield deletion(args, existing);
}

export function* kernelTunnelRevert(args: GreArgs, now: GreNow, before: GreNow): Generator<Change> {
  const [link, old] = [valueOf(now.link), valueOf(before.link)];
  if (link && old) {
    yield* mtuChange(greSubject(args), link, old.mtu);
    if (link.master !== old.master) yield { action: 'update', subject: `${greSubject(args)}: bridge`, ...(link.master === undefined ? {} : { from: link.master }), ...(old.master === undefined ? {} : { to: old.master }), commands: [master(args.name, old.master)], touches: linkTouches };
    yield* upChange(greSubject(args), link, old.up);
  } else if (link && isMarkedLink(link)) {
    yield deletion(args, link);
  }
  const [bridge, oldBridge] = [valueOf(now.bridgeLink), valueOf(before.bridgeLink)];
  if (args.lower_mtu && bridge && oldBridge && oldBridge.mtu > bridge.mtu) yield* mtuChange(`bridge ${bridge.name}`, bridge, oldBridge.mtu);
}

function deletion(args: GreArgs, link: Link): Change {
  return { action: 'delete', subject: greSubject(args), from: link.tunnel ?? { kind: link.kind }, commands: [sh`ip link del dev ${args.name}`], touches: linkTouches };
}
