/** --start-at-task: the playbooks without all that stands before the first task of a name. */
import { CtplayError, didYouMean } from '../errors.ts';
import type { Block, Entry, Play, Playbook } from './tree.ts';

/**
 * Leaves out what stands before the first task whose name matches, whole plays included; handlers stay. As in Ansible, `*`
 * and `?` in the name match any text and any character, a task of a role is also known as `role : name`, and tasks that only an
 * include brings in are not found. Throws usage.option when no task matches.
 */
export function startAt(playbooks: readonly Playbook[], name: string): Playbook[] {
  const search = new Search(name);
  const left = playbooks.map((playbook) => ({ ...playbook, plays: playbook.plays.flatMap((play) => search.inPlay(play)) }));
  if (!search.found) throw new CtplayError('usage.option', `--start-at-task: there is no task '${name}'`, { hint: didYouMean(name, search.passed) ?? '`--list-tasks` shows them.' });
  return left.filter(({ plays }) => plays.length > 0);
}

class Search {
  found = false;
  /** Names of the tasks that came before. */
  readonly passed = new Set<string>();
  readonly #pattern: RegExp;

  constructor(name: string) {
    const source = name.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^]*').replaceAll('?', '[^]');
    this.#pattern = new RegExp(`^${source}$`);
  }

  inPlay(play: Play): Play[] {
    const [preTasks, roles, tasks, postTasks] = [this.#inEntries(play.preTasks), this.#inEntries(play.roles) as readonly Block[], this.#inEntries(play.tasks), this.#inEntries(play.postTasks)];
    return this.found ? [{ ...play, preTasks, roles, tasks, postTasks }] : [];
  }

  #inEntries(entries: readonly Entry[], role?: string): readonly Entry[] {
    return entries.flatMap((entry): Entry[] => {
      if (this.found) return [entry];
      if (entry.kind === 'block') return this.#inBlock(entry, entry.role?.name ?? role);
      this.found = this.#matches(entry, role);
      return this.found ? [entry] : [];
    });
  }

  /** A rescue is not searched: it is for failures of what would have been left out. */
  #inBlock(block: Block, role: string | undefined): Block[] {
    const parts = { block: this.#inEntries(block.block, role), always: this.#inEntries(block.always, role) };
    return this.found ? [{ ...block, ...parts }] : [];
  }

  #matches(entry: Exclude<Entry, Block>, role: string | undefined): boolean {
    const name = entry.name ?? (entry.kind === 'task' ? entry.module : undefined);
    if (name === undefined) return false;
    const names = role === undefined ? [name] : [name, `${role} : ${name}`];
    for (const one of names) this.passed.add(one);
    return names.some((one) => this.#pattern.test(one));
  }
}
