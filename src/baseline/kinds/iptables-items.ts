/** The items of the kind `iptables`, and when their way back is taken. */
import type { Items, KindStates, RestoreContext } from '../kind.ts';

/** A chain with all its rules, each rule by itself so that it can be told by itself, and what Docker made of its own accord. */
export type FilterItem =
  | { readonly what: 'chain'; readonly policy?: string; readonly rules: readonly string[] }
  | { readonly what: 'rule'; readonly rule: string }
  | { readonly what: 'docker'; readonly rules: readonly string[] };
export type ChainItem = Extract<FilterItem, { what: 'chain' }>;

/** What a state has of iptables. */
export function filterItemsOf(states: KindStates): Items<FilterItem> {
  const reading = states['iptables'];
  return reading?.state === 'present' ? (reading.value as Items<FilterItem>) : {};
}

/** Before packages go, where iptables itself is one of them: the kernel would keep the rules, and nothing would see them. */
export function stageOf({ baseline, now }: RestoreContext): 'switches' | 'firewall' {
  const has = (states: KindStates): boolean => states['package']?.state === 'present' && 'iptables' in states['package'].value;
  return has(now) && !has(baseline) ? 'switches' : 'firewall';
}
