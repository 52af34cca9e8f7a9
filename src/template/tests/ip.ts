/** Tests of ansible.utils on addresses and networks. */
import { define } from '../define.ts';
import { Network, blocks, isIn } from '../net/network.ts';
import { parseMac } from '../net/mac.ts';
import { iterate } from '../python/iterate.ts';
import { text } from '../python/text.ts';
import { valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

const parse = (value: unknown) => Network.parse(text(value));
const isAddress = (value: unknown) => parse(value) !== undefined && !text(value).includes('/');

/** Without a host's part, or an address alone: what Python's ipaddress accepts as a network. */
const known = (holds: (network: Network, written: string) => boolean): Definition =>
  define('', (_, value) => {
    const network = parse(value);
    return network !== undefined && network.value === network.first && holds(network, text(value));
  });

function needed(value: unknown): Network {
  const network = parse(value);
  if (network === undefined) throw valueError(`'${text(value)}' is no address or network`);
  return network;
}

const within = (inner: unknown, outer: unknown) => needed(outer).contains(needed(inner));

export const ipTests: Readonly<Record<string, Definition>> = {
  in_any_network: define('networks', (_, value, networks) => iterate(networks).some((network) => within(value, network))),
  in_network: define('network', (_, value, network) => within(value, network)),
  in_one_network: define('networks', (_, value, networks) => iterate(networks).filter((network) => within(value, network)).length === 1),
  ip: known(() => true),
  ip_address: define('', (_, value) => isAddress(value)),
  ipv4: known((network) => network.version === 4),
  ipv4_address: known((network, written) => network.version === 4 && !written.includes('/')),
  ipv6: known((network) => network.version === 6),
  ipv6_address: known((network, written) => network.version === 6 && !written.includes('/')),
  loopback: known((network) => isIn(network, blocks.loopback)),
  mac: define('', (_, value) => parseMac(text(value)) !== undefined),
  multicast: known((network) => isIn(network, blocks.multicast)),
  private: known((network) => isIn(network, blocks.private)),
  public: known((network) => !isIn(network, [...blocks.private, ...blocks.loopback, ...blocks.multicast])),
  subnet_of: define('network', (_, value, network) => within(value, network)),
  supernet_of: define('network', (_, value, network) => within(network, value)),
  unspecified: known((network) => network.value === 0n && network.size === 1n),
};
