/** Whom the hosts ask for names. */
import { readFile } from 'node:fs/promises';

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
