/** Which commands to the packet filter may cut off the session (iptables(8), iptables-extensions(8)). */
import type { ManagementPath } from '../baseline/kind.ts';
import { contains, parseAddress, parseCidr } from '../../modules/shared/address.ts';

/** How a rule's conditions bear on packets of new logins: `maybe` where one isn't understood. */
export type Match = 'yes' | 'no' | 'maybe';

/** One rule or command of iptables, as far as it says which packets and what becomes of them. */
export interface Rule {
  readonly table: string;
  /** `-A`, `-I`, `-D`, `-P`, `-F` … */
  readonly verb: string;
  readonly chain: string;
  readonly target: string | undefined;
  readonly match: Match;
}

/** Reads the words of an iptables command, or a rule of iptables-save. Pure and total. */
export function ruleOf(words: readonly string[], path: ManagementPath): Rule {
  const after = (...names: string[]): string | undefined => {
    const index = words.findIndex((word) => names.includes(word));
    return index < 0 ? undefined : words[index + 1];
  };
  const at = words.findIndex((word) => verbs[word] !== undefined);
  return {
    table: after('-t', '--table') ?? 'filter',
    verb: at < 0 ? '' : verbs[words[at]!]!,
    chain: words[at + 1]?.startsWith('-') ? '' : (at < 0 ? '' : (words[at + 1] ?? '')),
    target: verbs[words[at] ?? ''] === '-P' ? words[at + 2] : after('-j', '--jump', '-g', '--goto'),
    match: matchOf(words.slice(at + 2), words[at + 1] ?? '', path),
  };
}

const verbs: Readonly<Record<string, string>> = { '-A': '-A', '--append': '-A', '-I': '-I', '--insert': '-I', '-D': '-D', '--delete': '-D', '-R': '-R', '--replace': '-R', '-P': '-P', '--policy': '-P', '-F': '-F', '--flush': '-F', '-X': '-X', '--delete-chain': '-X', '-N': '-N', '--new-chain': '-N', '-Z': '-Z', '--zero': '-Z', '-E': '-E', '--rename-chain': '-E' };

function matchOf(words: readonly string[], chain: string, path: ManagementPath): Match {
  let result: Match = 'yes';
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (/^(?:-j|-g|--jump|--goto)$/.test(word)) break;
    if (word === '!' || /^\d+$/.test(word)) {
      if (word === '!') result = 'maybe';
      continue;
    }
    const one = conditionOf(word, words[index + 1] ?? '', chain, path);
    if (one === undefined) continue;
    if (words[index - 1] === '!') {
      if (one === 'yes') return 'no';
      if (one === 'no' && result === 'maybe') result = 'yes';
    } else if (one === 'no') return 'no';
    else if (one === 'maybe') result = 'maybe';
  }
  return result;
}

/** Undefined for words that are no condition by themselves. */
function conditionOf(option: string, value: string, chain: string, path: ManagementPath): Match | undefined {
  const isProtocol = /^(?:-p|--protocol|--proto)$/.test(option);
  // Variables of a script are not known; and of what goes out the ends are the other way round.
  if (option.startsWith('-') && (value.includes('$') || (chain === 'OUTPUT' && !isProtocol))) return 'maybe';
  const yes = (holds: boolean): Match => (holds ? 'yes' : 'no');
  switch (option) {
    case '-p': case '--protocol': case '--proto': return yes(['tcp', 'all', '6', '0'].includes(value));
    case '--dport': case '--destination-port': case '--dports': case '--destination-ports': return yes(value.split(',').some((part) => within(part, path.serverPort)));
    case '-s': case '--source': case '--src': return yes(value.split(',').some((one) => covers(one, path.clientAddress)));
    case '-d': case '--destination': case '--dst': return yes(value.split(',').some((one) => covers(one, path.serverAddress)));
    case '-i': case '--in-interface': return yes(path.links.some((link) => value === link || (value.endsWith('+') && link.startsWith(value.slice(0, -1)))));
    case '--ctstate': case '--state': return yes(value.split(',').includes('NEW'));
    case '--syn': return 'yes';
    case '-m': case '--match': return /^(?:tcp|multiport|conntrack|state|comment|addrtype)$/.test(value) ? undefined : 'maybe';
    case '--comment': return undefined;
    default: return option.startsWith('-') ? 'maybe' : undefined;
  }
}

function within(range: string, port: number): boolean {
  if (range === 'ssh') return port === 22;
  const [first, last] = range.split(':');
  return port >= Number(first || 0) && port <= Number(last === undefined ? first : last || 65_535);
}

function covers(text: string, address: string): boolean {
  const inside = parseAddress(address.replace(/%.*/, ''));
  const network = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  return inside !== undefined && network !== undefined && contains(network, inside);
}

/** Whether a command to the packet filter can't keep a login out, wherever that comes from. */
export function isHarmless(program: string, words: readonly string[]): boolean {
  if (!/^ip6?tables(?:-legacy|-nft)?$/.test(program)) return false;
  const at = words.findIndex((word) => verbs[word] !== undefined);
  const verb = verbs[words[at] ?? ''] ?? '';
  if (verb === '' || verb === '-N' || verb === '-Z') return true;
  // What is only forwarded, or leaves with another address, is none of the host's own packets.
  if (/^(?:FORWARD|POSTROUTING|DOCKER.*)$/.test(words[at + 1] ?? '')) return true;
  const target = verb === '-P' ? words[at + 2] : words[words.findIndex((word) => /^(?:-j|--jump)$/.test(word)) + 1];
  return ['-A', '-I', '-P'].includes(verb) && ['ACCEPT', 'LOG', 'NFLOG', 'MARK', 'CONNMARK'].includes(target ?? '');
}

/** Why a command to the packet filter is dangerous, as a clause. */
export function firewallDanger(program: string, words: readonly string[], path: ManagementPath): string | undefined {
  const family = /^ip6tables/.test(program) ? 6 : /^iptables/.test(program) ? 4 : undefined;
  if ((family !== undefined && (path.clientAddress.includes(':') ? 6 : 4) !== family) || isHarmless(program, words)) return undefined;
  const may = `${program} may keep the session's packets out`;
  if (!/^ip6?tables(?:-legacy|-nft)?$/.test(program)) return may;
  const rule = ruleOf(words, path);
  return rule.verb !== '-P' && rule.verb !== '-F' && rule.match === 'no' ? undefined : may;
}
