/** --list-hosts, --list-tasks and --list-tags, in Ansible's form. */
import { hostsOf } from '../engine/play.ts';
import { RunContext } from '../engine/run-context.ts';
import { tagsChoose } from '../engine/tags.ts';
import type { Entry, Play } from '../load/tree.ts';
import { connector } from '../transport/index.ts';
import { extend, rootChain, tagsOf, type Chain } from '../engine/chain.ts';
import { inventoryOf } from './perform.ts';
import type { Prepared } from './playbooks.ts';

interface ListFlags {
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
}

/** Prints the lists and gives the exit status. */
export async function list(prepared: Prepared, flags: ListFlags): Promise<number> {
  const { playbooks, registry, settings } = prepared;
  const inventory = await inventoryOf(prepared, !flags.listHosts);
  const never = new AbortController().signal;
  const run = new RunContext({ settings, inventory, registry, connect: connector(), emit: () => undefined, stop: never, kill: never });
  for (const playbook of playbooks) {
    process.stdout.write(`\nplaybook: ${playbook.file}\n`);
    for (const [index, play] of playbook.plays.entries()) {
      const pattern = [play.hosts].flat().join(',');
      process.stdout.write(`\n  play #${index + 1} (${pattern}): ${play.name ?? pattern}\tTAGS: [${(play.keywords.tags ?? []).join(', ')}]\n`);
      if (flags.listHosts) {
        const hosts = hostsOf(run, { play, playbookFile: playbook.file, prompted: {} });
        process.stdout.write(`    pattern: [${pattern}]\n    hosts (${hosts.length}):\n${hosts.map((host) => `      ${host}\n`).join('')}`);
      }
      const tasks = tasksOf(play).filter(({ tags }) => tagsChoose(tags, settings.tags, settings.skipTags));
      if (flags.listTasks) process.stdout.write(`    tasks:\n${tasks.map(({ name, tags }) => `      ${name}\tTAGS: [${tags.join(', ')}]\n`).join('')}`);
      if (flags.listTags) process.stdout.write(`      TASK TAGS: [${[...new Set(tasks.flatMap(({ tags }) => tags))].sort().join(', ')}]\n`);
    }
  }
  return 0;
}

function tasksOf(play: Play): { name: string; tags: readonly string[] }[] {
  const found: { name: string; tags: readonly string[] }[] = [];
  const visit = (entries: readonly Entry[], chain: Chain): void => {
    for (const entry of entries) {
      if (entry.kind === 'block') {
        const inner = extend(chain, entry.keywords, entry.role);
        for (const part of [entry.block, entry.rescue, entry.always]) visit(part, inner);
        continue;
      }
      const name = entry.name ?? (entry.kind === 'task' ? entry.module : entry.kind === 'include' ? `include_${entry.what}` : `meta (${entry.action})`);
      found.push({ name: chain.role ? `${chain.role.name} : ${name}` : name, tags: tagsOf(extend(chain, entry.keywords)) });
    }
  };
  for (const section of [play.preTasks, play.roles, play.tasks, play.postTasks]) visit(section, rootChain(play.keywords));
  return found;
}
