/** Changes that would cut off the session for certain: these aren't made at all. What is only likely is left to the guard's timer. */
import type { ManagementPath } from '../baseline/kind.ts';
import type { Change, Fact, Reading } from '../module.ts';
import { sh } from '../shell.ts';
import { present, unavailable } from '../../modules/facts/reading.ts';
import { commandsOf, type SimpleCommand } from './command-words.ts';
import { serverUnitOf } from './dangers.ts';
import { ruleOf, type Rule } from './firewall-dangers.ts';

/** What would cut the session off, and what to do instead; both as sentences. */
export interface Lockout {
  readonly what: string;
  readonly instead: string;
}

/** The rules of the chain INPUT, one `iptables -S` line each. */
export function inputRules(path: ManagementPath): Fact<Reading<readonly string[]>> {
  const tool = path.clientAddress.includes(':') ? 'ip6tables' : 'iptables';
  return {
    kind: 'input-rules',
    key: tool,
    read: sh`LC_ALL=C ${tool} -w 5 -S INPUT`,
    domains: ['iptables'],
    parse: (result) => (result.status === 0 ? present(result.stdout.split('\n').filter((line) => line.startsWith('-A '))) : unavailable(result)),
  };
}

/** Whether the changes set what a look at the rules of INPUT decides on. */
export function needsInputRules(changes: readonly Change[], path: ManagementPath): boolean {
  return commandsOf(changes).some(({ program, words }) => isFilter(program, path) && isBlocking(ruleOf(words, path)));
}

/**
 * Why changes would cut off the session for certain. `rules` are those of INPUT now, where they are known. A script of several
 * commands (`declared` false) may undo what it does, and is not judged. Pure.
 */
export function lockoutOf(changes: readonly Change[], path: ManagementPath, given: { readonly declared: boolean; readonly rules?: readonly string[] | undefined }): Lockout | undefined {
  const commands = commandsOf(changes);
  if (!given.declared && commands.length > 1) return undefined;
  for (const [index, command] of commands.entries()) {
    const later = commands.slice(index + 1);
    const lockout = serverStops(command, later, path) ?? linkGoes(command, later, path) ?? addressGoes(command, commands, path) ?? becomesPort(command, commands, changes, path) ?? filterBlocks(command, commands, path, given.rules);
    if (lockout) return lockout;
  }
  return undefined;
}

function serverStops(simple: SimpleCommand, later: readonly SimpleCommand[], path: ManagementPath): Lockout | undefined {
  const { words } = simple;
  const unit = serverUnitOf(simple, path);
  if (unit === undefined) return undefined;
  const stops = words.includes('stop') || (words.includes('--now') && words.some((word) => /^(?:disable|mask)$/.test(word)));
  if (!stops || later.some((one) => serverUnitOf(one, path) !== undefined && one.words.some((word) => /start$/.test(word)))) return undefined;
  return { what: `${unit} is the SSH server that ctplay itself comes in by`, instead: 'Leave it running; to have it read its configuration, restart or reload it.' };
}

function linkGoes({ program, words }: SimpleCommand, later: readonly SimpleCommand[], path: ManagementPath): Lockout | undefined {
  const device = path.links[0]!;
  if (program !== 'ip' || !/^l(?:i(?:nk?)?)?$/.test(words[1] ?? '') || !words.includes(device)) return undefined;
  const deleted = /^d(?:el(?:ete)?)?$/.test(words[2] ?? '');
  if (!deleted && !(words[2] === 'set' && words.includes('down'))) return undefined;
  if (later.some((one) => one.program === 'ip' && one.words.includes(device) && (one.words.includes('up') || one.words.includes('add')))) return undefined;
  return { what: `the interface ${device} carries the session (${path.route})`, instead: 'Leave it up, or reach the host another way: by ansible_host with an address of another interface.' };
}

function addressGoes({ program, words }: SimpleCommand, all: readonly SimpleCommand[], path: ManagementPath): Lockout | undefined {
  if (program !== 'ip' || !/^a(?:ddr(?:ess)?)?$/.test(words[1] ?? '')) return undefined;
  const deletes = /^d(?:el(?:ete)?)?$/.test(words[2] ?? '') && words[3]?.replace(/\/.*/, '') === path.serverAddress;
  const flushes = words[2] === 'flush' && words.includes(path.links[0]!);
  if ((!deletes && !flushes) || addsAddress(all, path)) return undefined;
  return { what: `${path.serverAddress} is the address that the session goes to`, instead: 'Keep it, or give it to the interface that takes its place in the same task.' };
}

function addsAddress(commands: readonly SimpleCommand[], path: ManagementPath): boolean {
  return commands.some(({ program, words }) => program === 'ip' && /^(?:add|replace)$/.test(words[2] ?? '') && words.some((word) => word.replace(/\/.*/, '') === path.serverAddress));
}

/** An interface that becomes a port gives up its address: the bridge has to have it. */
function becomesPort({ program, words }: SimpleCommand, all: readonly SimpleCommand[], changes: readonly Change[], path: ManagementPath): Lockout | undefined {
  const device = path.links[0]!;
  if (!words.includes(device)) return undefined;
  const master = program === 'ip' && words.includes('master') ? words[words.indexOf('master') + 1] : program === 'ovs-vsctl' && words.includes('add-port') ? words[words.indexOf('add-port') + 1] : undefined;
  const isBridge = program === 'ovs-vsctl' || changes.some((change) => change.subject.startsWith(`bridge ${master}`));
  if (master === undefined || !isBridge || addsAddress(all, path)) return undefined;
  return { what: `${device} carries the session, and as a port of ${master} it has no address of its own any more`, instead: `Give the bridge the address: addresses: [${path.serverAddress}/…], and the default route where there is one.` };
}

function isFilter(program: string, path: ManagementPath): boolean {
  return new RegExp(`^${path.clientAddress.includes(':') ? 'ip6tables' : 'iptables'}(?:-nft|-legacy)?$`).test(program);
}

function isBlocking(rule: Rule): boolean {
  return rule.table === 'filter' && rule.chain === 'INPUT' && /^-[AIP]$/.test(rule.verb) && ['DROP', 'REJECT'].includes(rule.target ?? '') && (rule.verb === '-P' || rule.match === 'yes');
}

function filterBlocks({ program, words }: SimpleCommand, all: readonly SimpleCommand[], path: ManagementPath, rules: readonly string[] | undefined): Lockout | undefined {
  if (!isFilter(program, path) || rules === undefined || !isBlocking(ruleOf(words, path))) return undefined;
  const first = ruleOf(words, path).verb === '-I' && !/^\d+$/.test(words[words.indexOf('INPUT') + 1] ?? '');
  const others = all.filter((one) => isFilter(one.program, path)).map((one) => ruleOf(one.words, path));
  const earlier = first ? [] : rules.map((line) => ruleOf(line.split(' '), path));
  // A chain of somebody's own may accept them as well.
  const mayPass = [...earlier, ...others].some((rule) => rule.verb !== '-P' && rule.verb !== '-D' && rule.match !== 'no' && !['DROP', 'REJECT', 'LOG'].includes(rule.target ?? 'LOG'));
  if (mayPass) return undefined;
  const accept = `protocol: tcp, source: ${path.clientAddress}, destination_port: '${path.serverPort}', jump: ACCEPT`;
  return { what: `no rule of INPUT accepts new sessions from ${path.clientAddress} to port ${path.serverPort}`, instead: `Accept them by an earlier task: iptables: { chain: INPUT, ${accept} }` };
}
