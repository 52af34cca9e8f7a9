/** Plan pieces for an interface of the host: up, MTU, addresses. Each is empty when nothing differs. */
import { PreconditionError } from '../../src/errors.ts';
import type { Change, Reading } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import type { Link } from '../facts/link.ts';
import { sameCidr, withoutPrefix } from './address.ts';

/** What changing an interface makes stale: the namespaces hold the other ends of veth pairs. */
export const linkTouches: readonly string[] = ['link', 'netns'];

/** The interface, or undefined where there is none. Throws when iproute2 can't tell. */
export function requireLinks<T>(reading: Reading<T>): T | undefined {
  if (reading.state !== 'unavailable') return reading.state === 'present' ? reading.value : undefined;
  throw new PreconditionError('the interfaces of the host cannot be read', {
    found: reading.detail,
    ...(reading.reason === 'not-installed' ? { hint: 'Install iproute2 first: `apt: name=iproute2`.' } : {}),
  });
}

/** A new interface, before anything is set on it. */
export function freshLink(name: string, kind: string): Link {
  return { name, index: 0, kind, up: false, carrier: false, mtu: 1500, mac: '', addresses: [] };
}

/** A command as it is typed to run in another namespace: `inside` is what stands before it, such as `nsenter -t 1 -n`. */
export function run(inside: Command, command: Command): Command {
  return joinCommands([inside, command], ' ');
}

export function* upChange(subject: string, link: Link, wanted: boolean | undefined, inside: Command = nothing): Generator<Change> {
  if (wanted === undefined || link.up === wanted) return;
  const word = (up: boolean): string => (up ? 'up' : 'down');
  yield { action: 'update', subject: `${subject}: state`, from: word(link.up), to: word(wanted), commands: [run(inside, sh`ip link set dev ${link.name} ${word(wanted)}`)], touches: linkTouches };
}

export function* mtuChange(subject: string, link: Link, wanted: number | undefined, why?: string, inside: Command = nothing): Generator<Change> {
  if (wanted === undefined || link.mtu === wanted) return;
  yield {
    action: 'update',
    subject: `${subject}: mtu`,
    from: link.mtu,
    to: wanted,
    commands: [run(inside, sh`ip link set dev ${link.name} mtu ${wanted}`)],
    touches: linkTouches,
    ...(why === undefined ? {} : { why }),
  };
}

/** Changes the hardware address; undefined leaves it. */
export function* macChange(subject: string, link: Link, wanted: string | undefined, inside: Command = nothing): Generator<Change> {
  if (wanted === undefined || link.mac === wanted.toLowerCase()) return;
  yield { action: 'update', subject: `${subject}: mac`, from: link.mac, to: wanted.toLowerCase(), commands: [run(inside, sh`ip link set dev ${link.name} address ${wanted.toLowerCase()}`)], touches: linkTouches };
}

/** Adds the wanted addresses that are missing; with `exclusive` removes the others. */
export function* addressChanges(subject: string, link: Link, wanted: readonly string[], exclusive: boolean, inside: Command = nothing): Generator<Change> {
  const missing = wanted.filter((cidr) => !link.addresses.some((has) => sameCidr(has, cidr)));
  const extra = exclusive ? link.addresses.filter((has) => !wanted.some((cidr) => sameCidr(has, cidr))) : [];
  if (missing.length === 0 && extra.length === 0) return;
  yield {
    action: 'update',
    subject: `${subject}: addresses`,
    from: link.addresses,
    to: [...link.addresses.filter((has) => !extra.includes(has)), ...missing],
    // Those that go, first: the same address may come back with another prefix length.
    commands: [...extra.map((cidr) => sh`ip addr del ${cidr} dev ${link.name}`), ...missing.map((cidr) => sh`ip addr add ${cidr} dev ${link.name}`)].map((command) => run(inside, command)),
    touches: linkTouches,
  };
}

/** Refuses addresses that another interface of the host has. */
export function refuseTaken(addresses: readonly string[], holders: Readonly<Record<string, string>>, own: string): void {
  for (const cidr of addresses) {
    const address = withoutPrefix(cidr);
    const holder = holders[address];
    if (holder === undefined || holder === own) continue;
    throw new PreconditionError(`the address ${address} is taken: the interface ${holder} of this host has it`, {
      expected: `${cidr} on ${own}`,
      found: `${address} on ${holder}`,
      hint: `Choose another address, or remove it there: ip addr del ${cidr} dev ${holder}`,
    });
  }
}

/** One change that makes a thing with all its properties, from the bare making and the updates that follow it. */
export function madeWith(create: Change, updates: Iterable<Change>): Change {
  return { ...create, commands: [...create.commands, ...[...updates].flatMap((update) => update.commands)] };
}
