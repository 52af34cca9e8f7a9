/** Which handlers are due after notifications, and in which order. */
import type { RoleContext } from '../load/tree.ts';
import type { HandlerEntry } from './play-roles.ts';

/** A handler's name as it is on the host: names may hold templates. */
type NameOf = (name: string, role: RoleContext | undefined) => Promise<string>;

/**
 * One flush. Handlers run in the order of their definition; one that notifies an earlier one has it run in the next round. Of
 * handlers with the same name the last list that defines it wins (a play's own over a role's), and in a list the first.
 */
export class HandlerQueue {
  readonly #handlers: readonly HandlerEntry[];
  readonly #nameOf: NameOf;
  readonly #due = new Set<HandlerEntry>();

  constructor(handlers: readonly HandlerEntry[], nameOf: NameOf) {
    this.#handlers = handlers;
    this.#nameOf = nameOf;
  }

  /** The next one to run; `notified` holds names and topics, and is emptied. */
  async take(notified: Set<string>): Promise<HandlerEntry | undefined> {
    const topics = [...notified];
    notified.clear();
    for (const topic of topics) for (const handler of await this.#hearing(topic)) this.#due.add(handler);
    const next = this.#handlers.find((handler) => this.#due.has(handler));
    if (next) this.#due.delete(next);
    return next;
  }

  async #hearing(topic: string): Promise<HandlerEntry[]> {
    const named: HandlerEntry[] = [];
    for (const handler of this.#handlers) {
      const { entry, role } = handler;
      if (entry.name === undefined) continue;
      const name = await this.#nameOf(entry.name, role);
      if (topic === name || (role && topic === `${role.name} : ${name}`)) named.push(handler);
    }
    const last = named.at(-1);
    const chosen = named.find(({ role }) => role === last?.role);
    const listening = this.#handlers.filter(({ entry }) => 'listen' in entry && (entry.listen ?? []).includes(topic));
    return [...(chosen ? [chosen] : []), ...listening];
  }
}
