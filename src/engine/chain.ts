/** What a task inherits on its way down from the play: keywords, role, variables of includes. */
import type { Keywords, RoleContext } from '../load/tree.ts';
import { getOrAdd } from '../get-or-add.ts';

export interface Chain {
  /** From the play (first) to the node itself (last). */
  readonly keywords: readonly Keywords[];
  /** The innermost role. */
  readonly role?: RoleContext;
  /** Names of the roles around, outermost first, for the task's shown name. */
  readonly roles: readonly RoleContext[];
  /** Variables of include_* tasks, innermost first. */
  readonly included: readonly Readonly<Record<string, unknown>>[];
}

const roots = new WeakMap<Keywords, Chain>();
const extended = new WeakMap<Chain, WeakMap<Keywords, Chain>>();

/** The chain of what stands in a play itself: the same one for the same play, whoever asks. */
export function rootChain(keywords: Keywords): Chain {
  return getOrAdd(roots, keywords, () => ({ keywords: [keywords], roles: [], included: [] }));
}

/** The chain one step further down. It is made once, so that all hosts share it and what follows from it. */
export function extend(chain: Chain, keywords: Keywords, role?: RoleContext): Chain {
  const below = getOrAdd(extended, chain, () => new WeakMap<Keywords, Chain>());
  const known = below.get(keywords);
  if (known && known.role === (role ?? chain.role)) return known;
  const inner: Chain = { ...chain, keywords: [...chain.keywords, keywords], ...(role ? { role, roles: [...chain.roles, role] } : {}) };
  below.set(keywords, inner);
  return inner;
}

/** What follows from a chain alone, worked out once for all hosts. */
export function perChain<T extends object>(derive: (chain: Chain) => T): (chain: Chain) => T {
  const known = new WeakMap<Chain, T>();
  return (chain) => getOrAdd(known, chain, () => derive(chain));
}

/** The keywords as they hold at the end of the chain: the innermost that is set. */
const effective = perChain((chain): Keywords => {
  const all = chain.keywords.flatMap((keywords) => Object.entries(keywords).filter(([, value]) => value !== undefined));
  return Object.fromEntries(all) as Keywords;
});

/** The value of a keyword: the innermost that is set. */
export function keyword<K extends keyof Keywords>(chain: Chain, name: K): Keywords[K] | undefined {
  return effective(chain)[name];
}

/** All conditions on the way down; every one must hold. */
export const conditions = perChain((chain): readonly unknown[] => chain.keywords.flatMap((keywords) => keywords.when ?? []));

export const tagsOf = perChain((chain): readonly string[] => [...new Set(chain.keywords.flatMap((keywords) => keywords.tags ?? []))]);

/** Variables of blocks and the task, innermost first; the play's own are the play's layer. */
export const blockVariables = perChain((chain): readonly Readonly<Record<string, unknown>>[] => chain.keywords.slice(1).flatMap((keywords) => (keywords.vars ? [keywords.vars] : [])).reverse());

export const environments = perChain((chain): readonly unknown[] => chain.keywords.flatMap((keywords) => keywords.environment ?? []));
