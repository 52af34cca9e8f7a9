/** The machine's side of a lab's network: a free management subnet and one link to it. */
import { CtplayError } from '../errors.ts';
import { gateway, labNumbers, managementSubnet, uplinkName } from './layout.ts';
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

/** Makes the uplink of a lab; its other end is a port of the bridge `mgmt` in the network namespace of the process `pid`. */
export async function createUplink(lab: string, number: number, pid: number, mtu: number): Promise<void> {
  const name = uplinkName(number);
  await removeUplinks(lab);
  const size = ['mtu', String(mtu)];
  await run('ip', ['link', 'add', name, ...size, 'type', 'veth', 'peer', 'name', 'uplink', ...size, 'netns', String(pid)]);
  await run('ip', ['link', 'set', name, 'alias', uplinkMark(lab)]);
  await run('ip', ['addr', 'add', `${gateway(number)}/24`, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
  await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'link', 'set', 'uplink', 'master', 'mgmt', 'up']);
}

/** Removes the uplink of a lab, found by its mark, since the lab's record may be lost; the kernel alone would get to it some time after the lab's end. */
export async function removeUplinks(lab: string): Promise<void> {
  const links = JSON.parse(await run('ip', ['-j', 'link', 'show', 'type', 'veth'])) as { ifname?: string; ifalias?: string }[];
  for (const { ifname, ifalias } of links) {
    if (ifname === undefined || ifalias !== uplinkMark(lab)) continue;
    const result = await attempt('ip', ['link', 'del', ifname]);
    if (result.status === 0 || result.stderr.includes('Cannot find device')) continue;
    throw new CtplayError('lab.system', `the link ${ifname} can't be removed`, { detail: result.stderr.trim() });
  }
}

function uplinkMark(lab: string): string {
  return `ctplay lab ${lab}`;
}
