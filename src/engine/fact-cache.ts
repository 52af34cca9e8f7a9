/** What was read from one host as one user, until a change makes it stale. */
import { overlaps, type Domain, type Fact, type FactMap, type Joint, type ReadResult, type Values } from '../module.ts';
import type { Command } from '../shell.ts';

interface Entry {
  readonly result: ReadResult;
  readonly domains: Set<Domain>;
}

/** A command that has to run for some facts. */
export interface Missing {
  readonly command: Command;
  readonly domains: Domain[];
  readonly joint: Joint | undefined;
}

export class FactCache {
  readonly #entries = new Map<string, Entry>();

  /** The commands that still have to run to know these facts, each once. */
  missing(facts: Iterable<Fact<unknown>>): Missing[] {
    const wanted = new Map<string, Missing>();
    for (const fact of facts) {
      const entry = this.#entries.get(fact.read.text);
      if (entry) {
        for (const domain of fact.domains) entry.domains.add(domain);
        continue;
      }
      const known = wanted.get(fact.read.text);
      if (known) known.domains.push(...fact.domains);
      else wanted.set(fact.read.text, { command: fact.read, domains: [...fact.domains], joint: fact.joint });
    }
    return [...wanted.values()];
  }

  store(command: Command, domains: readonly Domain[], result: ReadResult): void {
    this.#entries.set(command.text, { result, domains: new Set(domains) });
  }

  /** Forgets what any of these domains may have changed. */
  invalidate(domains: readonly Domain[]): void {
    for (const [text, entry] of this.#entries) {
      if ([...entry.domains].some((mine) => domains.some((touched) => overlaps(mine, touched)))) this.#entries.delete(text);
    }
  }

  forget(facts: Iterable<Fact<unknown>>): void {
    for (const fact of facts) this.#entries.delete(fact.read.text);
  }

  /** The facts' values. All must have been read: ask `missing` first. */
  values<F extends FactMap>(facts: F): Values<F> {
    return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, this.#value(fact)])) as Values<F>;
  }

  #value(fact: Fact<unknown>): unknown {
    const entry = this.#entries.get(fact.read.text);
    if (!entry) throw new Error(`fact ${fact.kind} ${fact.key} was not read`);
    return fact.parse(entry.result);
  }
}
