/** What both kinds of bridges have in common. */
import type { Fact, Reading, Values } from '../../src/module.ts';
import type { Link } from '../facts/link.ts';
import type { OvsBridge } from '../facts/ovs.ts';
import { macFor } from './address.ts';

export const bridgeModule = 'create_bridge';

export interface BridgeArgs {
  readonly name: string;
  readonly type: 'linux' | 'ovs';
  readonly addresses?: readonly string[];
  readonly mtu?: number;
  readonly mac?: string;
  readonly stp?: boolean;
  readonly up: boolean;
  readonly ports: readonly (string | BridgePort)[];
  readonly datapath: 'auto' | 'system' | 'netdev';
  readonly state: 'present' | 'absent';
  readonly force: boolean;
}

export interface BridgePort {
  readonly name: string;
  readonly tag?: number;
}

// A type, not an interface: only types have the implicit index signature that a FactMap asks for.
export type BridgeFacts = {
  /** The bridge's own interface. */
  readonly link: Fact<Reading<Link>>;
  /** The interfaces to plug in. */
  readonly ports: Fact<Reading<Record<string, Link>>>;
  /** Which interfaces have the addresses already. */
  readonly holders: Fact<Readonly<Record<string, string>>>;
  /** Absent for bridges of type linux, for which the switch is not asked. */
  readonly ovs: Fact<Reading<OvsBridge>>;
  readonly kernelDatapath: Fact<boolean>;
};
export type BridgeNow = Values<BridgeFacts>;

/**
 * The hardware address to set: what the task says, else on our own bridges one that follows from the address. A bridge left to itself takes
 * the lowest of its ports' and changes it as they come and go, and neighbours lose their gateway.
 */
export function bridgeMac(args: BridgeArgs, ours: boolean): string | undefined {
  return args.mac?.toLowerCase() ?? (ours ? macFor(args.addresses?.[0]) : undefined);
}

export function bridgePorts(args: BridgeArgs): readonly BridgePort[] {
  return args.ports.map((port) => (typeof port === 'string' ? { name: port } : port));
}

export function bridgeSubject(args: { readonly name: string }): string {
  return `bridge ${args.name}`;
}
