/** Changes as commands: those that one writer can make together are made together. */
import type { Change, JointWriter } from '../module.ts';
import type { Command } from '../shell.ts';

/** The commands of changes, in their order. Neighbours with the same writer share theirs; one that stands alone has its own. */
export function commandsOf(changes: readonly Change[]): Command[] {
  const groups: Change[][] = [];
  let writer: JointWriter<unknown> | undefined;
  for (const change of changes) {
    const group = groups.at(-1);
    if (group && writer !== undefined && change.joint?.writer === writer) group.push(change);
    else groups.push([change]);
    writer = change.joint?.writer;
  }
  return groups.flatMap((group) => (group.length === 1 ? group[0]!.commands : group[0]!.joint!.writer.commands(group.map((change) => change.joint!.request))));
}
