/** Rules added to and removed from the packet filter, by iptables(8), or several of them by one iptables-restore(8). */
import type { JointWriter } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import type { Rule } from '../facts/iptables.ts';

export interface RuleEdit {
  readonly rule: Rule;
  /** At the end, at the beginning, or away. */
  readonly how: 'append' | 'insert' | 'delete';
}

const options = { append: '-A', insert: '-I', delete: '-D' } as const;

/** What a person would type for one of them. */
export function editCommand({ rule: { table, chain, words }, how }: RuleEdit): Command {
  return sh`iptables -w 5 -t ${table} ${options[how]} ${chain} ${words}`;
}

/** In their order; neighbours in one table are one transaction of the kernel, which waits for all processors at the end of each. */
export const rulesWriter: JointWriter<RuleEdit> = {
  commands(edits) {
    const lines: string[] = [];
    edits.forEach(({ rule: { table, chain, words }, how }, index) => {
      if (table !== edits[index - 1]?.rule.table) lines.push(...(index === 0 ? [] : ['COMMIT']), `*${table}`);
      lines.push([options[how], chain, ...words].map(quoted).join(' '));
    });
    return [sh`iptables-restore -w 5 --noflush`.withInput([...lines, 'COMMIT', ''].join('\n'))];
  },
};

/** As iptables-restore takes a word. */
function quoted(word: string): string {
  return /^[\w.,:/!+-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}
