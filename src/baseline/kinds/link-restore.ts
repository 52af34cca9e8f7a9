/** The way back of interfaces, on the host itself or in a named namespace. */
import type { Change } from '../../module.ts';
import { joinCommands, nothing, sh, type Command } from '../../shell.ts';
import type { Difference, Remainder, Restoration } from '../kind.ts';
import { sortOut } from './differing.ts';
import type { LinkState } from './link-state.ts';
import { changeable, changedOptionWords, makeable, typeWords } from './link-types.ts';

/** Where the interfaces are: the words that ip(8) is called by, and what follows a subject. */
export interface LinkPlace {
  readonly ip: Command;
  /** ` in namespace blue`, or nothing. */
  readonly where: string;
}

export const host: LinkPlace = { ip: sh`ip`, where: '' };

/** `bridge br1`, `interface eth1`. */
export function linkSubject(name: string, type: string | undefined): string {
  return `${type === 'bridge' ? 'bridge' : 'interface'} ${name}`;
}

/** First what is in the way goes, then what lacks is made, at last attributes are set, since a port needs its bridge. */
export function* restoreLinks(differences: readonly Difference<LinkState>[], place: LinkPlace): Generator<Restoration | Remainder> {
  const { added, gone, changed } = sortOut(differences);
  const isAnew = ({ before, now }: { readonly before: LinkState; readonly now: LinkState }): boolean => now.type !== '' && before.type !== '' && needsMaking(before, now);
  const anew = changed.filter(isAnew);
  for (const { key, now } of added) {
    if (now.type === '' || key === 'lo') yield { key, why: 'an interface of hardware is not deleted' };
    else yield deletion(key, now, place);
  }
  for (const { key, now } of anew) yield deletion(key, now, place);

  const making = inOrder([...gone, ...anew]);
  const made = new Set<string>();
  for (const { key, before } of making) {
    const problem = hindrance(before);
    if (problem !== undefined) {
      yield { key, why: problem };
      continue;
    }
    // Both ends of a pair are made at once.
    const twin = before.peerNamespace === undefined && before.peer !== undefined && made.has(before.peer);
    made.add(key);
    if (!twin) yield creation(key, before, place);
    yield* attributes(key, before, undefined, place);
  }
  for (const difference of changed) if (!isAnew(difference)) yield* attributes(difference.key, difference.before, difference.now, place);
}

function needsMaking(before: LinkState, now: LinkState): boolean {
  const sameOptions = changeable(before.type) || JSON.stringify(before.options) === JSON.stringify(now.options);
  return before.type !== now.type || before.parent !== now.parent || before.peer !== now.peer || before.peerNamespace !== now.peerNamespace || !sameOptions;
}

/** Why an interface can't be made from what was recorded. */
function hindrance({ type, peer }: LinkState): string | undefined {
  if (type === '') return 'it was hardware, which no command makes';
  if (type === 'veth' && peer === undefined) return 'its other end was in a namespace without a name, such as that of a container';
  return makeable(type) ? undefined : `an interface of type ${type} can't be made from what was recorded`;
}

/** Those that others rest on come first. */
function inOrder<L extends { readonly key: string; readonly before: LinkState }>(links: readonly L[]): readonly L[] {
  const depth = (link: L, seen: number): number => {
    const parent = links.find(({ key }) => key === link.before.parent);
    return parent === undefined || seen > links.length ? 0 : 1 + depth(parent, seen + 1);
  };
  return [...links].sort((a, b) => depth(a, 0) - depth(b, 0));
}

const exists = (name: string, { ip }: LinkPlace): Command => sh`${ip} link show dev ${name} >/dev/null 2>&1`;

/** It may have gone already, with the other end of its pair or with what it rests on. */
function deletion(name: string, now: LinkState, place: LinkPlace): Restoration {
  const typed = sh`${place.ip} link del dev ${name}`;
  return {
    stage: 'links',
    keys: [name],
    change: { action: 'delete', subject: `${linkSubject(name, now.type)}${place.where}`, from: now, commands: [sh`! ${exists(name, place)} || ${typed} || ! ${exists(name, place)}`], typed: [typed] },
  };
}

function creation(name: string, state: LinkState, place: LinkPlace): Restoration {
  const { before, after } = typeWords(state.type, state.options, state.parent);
  const other = state.peer === undefined ? nothing : sh` peer name ${state.peer}${state.peerNamespace === undefined ? nothing : sh` netns ${state.peerNamespace}`}`;
  const typed =
    state.type === 'tun' ? sh`${place.ip} tuntap add dev ${name} mode ${optionWord(state, 'type')}${owner(state)}` : joinCommands([sh`${place.ip} link add`, before, sh`name ${name}`, sh`${after}${other}`], ' ');
  return {
    stage: 'links',
    keys: [name],
    change: { action: 'create', subject: `${linkSubject(name, state.type)}${place.where}`, to: state, commands: [sh`${exists(name, place)} || ${typed}`], typed: [typed] },
  };
}

const optionWord = ({ options }: LinkState, key: string): string => String(options[key] ?? '');

function owner(state: LinkState): Command {
  const words = ['user', 'group'].flatMap((key) => (state.options[key] === undefined ? [] : [key, optionWord(state, key)]));
  return words.length === 0 ? nothing : sh` ${words}`;
}

/** What is set on an interface that is there; without `now`, on one that was just made. */
function* attributes(name: string, before: LinkState, now: LinkState | undefined, place: LinkPlace): Generator<Restoration> {
  const set = sh`${place.ip} link set dev ${name}`;
  const commands = [
    ...(before.master === now?.master ? [] : [before.master === undefined ? sh`${set} nomaster` : sh`${set} master ${before.master}`]),
    ...(before.alias === now?.alias ? [] : [sh`${set} alias ${before.alias ?? ''}`]),
    ...(before.mac === undefined || before.mac === now?.mac ? [] : [sh`${set} address ${before.mac}`]),
    ...(changeable(before.type) && now !== undefined && JSON.stringify(before.options) !== JSON.stringify(now.options) ? [sh`${set} type ${before.type} ${changedOptionWords(before.type, before.options, now.options)}`] : []),
    // A bridge takes the MTU of its narrowest port, so that it comes after its ports have gone.
    ...(before.mtu === now?.mtu ? [] : [sh`${set} mtu ${before.mtu}`]),
    ...(before.up === (now?.up ?? false) ? [] : [sh`${set} ${before.up ? 'up' : 'down'}`]),
  ];
  if (commands.length === 0) return;
  const change: Change = { action: 'update', subject: `${linkSubject(name, before.type)}${place.where}`, ...(now === undefined ? {} : { from: now }), to: before, commands };
  yield { stage: 'links-up', keys: [name], change };
}
