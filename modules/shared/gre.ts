/** Ethernet over GRE (RFC 2784, key: RFC 2890): what both ways of making a tunnel have in common. */
import { CtplayError, didYouMean, PreconditionError } from '../../src/errors.ts';
import type { Controller, Fact, Reading, Values } from '../../src/module.ts';
import type { Link } from '../facts/link.ts';
import type { OvsBridge, OvsPort } from '../facts/ovs.ts';
import type { Route } from '../facts/route.ts';
import { parseAddress, withoutPrefix } from './address.ts';

export const greModule = 'gre_tunnel';

export interface GreArgs {
  readonly name: string;
  readonly type: 'ovs' | 'gretap';
  readonly bridge?: string;
  readonly remote?: string;
  readonly local?: string;
  readonly between?: readonly string[];
  readonly key?: number;
  readonly tag?: number;
  readonly vlans: boolean;
  readonly mtu?: number;
  readonly lower_mtu: boolean;
  readonly state: 'present' | 'absent';
  readonly force: boolean;
}

/** What the inventory says of the tunnel, as seen from one host. */
export interface GreInputs {
  /** Undefined on a host that is no end of it. */
  readonly remote?: string;
  readonly local?: string;
  /** The host's own address on the underlay, as far as the inventory tells it. */
  readonly own?: string;
}

export type GreFacts = {
  /** Undefined as an answer where no tunnel is wanted. */
  readonly route: Fact<Reading<Route>>;
  /** The interface of the bridge. */
  readonly bridgeLink: Fact<Reading<Link>>;
  /** Ports of a Linux bridge. */
  readonly ports: Fact<Reading<Record<string, Link>>>;
  readonly ovsBridge: Fact<Reading<OvsBridge>>;
  readonly ovsPort: Fact<Reading<OvsPort>>;
  /** The tunnel's own interface, of kernel tunnels. */
  readonly link: Fact<Reading<Link>>;
  readonly kernelHasGre: Fact<boolean>;
  readonly holders: Fact<Readonly<Record<string, string>>>;
};
export type GreNow = Values<GreFacts>;

export function greSubject(args: { readonly name: string }): string {
  return `GRE tunnel ${args.name}`;
}

/** The ends of the tunnel by the inventory. Throws args.value when it doesn't tell them. */
export function greInputs(args: GreArgs, controller: Controller): GreInputs {
  const own = underlayAddress(controller, controller.hostname);
  if (args.between === undefined) {
    return { ...(args.remote === undefined ? {} : { remote: args.remote }), ...(args.local === undefined ? {} : { local: args.local }), ...(own === undefined ? {} : { own }) };
  }
  const known = controller.groups['all'] ?? [];
  for (const end of args.between) {
    if (known.includes(end)) continue;
    throw new CtplayError('args.value', `the tunnel ${args.name} ends at '${end}', which is no host of the inventory`, { hint: didYouMean(end, known) ?? `The inventory has ${known.join(', ')}.` });
  }
  if (!args.between.includes(controller.hostname)) return {};
  const peer = args.between.find((end) => end !== controller.hostname)!;
  return { remote: required(underlayAddress(controller, peer), peer), local: required(own, controller.hostname), own: required(own, controller.hostname) };
}

/** `underlay_address`, or where that isn't set the address that SSH uses. */
function underlayAddress(controller: Controller, host: string): string | undefined {
  const candidates = [controller.hostVariable(host, 'underlay_address'), controller.hostVariable(host, 'ansible_host'), host];
  return candidates.filter((one) => typeof one === 'string').map(withoutPrefix).find((one) => parseAddress(one) !== undefined);
}

function required(address: string | undefined, host: string): string {
  if (address !== undefined) return address;
  throw new CtplayError('args.value', `the inventory does not tell the address of ${host} that tunnels use`, {
    expected: `the variable underlay_address of ${host}, or an IP address in ansible_host`,
    hint: `Add \`underlay_address: 10.0.0.3\`, with the address that it has, to host_vars/${host}.yaml.`,
  });
}

/** Bytes that the tunnel takes from the underlay's MTU: IPv4 20, GRE 4, Ethernet 14; a key and a VLAN tag 4 each. */
export function greOverhead(args: Pick<GreArgs, 'key' | 'vlans'>): number {
  return 38 + (args.key === undefined ? 0 : 4) + (args.vlans ? 4 : 0);
}

/** The largest IP packet that passes through the tunnel. */
export function tunnelMtu(args: GreArgs, now: GreNow): number {
  const underlay = now.route.state === 'present' ? now.route.value.mtu : 1500;
  return args.mtu ?? underlay - greOverhead(args);
}

/** Why the bridge's MTU has to be that low. */
export function mtuReason(args: GreArgs, now: GreNow): string {
  if (args.mtu !== undefined || now.route.state !== 'present') return `Larger packets do not pass through ${args.name}.`;
  return `${args.name} adds ${greOverhead(args)} bytes to each packet, and ${now.route.value.interface} carries ${now.route.value.mtu}: larger ones would be lost without an error.`;
}

/** Refuses an underlay that can't carry the tunnel. */
export function refuseUnderlay(args: GreArgs, now: GreNow, remote: string, local: string | undefined): void {
  if (now.route.state === 'absent') {
    throw new PreconditionError(`this host has no route to ${remote}, the other end of ${args.name}`, { hint: 'Set up the underlay first, or correct `remote`: `ip route get` on the host shows the way.' });
  }
  if (now.route.state === 'present' && now.route.value.own) {
    throw new PreconditionError(`the other end of ${args.name}, ${remote}, is this host itself`, { hint: '`remote` is the underlay address of the other host.' });
  }
  if (local !== undefined && now.holders[local] === undefined) {
    throw new PreconditionError(`this host does not have the address ${local}, the local end of ${args.name}`, {
      ...(now.route.state === 'present' ? { found: `${now.route.value.source} on ${now.route.value.interface} towards ${remote}` } : {}),
      hint: 'Correct `local`, or the underlay_address of the host in the inventory.',
    });
  }
}
