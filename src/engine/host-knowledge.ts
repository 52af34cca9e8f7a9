/** What is known of one host, whoever logs in there and whoever that becomes. */
import type { Domain } from '../module.ts';
import { FactCache } from './fact-cache.ts';

export class HostKnowledge {
  /** Ansible's facts without their prefix, once they were read. */
  facts: Readonly<Record<string, unknown>> | undefined;
  /** What changes planned in check mode would touch. */
  readonly pending: Domain[] = [];
  readonly #caches: FactCache[] = [];

  /** What one user reads: others may see other things, so each has a cache. */
  addCache(): FactCache {
    const cache = new FactCache();
    this.#caches.push(cache);
    return cache;
  }

  /** What one user changes is stale for all. */
  invalidate(domains: readonly Domain[]): void {
    for (const cache of this.#caches) cache.invalidate(domains);
  }
}
