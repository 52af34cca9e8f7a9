/** The roles of a play, and the handlers that they and the play bring. */
import type { Block, Entry, Keywords, Play, RoleContext } from '../load/tree.ts';

export type RoleBlock = Block & { readonly role: RoleContext };

/** The blocks that roles became, also those of dependencies and imports, in the order in which they run. */
export function roleBlocksIn(entries: readonly Entry[]): RoleBlock[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'block') return [];
    return [...roleBlocksIn([...entry.block, ...entry.rescue, ...entry.always]), ...(entry.role ? [entry as RoleBlock] : [])];
  });
}

export interface HandlerEntry {
  readonly entry: Entry;
  readonly role: RoleContext | undefined;
  /** The blocks and imports around it. */
  readonly around: readonly Keywords[];
}

/** Handlers of the play's roles and the play, in the order in which they run when notified. */
export function handlersOf(play: Play): HandlerEntry[] {
  return [...roleBlocksIn([...play.roles, ...play.preTasks, ...play.tasks, ...play.postTasks]).flatMap(({ role }) => flattened(role.handlers, role)), ...flattened(play.handlers, undefined)];
}

/** The handlers of a role and of its dependencies. */
export function roleHandlers(block: Block): HandlerEntry[] {
  return roleBlocksIn([block]).flatMap(({ role }) => flattened(role.handlers, role));
}

/** The handlers in blocks and imports can be notified by their own names. */
function flattened(entries: readonly Entry[], role: RoleContext | undefined, around: readonly Keywords[] = []): HandlerEntry[] {
  return entries.flatMap((entry) => (entry.kind === 'block' ? flattened(entry.block, entry.role ?? role, [...around, entry.keywords]) : [{ entry, role, around }]));
}
