/** What a lab needs of the machine's network: a free management subnet, one uplink, and its way out by NAT. */
import { readFile } from 'node:fs/promises';
import { CtplayError } from '../errors.ts';
import { labNumbers, managementSubnet, gateway, ruleComment, uplinkName } from './layout.ts';
import { attempt, run } from './run.ts';

/** The destinations of all IPv4 routes of this machine, in CIDR notation; `default` stays as it is. */
export async function routedSubnets(): Promise<string[]> {
  const routes = JSON.parse(await run('ip', ['-j', '-4', 'route', 'show', 'table', 'all'])) as { dst: string }[];
  return routes.map(({ dst }) => dst);
}

/**
 * The lowest number whose management subnet no other lab has and no route of the machine leads to. Routes wider than a
 * /16 (a VPN's 10.0.0.0/8) don't count: the lab's own is more specific.
 */
export function freeNumber(taken: readonly number[], routes: readonly string[]): number {
  const narrow = routes.map(parseSubnet).filter(({ prefix }) => prefix >= 16);
  for (let number = 0; number < labNumbers; number++) {
    const subnet = parseSubnet(managementSubnet(number));
    if (!taken.includes(number) && !narrow.some((route) => overlap(route, subnet))) return number;
  }
  throw new CtplayError('lab.system', 'there is no free subnet for another lab', {
    expected: `one of ${managementSubnet(0)} to ${managementSubnet(labNumbers - 1)} that no route of this machine leads to`,
  });
}

interface Subnet {
  readonly address: number;
  readonly prefix: number;
}

function parseSubnet(text: string): Subnet {
  if (text === 'default') return { address: 0, prefix: 0 };
  const [address = '', prefix = '32'] = text.split('/');
  return { address: address.split('.').reduce((value, octet) => value * 256 + Number(octet), 0), prefix: Number(prefix) };
}

function overlap(a: Subnet, b: Subnet): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

/** The largest packet that leaves this machine whole, at most 1500: the hosts' eth0 gets it, so that nothing fragments. */
export async function uplinkMtu(): Promise<number> {
  const [route] = JSON.parse(await run('ip', ['-j', '-4', 'route', 'show', 'default'])) as { dev: string }[];
  if (route === undefined) return 1500;
  const [link] = JSON.parse(await run('ip', ['-j', 'link', 'show', 'dev', route.dev])) as { mtu: number }[];
  return Math.min(1500, link?.mtu ?? 1500);
}

/** Whether the uplink is there. */
export async function hasUplink(number: number): Promise<boolean> {
  return (await attempt('ip', ['link', 'show', 'dev', uplinkName(number)])).status === 0;
}

/** Makes the uplink; its other end is a port of the bridge `mgmt` in the network namespace of the process `pid`. */
export async function createUplink(number: number, pid: number, mtu: number): Promise<void> {
  const name = uplinkName(number);
  await removeUplink(number);
  const size = ['mtu', String(mtu)];
  await run('ip', ['link', 'add', name, ...size, 'type', 'veth', 'peer', 'name', 'uplink', ...size, 'netns', String(pid)]);
  await run('ip', ['addr', 'add', `${gateway(number)}/24`, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
  await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'link', 'set', 'uplink', 'master', 'mgmt', 'up']);
}

/** Removes the uplink; an absent one is fine. */
export async function removeUplink(number: number): Promise<void> {
  const name = uplinkName(number);
  const result = await attempt('ip', ['link', 'del', name]);
  if (result.status === 0 || result.stderr.includes('Cannot find device')) return;
  throw new CtplayError('lab.system', `the link ${name} can't be removed`, { detail: result.stderr.trim() });
}

interface Rule {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  /** Before what others put there: Docker's policy for FORWARD is DROP. */
  readonly first?: boolean;
  readonly match: readonly string[];
}

/** The rules that let a lab out, without their mark. */
function natRules(number: number): Rule[] {
  const subnet = managementSubnet(number);
  const link = uplinkName(number);
  return [
    { table: 'nat', chain: 'POSTROUTING', match: ['-s', subnet, '!', '-d', subnet, '-j', 'MASQUERADE'] },
    { table: 'filter', chain: 'FORWARD', first: true, match: ['-i', link, '-j', 'ACCEPT'] },
    {
      table: 'filter',
      chain: 'FORWARD',
      first: true,
      match: ['-o', link, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'ACCEPT'],
    },
  ];
}

/** Adds the lab's rules, each marked by a comment, as far as they aren't there; gives whether any was missing. */
export async function addRules(name: string, number: number): Promise<boolean> {
  let missing = false;
  for (const { table, chain, first, match } of natRules(number)) {
    const rule = [...match, '-m', 'comment', '--comment', ruleComment(name)];
    const present = await attempt('iptables', ['-w', '-t', table, '-C', chain, ...rule]);
    if (present.status === 0) continue;
    await run('iptables', ['-w', '-t', table, first ? '-I' : '-A', chain, ...rule]);
    missing = true;
  }
  return missing;
}

/** Removes every rule that carries the lab's mark, whatever its number. */
export async function removeRules(name: string): Promise<void> {
  for (const table of ['nat', 'filter']) {
    for (const rule of markedRules(await run('iptables', ['-w', '-t', table, '-S']), ruleComment(name))) {
      await run('iptables', ['-w', '-t', table, '-D', ...rule]);
    }
  }
}

/** The rules with this comment in the output of `iptables -S`, as arguments of `-D`. */
export function markedRules(listing: string, comment: string): string[][] {
  return listing
    .split('\n')
    .map((line) => line.split(' ').map((word) => word.replace(/^"(.*)"$/, '$1')))
    .filter((words) => words[0] === '-A' && words[words.indexOf('--comment') + 1] === comment)
    .map((words) => words.slice(1));
}

/**
 * The name servers for hosts, from the text of resolv.conf(5): one that listens on this machine's loopback alone can't be
 * reached from a host, so public ones stand in when there is no other.
 */
export function hostNameServers(...files: readonly (string | undefined)[]): string[] {
  for (const file of files) {
    const servers = [...(file ?? '').matchAll(/^nameserver\s+(\S+)/gm)].map(([, address]) => address!);
    const reachable = servers.filter((address) => !address.startsWith('127.') && address !== '::1');
    if (reachable.length > 0) return reachable;
  }
  return ['9.9.9.9', '1.1.1.1'];
}

/** See hostNameServers; behind systemd-resolved's stub its upstream servers are used. */
export async function nameServers(): Promise<string[]> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => undefined);
  return hostNameServers(await read('/etc/resolv.conf'), await read('/run/systemd/resolve/resolv.conf'));
}
