/** What was read from one host as one user, until a change makes it stale. */
import { meet, type Domain, type Fact, type FactMap, type ReadResult, type Values } from '../module.ts';
import { getOrAdd } from '../get-or-add.ts';

interface Entry {
  readonly result: ReadResult;
  readonly fact: Fact<unknown>;
  readonly domains: Set<Domain>;
}

/** What has to be read. */
export interface Missing {
  readonly key: string;
  readonly fact: Fact<unknown>;
  readonly domains: Domain[];
}

const keys = new WeakMap<Fact<unknown>, string>();

/** Facts with the same key share one reading. That of a joint fact needs no command, which would be built in vain. */
function keyOf(fact: Fact<unknown>): string {
  return getOrAdd(keys, fact, () => (fact.joint ? `${fact.kind} ${JSON.stringify(fact.joint.question)}` : fact.read.text));
}

function isSettled(fact: Fact<unknown>): boolean {
  return fact.joint === undefined && fact.read.text === '';
}

const noAnswer: ReadResult = { status: 0, stdout: '', stderr: '' };

export class FactCache {
  readonly #entries = new Map<string, Entry>();
  /** Keys of joint facts that found nothing when they were last read, and are stale now. */
  readonly #absentBefore = new Set<string>();

  /** What still has to be read to know these facts, each once. */
  missing(facts: Iterable<Fact<unknown>>): Missing[] {
    const wanted = new Map<string, Missing>();
    for (const fact of facts) {
      if (isSettled(fact)) continue;
      const key = keyOf(fact);
      const entry = this.#entries.get(key);
      if (entry) {
        for (const domain of fact.domains) entry.domains.add(domain);
        continue;
      }
      const known = wanted.get(key);
      if (known) known.domains.push(...fact.domains);
      else wanted.set(key, { key, fact, domains: [...fact.domains] });
    }
    return [...wanted.values()];
  }

  store({ key, fact, domains }: Missing, result: ReadResult): void {
    this.#absentBefore.delete(key);
    this.#entries.set(key, { result, fact, domains: new Set(domains) });
  }

  /** Forgets what any of these domains may have changed. */
  invalidate(domains: readonly Domain[]): void {
    for (const [text, entry] of this.#entries) {
      if (!meet([...entry.domains], domains)) continue;
      this.#entries.delete(text);
      if (foundNothing(entry)) this.#absentBefore.add(text);
    }
  }

  forget(facts: Iterable<Fact<unknown>>): void {
    for (const fact of facts) this.#entries.delete(keyOf(fact));
  }

  /** Whether there was nothing when a joint fact was last read. */
  wasAbsent(fact: Fact<unknown>): boolean {
    const key = keyOf(fact);
    const entry = this.#entries.get(key);
    return entry ? foundNothing(entry) : this.#absentBefore.has(key);
  }

  /** The facts' values. All must have been read: ask `missing` first. */
  values<F extends FactMap>(facts: F): Values<F> {
    return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, this.#value(fact)])) as Values<F>;
  }

  #value(fact: Fact<unknown>): unknown {
    if (isSettled(fact)) return fact.parse(noAnswer);
    const entry = this.#entries.get(keyOf(fact));
    if (!entry) throw new Error(`fact ${fact.kind} ${fact.key} was not read`);
    return fact.parse(entry.result);
  }
}

function foundNothing({ fact, result }: Entry): boolean {
  return fact.joint !== undefined && (fact.parse(result) as { readonly state?: unknown } | null)?.state === 'absent';
}
