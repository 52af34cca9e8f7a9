/** All there is of each kind of fact, for `ctplay facts`: the same readings that modules' facts pick from. */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { dockerContainers, dockerNetworks } from './docker.ts';
import { imagesRead, parseImages } from './docker-inspect.ts';
import { hostFacts } from './host.ts';
import { link, parseLinks } from './link.ts';
import { lxdInstances } from './lxd.ts';
import { ovsBridge, parseOvs } from './ovs.ts';
import { aptCache } from './package.ts';
import { packetFilter } from './packet-filter.ts';
import { parseJson, present, unavailable } from './reading.ts';

export interface CatalogEntry {
  readonly summary: string;
  readonly fact: Fact<unknown>;
}

const packages: Fact<unknown> = {
  kind: 'package',
  key: '',
  read: sh`LC_ALL=C dpkg-query -W -f ${'${db:Status-Abbrev}\\t${Package}\\t${Version}\\n'}`,
  domains: ['package'],
  parse: (result) =>
    result.status === 0
      ? present(Object.fromEntries(result.stdout.split('\n').map((line) => line.split('\t')).filter(([status]) => status?.[1] === 'i').map(([, name, version]) => [name!, version!])))
      : unavailable(result),
};

const services: Fact<unknown> = {
  kind: 'service',
  key: '',
  read: sh`LC_ALL=C systemctl list-units --type=service --all --no-pager --output=json`,
  domains: ['service'],
  parse: (result) => (result.status === 0 ? present(parseJson(result.stdout)) : unavailable(result)),
};

/** Kinds by name. */
export const catalog: Readonly<Record<string, CatalogEntry>> = {
  host: { summary: "the facts that playbooks see as ansible_facts", fact: hostFacts },
  link: { summary: 'network interfaces with their addresses', fact: { ...link(''), parse: parseLinks } },
  'ovs-bridge': { summary: 'bridges of Open vSwitch with their ports', fact: { ...ovsBridge(''), parse: parseOvs } },
  'docker-container': { summary: 'containers of Docker', fact: dockerContainers() },
  'docker-network': { summary: 'networks of Docker', fact: dockerNetworks() },
  'docker-image': { summary: 'images of Docker', fact: { kind: 'docker-image', key: '', read: imagesRead, domains: ['docker:image'], parse: parseImages } },
  'lxd-instance': { summary: 'containers of LXD', fact: lxdInstances() },
  'packet-filter': { summary: 'tables, chains and rules of iptables', fact: packetFilter() },
  package: { summary: 'installed packages and their versions', fact: packages },
  'apt-cache': { summary: "the age of apt's package lists in seconds", fact: aptCache() },
  service: { summary: 'services of systemd and their states', fact: services },
};
