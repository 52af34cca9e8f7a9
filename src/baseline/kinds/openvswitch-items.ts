/** The items of the kind `openvswitch`: `switch`, `bridge NAME`, `port NAME`. */
import type { Items, KindStates } from '../kind.ts';
import type { BridgeRecord, Columns, PortRecord } from './openvswitch-read.ts';

/** How the kernel has an interface that the switch made. */
export type PortLink = { readonly up: boolean; readonly mtu: number };
export type SwitchItem =
  | { readonly what: 'switch'; readonly managers: readonly string[]; readonly columns: Columns }
  | ({ readonly what: 'bridge' } & BridgeRecord)
  | ({ readonly what: 'port'; readonly link?: PortLink } & PortRecord);

/** What a state has of Open vSwitch. */
export function itemsOf(states: KindStates): Items<SwitchItem> {
  const reading = states['openvswitch'];
  return reading?.state === 'present' ? (reading.value as Items<SwitchItem>) : {};
}
