/** Mistakes in tunnels that show only when one looks at both ends, and before any of them is made. */
import { CtplayError } from '../../src/errors.ts';
import type { Placement } from '../../src/module.ts';
import { contains, networksOverlap, networkText, parseAddress } from './address.ts';
import type { GreArgs, GreInputs } from './gre.ts';
import { duplicates, pairs, segments, type TunnelEnd } from './segments.ts';
import { subnetsOf } from './subnets.ts';

/** Conflicts among tunnels, and of tunnels with the addresses that other tasks give. */
export function* greConflicts(mine: readonly Placement[], all: readonly Placement[]): Generator<CtplayError> {
  const ends = mine.flatMap(tunnelEnd);
  for (const end of ends) yield* itself(end);
  yield* twice(ends);
  yield* unequalKeys(ends);
  for (const end of ends) yield* swallowedUnderlay(end, all);
  for (const end of ends) yield* bridgeMtu(end, all);
  for (const addresses of segments(ends, all)) {
    for (const [a, b] of duplicates(addresses)) {
      yield conflict(b.placement, `the address ${b.text.split('/')[0]!} is given twice on one network: to ${a.of} and to ${b.of}`, {
        hint: 'The tunnel makes one network of their bridges: each needs an address of its own.',
      });
    }
    for (const [index, b] of addresses.entries()) {
      const a = addresses.slice(0, index).find((one) => one.cidr.prefix !== b.cidr.prefix && networksOverlap(one.cidr, b.cidr));
      if (a) {
        yield conflict(b.placement, `the subnets of ${a.of} and of ${b.of} overlap but are not the same, on one network`, {
          found: `${networkText(a.text) ?? a.text} and ${networkText(b.text) ?? b.text}`,
          hint: 'The tunnel makes one network of their bridges: give both the same prefix length.',
        });
      }
    }
  }
}

function tunnelEnd(placement: Placement): TunnelEnd[] {
  const args = placement.args as unknown as GreArgs;
  const { remote, local, own } = (placement.inputs ?? {}) as GreInputs;
  if (args.state === 'absent' || remote === undefined) return [];
  return [{ placement, bridge: args.bridge ?? args.name, own: local ?? own, remote, name: args.name, key: args.key }];
}

function* itself(end: TunnelEnd): Generator<CtplayError> {
  if (end.remote !== end.own) return;
  yield conflict(end.placement, `the tunnel ${end.name} on ${end.placement.host} has itself as its other end`, {
    found: `${end.remote} is the address of ${end.placement.host}`,
    hint: '`remote` is the underlay address of the other host; `between: [host1, host2]` finds it by itself.',
  });
}

function* twice(ends: readonly TunnelEnd[]): Generator<CtplayError> {
  for (const [index, b] of ends.entries()) {
    const a = ends.slice(0, index).find((one) => one.placement.host === b.placement.host && one.name !== b.name && one.remote === b.remote && one.key === b.key);
    if (a) {
      yield conflict(b.placement, `the tunnels ${a.name} and ${b.name} on ${b.placement.host} can't be told apart`, {
        found: `both go to ${b.remote} ${b.key === undefined ? 'without a key' : `with the key ${b.key}`}`,
        hint: 'Give each tunnel between the same two hosts a key of its own.',
      });
    }
  }
}

function* unequalKeys(ends: readonly TunnelEnd[]): Generator<CtplayError> {
  const words = (key: number | undefined): string => (key === undefined ? 'no key' : `the key ${key}`);
  for (const [a, b] of pairs(ends)) {
    if (a.key === b.key) continue;
    yield conflict(b.placement, `the two ends of a tunnel have different keys, so nothing would pass`, {
      found: `${a.name} on ${a.placement.host} has ${words(a.key)}, ${b.name} on ${b.placement.host} has ${words(b.key)}`,
      hint: 'Give both the same key.',
    });
  }
}

/** With the other end in a subnet behind the tunnel, the tunnel's packets would be sent into the tunnel. */
function* swallowedUnderlay(end: TunnelEnd, all: readonly Placement[]): Generator<CtplayError> {
  const remote = parseAddress(end.remote);
  if (!remote) return;
  for (const subnet of all.filter((one) => one.host === end.placement.host).flatMap(subnetsOf)) {
    if (!contains(subnet.cidr, remote)) continue;
    yield conflict(end.placement, `the subnet of ${subnet.of} overlaps with the underlay of the tunnel ${end.name} on ${end.placement.host}`, {
      found: `${subnet.text} holds ${end.remote}, the other end of the tunnel`,
      hint: 'Choose another subnet for what goes through the tunnel.',
    });
  }
}

/** Two tasks that would set the bridge's MTU back and forth. */
function* bridgeMtu(end: TunnelEnd, all: readonly Placement[]): Generator<CtplayError> {
  const { mtu, lower_mtu: lower } = end.placement.args as unknown as GreArgs;
  if (mtu === undefined || !lower) return;
  const bridge = all.find((one) => one.host === end.placement.host && one.module === 'create_bridge' && one.args['name'] === end.bridge && Number(one.args['mtu']) > mtu);
  if (!bridge) return;
  yield conflict(bridge, `the bridge ${end.bridge} on ${end.placement.host} is to have a larger MTU than its tunnel ${end.name}`, {
    found: `${String(bridge.args['mtu'])} on the bridge, ${mtu} in the tunnel`,
    hint: "Leave out the bridge's `mtu`: the tunnel's task sets it.",
  });
}

function conflict(placement: Placement, message: string, details: { found?: string; hint: string }): CtplayError {
  return new CtplayError('plan.conflict', message, { span: placement.span, ...details });
}
