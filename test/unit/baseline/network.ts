/** What the tests of network kinds share: rows of ip(8), and plans as lines of text. */
import type { RawLink } from '../../../modules/facts/link.ts';
import { differencesOf } from '../../../src/baseline/compare.ts';
import { sorted } from '../../../src/baseline/fingerprint.ts';
import { stages, type Difference, type Items, type Json, type KindStates, type ManagementPath, type Restoration, type RestoreContext, type StateKind } from '../../../src/baseline/kind.ts';
import { protection } from '../../../src/baseline/protection.ts';
import type { ReadResult } from '../../../src/module.ts';

export function answer(stdout: string, status = 0, stderr = ''): ReadResult {
  return { status, stdout, stderr };
}

/** A row of `ip -j -d addr show`. */
export function row(ifname: string, type: string, more: Partial<RawLink> & { readonly data?: Record<string, unknown> } = {}): RawLink {
  const { data, ...rest } = more;
  return { ifname, ifindex: 9, flags: ['UP'], mtu: 1500, address: '52:54:00:00:00:01', addr_info: [], ...(type === '' ? {} : { linkinfo: { info_kind: type, ...(data === undefined ? {} : { info_data: data }) } }), ...rest };
}

export const management: ManagementPath = {
  clientAddress: '192.0.2.7',
  clientPort: 50_000,
  serverAddress: '198.51.100.5',
  serverPort: 22,
  links: ['eth0'],
  gateway: '198.51.100.1',
  route: 'default via 198.51.100.1 dev eth0',
  services: ['ssh.service'],
  processes: [],
};

/** A context in which `kind` was `before` and is `now`; of other kinds `others` says what they were and are. */
export function contextOf(kind: string, before: Items, now: Items, { keep = [], others = {} }: { readonly keep?: readonly string[]; readonly others?: Readonly<Record<string, readonly [Items, Items]>> } = {}): RestoreContext {
  const states = (side: 0 | 1): KindStates => Object.fromEntries([[kind, [before, now]] as const, ...Object.entries(others)].map(([name, sides]) => [name, { state: 'present', value: sorted(sides[side]!) as Items }]));
  return { baseline: states(0), now: states(1), management, protects: protection(management, keep), contents: undefined };
}

/** The differences of a kind that are told, as sentences. */
export function told<T extends Json>(kind: StateKind<T, never>, before: Items<T>, now: Items<T>, others: Readonly<Record<string, readonly [Items, Items]>> = {}): string[] {
  return significant(kind, before, now, others).map((one) => `${kind.subject(one)} ${kind.words(one).join(', ')}`);
}

function significant<T extends Json>(kind: StateKind<T, never>, before: Items<T>, now: Items<T>, others: Readonly<Record<string, readonly [Items, Items]>>): Difference<T>[] {
  const { baseline, now: is } = contextOf(kind.name, before, now, { others });
  return (differencesOf(before, now) as Difference<T>[]).filter((one) => kind.follows?.(one, { baseline, now: is }) !== true);
}

/** The way back as it would be applied: `stage: command as typed`, then `left KEY: why`. */
export function wayBack<T extends Json>(kind: StateKind<T, never>, before: Items<T>, now: Items<T>, options: { readonly keep?: readonly string[]; readonly others?: Readonly<Record<string, readonly [Items, Items]>> } = {}): string[] {
  const context = contextOf(kind.name, before, now, options);
  const differences = significant(kind, before, now, options.others ?? {}).filter(({ key }) => context.protects(kind.name, key) === undefined);
  const all = [...(kind.restore?.(differences, context) ?? [])];
  const steps = all.filter((one): one is Restoration => 'stage' in one);
  const inOrder = stages.flatMap((stage) => steps.filter((step) => step.stage === stage));
  const left = all.flatMap((one) => ('why' in one ? [`left ${one.key}: ${one.why}`] : []));
  return [...inOrder.flatMap(({ stage, change }) => (change.typed ?? change.commands).map((command) => `${stage}: ${command.display}`)), ...left];
}
