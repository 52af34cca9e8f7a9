/** What is known of one host, whoever logs in there and whoever that becomes. */
import type { Change, Domain } from '../module.ts';
import { brought } from './effects.ts';
import { FactCache } from './fact-cache.ts';
import { affectLogins } from './login-effects.ts';

export class HostKnowledge {
  #facts: Readonly<Record<string, unknown>> | undefined;
  #someFacts: Readonly<Record<string, unknown>> = {};
  /** What changes planned in check mode would touch. */
  readonly pending: Domain[] = [];
  readonly #caches: FactCache[] = [];
  #loginsAffected = false;

  /** Ansible's facts without their prefix, once all were read; with a name also those among which it was. */
  facts(name?: string): Readonly<Record<string, unknown>> | undefined {
    return this.#facts ?? (name !== undefined && Object.hasOwn(this.#someFacts, name) ? this.#someFacts : undefined);
  }

  /** Remembers facts that were read: all of them, or some. */
  learnFacts(facts: Readonly<Record<string, unknown>>, all: boolean): void {
    if (all) this.#facts = facts;
    else this.#someFacts = { ...this.#someFacts, ...facts };
  }

  forgetFacts(): void {
    this.#facts = undefined;
    this.#someFacts = {};
  }

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

  /** Remembers what changes that are made mean to those who log in later. */
  noteChanges(changes: readonly Change[]): void {
    this.#loginsAffected ||= affectLogins(brought(changes));
  }

  /** Whether anything was changed that may make a new login another than those of this run. */
  get loginsAffected(): boolean {
    return this.#loginsAffected;
  }
}
