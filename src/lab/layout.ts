/** What a lab is made of, derived from its name, its number and its host count: names, addresses and paths. Pure. */
import { join } from 'node:path';
import { CtplayError } from '../errors.ts';

export const baseKinds = ['minimal', 'full'] as const;
/** `minimal` is a bare Debian; `full` has Docker, Open vSwitch, LXC and the usual network tools in it. */
export type BaseKind = (typeof baseKinds)[number];

/** What a lab's owner chose when it was made; everything else follows from it. Stored as `lab.json`. */
export interface LabRecord {
  readonly name: string;
  /** Chooses the management subnet and the name of the uplink; no two labs of a machine share one. */
  readonly number: number;
  readonly hosts: number;
  readonly base: BaseKind;
  /** Absolute path of the cached folder whose `tree` all hosts have as their lower layer. */
  readonly baseTree: string;
  /** Absolute paths of the inventory folders written for it. */
  readonly inventories: readonly string[];
}

export interface LabHost {
  readonly name: string;
  /** Counts from 1. */
  readonly index: number;
  /** On eth0, reachable from this machine. */
  readonly managementAddress: string;
  /** On eth1, shared by the hosts of this lab alone. */
  readonly underlayAddress: string;
}

/** The management subnets are 10.200.0.0/24 to 10.219.255.0/24. */
export const labNumbers = 20 * 256;
/** 10.x.y.11 and 10.0.0.3 upward, with a margin below the broadcast address. */
export const maximumHosts = 200;

/** The name of a lab, checked. It becomes part of paths, cgroups, comments of rules and a group of the inventory. */
export function labName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,30}$/.test(name)) return name;
  throw new CtplayError('usage.option', `'${name}' can't be the name of a lab`, {
    expected: 'a lower-case letter, then up to 30 lower-case letters, digits or dashes',
    found: name,
  });
}

/** The hosts of a lab: host1, host2, … */
export function labHosts(record: Pick<LabRecord, 'number' | 'hosts'>): LabHost[] {
  return Array.from({ length: record.hosts }, (_, i) => ({
    name: `host${i + 1}`,
    index: i + 1,
    managementAddress: `${managementPrefix(record.number)}.${i + 11}`,
    underlayAddress: `10.0.0.${i + 3}`,
  }));
}

/** The management subnet in CIDR notation. */
export function managementSubnet(number: number): string {
  return `${managementPrefix(number)}.0/24`;
}

/** This machine's address in the management subnet, the hosts' gateway. */
export function gateway(number: number): string {
  return `${managementPrefix(number)}.1`;
}

/** The one interface of a lab that the machine sees. At most 15 characters (IFNAMSIZ less the NUL). */
export function uplinkName(number: number): string {
  return `ctplab${number}`;
}

/** The folder of a lab in every cgroup hierarchy. */
export function cgroupName(name: string): string {
  return `ctplay-lab-${name}`;
}

/** The comment that marks a lab's iptables rules. */
export function ruleComment(name: string): string {
  return `ctplay-lab:${name}`;
}

function managementPrefix(number: number): string {
  return `10.${200 + Math.floor(number / 256)}.${number % 256}`;
}

/** Where labs keep their state and their cached trees. */
export interface LabPaths {
  /** One folder per lab, gone with the lab. */
  readonly state: string;
  /** Base trees and downloaded packages, kept for the next lab. */
  readonly cache: string;
}

/** /var/lib/ctplay-lab and /var/cache/ctplay-lab, unless CTPLAY_LAB_DIR and CTPLAY_LAB_CACHE name others. */
export function labPaths(environment: Readonly<Record<string, string | undefined>> = process.env): LabPaths {
  return {
    state: environment['CTPLAY_LAB_DIR'] ?? '/var/lib/ctplay-lab',
    cache: environment['CTPLAY_LAB_CACHE'] ?? '/var/cache/ctplay-lab',
  };
}

/** The files of one lab. */
export function labFiles(paths: LabPaths, name: string) {
  const root = join(paths.state, name);
  return {
    root,
    record: join(root, 'lab.json'),
    log: join(root, 'lab.log'),
    scripts: join(root, 'scripts'),
    privateKey: join(root, 'id_ed25519'),
    knownHosts: join(root, 'known_hosts'),
    host: (host: string) => join(root, 'hosts', host),
  };
}
