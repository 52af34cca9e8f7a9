/** What tells the host's own interfaces from those that a switch or a container engine makes. */
import { dockerNetworks } from '../../../modules/facts/docker.ts';
import { linksRead, type RawLink } from '../../../modules/facts/link.ts';
import { parseJson, present, unavailable, valueOf } from '../../../modules/facts/reading.ts';
import type { Fact, Reading, Values } from '../../module.ts';
import { lastingLinks, type LinkSurroundings } from './link-state.ts';
import { namedNamespaces, surroundingNamespaces } from './namespace-read.ts';
import { switchPortNames } from './openvswitch-read.ts';

const rows: Fact<Reading<readonly RawLink[]>> = {
  kind: 'interfaces',
  key: '',
  read: linksRead,
  domains: ['link'],
  parse(result) {
    const parsed = parseJson(result.stdout);
    return Array.isArray(parsed) ? present((parsed as readonly RawLink[]).filter((row) => typeof row.ifname === 'string')) : unavailable(result);
  },
};

/** What every kind reads that is about interfaces of the host. */
export const hostLinkFacts = { rows, namespaces: namedNamespaces, switchPorts: switchPortNames, dockerNetworks: dockerNetworks() };
export type HostLinkValues = Values<typeof hostLinkFacts>;

export function surroundingsOf({ namespaces, switchPorts, dockerNetworks: networks }: HostLinkValues): LinkSurroundings {
  return { namespaces: surroundingNamespaces(namespaces), switchPorts: new Set(switchPorts), dockerNetworks: valueOf(networks)?.map(({ id }) => id) };
}

/** Interfaces that stay when containers start again; with `switches`, those of Open vSwitch too. */
export function hostLinks(values: HostLinkValues, options: { readonly switches?: boolean } = {}): Reading<readonly RawLink[]> {
  return values.rows.state === 'present' ? present(lastingLinks(values.rows.value, surroundingsOf(values), options)) : values.rows;
}
