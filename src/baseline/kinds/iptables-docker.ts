/** Docker's own rules of iptables: what they say about what else differs, and their way back. */
import { sameValue } from '../fingerprint.ts';
import type { Difference, Items, KindStates, Remainder, Restoration, RestoreContext } from '../kind.ts';
import { sh } from '../../shell.ts';
import { stageOf, type FilterItem } from './iptables-items.ts';
import type { Family } from './iptables-read.ts';
import { tableCommand } from './iptables-restore.ts';
import { surplus } from './words.ts';

const bridgeOption = 'com.docker.network.bridge.name';

/** Whether Docker's containers or networks are not as they were. */
export function dockerDiffers({ baseline, now }: { readonly baseline: KindStates; readonly now: KindStates }): boolean {
  const value = (states: KindStates, kind: string): Items => {
    const reading = states[kind];
    return reading?.state === 'present' ? reading.value : {};
  };
  return ['docker-container', 'docker-network'].some((kind) => !sameValue(value(baseline, kind), value(now, kind)));
}

/** Only the daemon knows its rules: it makes those that lack when it starts again. Where it was not, what it left goes. */
export function* dockerBack({ key, before, now }: Difference<FilterItem>, context: RestoreContext): Generator<Restoration | Remainder> {
  const [was, is] = [before, now].map((item) => (item?.what === 'docker' ? item.rules : [])) as [readonly string[], readonly string[]];
  const change = { subject: "Docker's rules of iptables", from: is, to: was, touches: ['*'] } as const;
  const [lacking, more] = [surplus(was, is), surplus(is, was)];
  const bridges = dockerBridges(context);
  // A rule without random names that is there although Docker has what it had is not Docker's after all.
  const strays = dockerDiffers(context) ? [] : more.filter((rule) => !isPassing(rule));
  const rewrites = byTable(more).map(([family, table, rules]) => tableCommand(family, table, [], { bridges, drop: rules.filter((rule) => strays.includes(`${family} ${table}: ${rule}`)), withoutDocker: was.length === 0 }));
  const stage = stageOf(context);
  const stop = stage === 'firewall' ? [] : [sh`! [ -d /run/systemd/system ] || systemctl stop docker.socket docker 2>/dev/null; ! pidof dockerd >/dev/null || service docker stop`];
  if (rewrites.length > 0) yield { stage, keys: [key], change: { ...change, action: 'update', commands: [...stop, ...rewrites] } };
  if (lacking.length === 0) {
    if (was.length > 0 && more.length > strays.length) yield { key, why: 'Docker has made them, for networks and containers that are not as they were' };
    return;
  }
  const why = context.protects('service', 'docker');
  if (why !== undefined) return yield { key, why };
  const restart = sh`systemctl restart docker`;
  yield {
    stage: 'firewall',
    keys: [key],
    change: { ...change, action: 'update', commands: [sh`! pidof dockerd >/dev/null || if [ -d /run/systemd/system ]; then systemctl reset-failed docker; ${restart}; else service docker restart; fi`], typed: [restart], why: 'Docker makes its rules when it starts.' },
  };
}

/** Rules that come and go with networks and containers. */
export function isPassing(rule: string): boolean {
  return /CONTAINER|NETWORK|docker_gwbridge|DOCKER-INGRESS/.test(rule);
}

/** Rules as of `PacketFilters.docker`, by their tables. */
function byTable(rules: readonly string[]): readonly (readonly [Family, string, readonly string[]])[] {
  const names = [...new Set(rules.map((rule) => rule.slice(0, rule.indexOf(':'))))];
  return names.map((name) => [...(name.split(' ') as [Family, string]), rules.filter((rule) => rule.startsWith(`${name}: `)).map((rule) => rule.slice(name.length + 2))] as const);
}

/** Names that networks of Docker gave to their bridges. */
export function bridgesOf(networks: Iterable<{ readonly options?: Readonly<Record<string, string>> }>): string[] {
  return [...new Set([...networks].flatMap(({ options }) => options?.[bridgeOption] ?? []))].sort();
}

/** The same of all networks that the host has or had. */
export function dockerBridges({ baseline, now }: RestoreContext): string[] {
  return bridgesOf([baseline, now].flatMap((states) => (states['docker-network']?.state === 'present' ? (Object.values(states['docker-network'].value) as { readonly options?: Readonly<Record<string, string>> }[]) : [])));
}
