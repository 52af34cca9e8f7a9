/** What a value that was worked out ahead of its task rests on, so that it is known at the task's turn whether it holds still. */
import type { Scope, Variable } from '../template/index.ts';
import type { HostMemory } from './variables.ts';

/** What may be another at the turn although no task has set it: who takes part, what hosts have learnt, what roles came in. */
const restless: ReadonlySet<string> = new Set(['hostvars', 'vars', 'play_hosts', 'ansible_play_batch', 'ansible_play_hosts', 'ansible_play_hosts_all', 'ansible_play_name', 'role_names', 'ansible_play_role_names', 'ansible_dependent_role_names', 'ansible_role_names']);

/** Versions of what a host's variables come from besides what its tasks set. */
export interface Grounds {
  readonly inventory: number;
  readonly roles: number;
}

/**
 * Records the variables that are looked up through it. A value rests on them alone, or, if templates asked for files, the clock or
 * chance, on what nobody can compare.
 */
export class Basis implements Scope {
  readonly #scope: Scope;
  readonly #grounds: Grounds;
  readonly #names = new Set<string>();
  #isVolatile = false;

  constructor(scope: Scope, grounds: Grounds) {
    this.#scope = scope;
    this.#grounds = grounds;
  }

  lookup(name: string): Variable | undefined {
    this.#names.add(name);
    if (restless.has(name)) this.#isVolatile = true;
    return this.#scope.lookup(name);
  }

  names(): Iterable<string> {
    this.#isVolatile = true;
    return this.#scope.names();
  }

  /** For templates to tell that variables are not all. */
  readonly volatile = (): void => {
    this.#isVolatile = true;
  };

  /** Whether it rests on one of these variables, or on what nobody can compare. */
  restsOnAny(names: ReadonlySet<string>): boolean {
    return this.#isVolatile || [...this.#names].some((name) => names.has(name));
  }

  /** Whether nothing has been set since that the value rests on. `memory` was empty when it was worked out. */
  holds(memory: HostMemory, { inventory, roles }: Grounds): boolean {
    if (this.#isVolatile || inventory !== this.#grounds.inventory || roles !== this.#grounds.roles) return false;
    if (memory.version === 0) return true;
    const { facts, included } = memory;
    for (const name of this.#names) if (Object.hasOwn(facts, name) || Object.hasOwn(included, name)) return false;
    return true;
  }
}
