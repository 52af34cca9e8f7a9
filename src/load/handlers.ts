/** Every notification needs a handler that hears it. */
import { CtplayError, didYouMean } from '../errors.ts';
import { hasTemplate } from './has-template.ts';
import type { Problems } from './problems.ts';
import type { Entry, Play } from './tree.ts';

type Playing = Pick<Play, 'preTasks' | 'roles' | 'tasks' | 'postTasks' | 'handlers'>;

/**
 * Reports topics that no handler of the play and its roles hears. Includes may bring handlers along, and names may hold
 * templates: then nothing can be said before the run.
 */
export function checkNotifications(play: Playing, problems: Problems): void {
  const entries = [...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks].flatMap(flattened);
  const roles = entries.flatMap((entry) => (entry.kind === 'block' && entry.role ? [entry.role] : []));
  const handlers = [...play.handlers.flatMap(flattened).map((entry) => ({ entry, prefix: '' })), ...roles.flatMap((role) => role.handlers.flatMap(flattened).map((entry) => ({ entry, prefix: `${role.name} : ` })))];
  if ([...entries, ...handlers.map(({ entry }) => entry)].some(({ kind }) => kind === 'include')) return;
  const topics = new Set(handlers.flatMap(({ entry, prefix }) => [...(entry.name === undefined ? [] : [entry.name, prefix + entry.name]), ...('listen' in entry ? (entry.listen ?? []) : [])]));
  if ([...topics].some(hasTemplate)) return;
  for (const entry of [...entries, ...handlers.map(({ entry }) => entry)]) {
    if (entry.kind !== 'task') continue;
    (entry.notify ?? []).forEach((topic, index) => {
      if (topics.has(topic) || hasTemplate(topic)) return;
      problems.add(new CtplayError('playbook.structure', `no handler is called '${topic}' or listens to it`, { span: entry.source.at(['notify', index]), hint: didYouMean(topic, topics) ?? (topics.size === 0 ? "The play has no handlers; they stand under 'handlers:'." : `There are ${[...topics].join(', ')}.`) }));
    });
  }
}

function flattened(entry: Entry): readonly Entry[] {
  return entry.kind === 'block' ? [entry, ...[...entry.block, ...entry.rescue, ...entry.always].flatMap(flattened)] : [entry];
}
