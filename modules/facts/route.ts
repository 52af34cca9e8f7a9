/** Which way a packet to an address takes (`ip route get`, ip-route(8)). */
import type { Fact, Reading } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { absent, parseJson, present, unavailable } from './reading.ts';

export interface Route {
  readonly interface: string;
  /** The address is one of the host's own. */
  readonly own: boolean;
  /** The address that packets are sent from. */
  readonly source: string;
  readonly gateway?: string;
  /** Of the interface, or smaller where the route says so. */
  readonly mtu: number;
}

/** The route to an address; absent when there is none. */
export function routeTo(address: string): Fact<Reading<Route>> {
  return {
    kind: 'route',
    key: address,
    read: sh`route=$(LC_ALL=C ip -j route get ${address}) || exit; echo "$route"; device=\${route#*'"dev":"'}; read -r mtu <"/sys/class/net/\${device%%'"'*}/mtu" && echo "$mtu"`,
    domains: ['link', 'route'],
    parse(result) {
      // Unreachable, prohibited or a black hole: the kernel tells them by different errors.
      if (result.stderr.includes('RTNETLINK answers')) return absent;
      const [json = '', mtu] = result.stdout.split('\n');
      const [row] = (parseJson(json) ?? []) as RawRoute[];
      if (!row?.dev) return unavailable(result);
      const limit = row.metrics?.[0]?.mtu;
      return present({
        interface: row.dev,
        own: row.type === 'local',
        source: row.prefsrc ?? '',
        ...(row.gateway === undefined ? {} : { gateway: row.gateway }),
        mtu: Math.min(Number(mtu) || 1500, limit ?? Infinity),
      });
    },
  };
}

interface RawRoute {
  readonly type?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly gateway?: string;
  readonly metrics?: readonly { readonly mtu?: number }[];
}
