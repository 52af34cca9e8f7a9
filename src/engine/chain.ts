/** What a task inherits on its way down from the play: keywords, role, variables of includes. */
import type { Keywords, RoleContext } from '../load/tree.ts';

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

export function extend(chain: Chain, keywords: Keywords, role?: RoleContext): Chain {
  return { ...chain, keywords: [...chain.keywords, keywords], ...(role ? { role, roles: [...chain.roles, role] } : {}) };
}

/** The value of a keyword: the innermost that is set. */
export function keyword<K extends keyof Keywords>(chain: Chain, name: K): Keywords[K] | undefined {
  for (let index = chain.keywords.length - 1; index >= 0; index--) {
    const value = chain.keywords[index]![name];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** All conditions on the way down; every one must hold. */
export function conditions(chain: Chain): readonly unknown[] {
  return chain.keywords.flatMap((keywords) => keywords.when ?? []);
}

export function tagsOf(chain: Chain): readonly string[] {
  return [...new Set(chain.keywords.flatMap((keywords) => keywords.tags ?? []))];
}

/** Variables of blocks and the task, innermost first; the play's own are the play's layer. */
export function blockVariables(chain: Chain): readonly Readonly<Record<string, unknown>>[] {
  return chain.keywords.slice(1).flatMap((keywords) => (keywords.vars ? [keywords.vars] : [])).reverse();
}

export function environments(chain: Chain): readonly unknown[] {
  return chain.keywords.flatMap((keywords) => keywords.environment ?? []);
}
