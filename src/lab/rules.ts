/** The iptables rules that let a lab's hosts out: NAT, and a way past policies that drop forwarded packets. */
import { managementSubnet, ruleComment, uplinkName } from './layout.ts';
import { attempt, run } from './run.ts';

interface Rule {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  /** Before what others put there: Docker's policy for FORWARD is DROP. */
  readonly first?: boolean;
  readonly match: readonly string[];
}

/** The rules that let a lab out, without their mark. */
function natRules(number: number): Rule[] {
  const subnet = managementSubnet(number);
  const link = uplinkName(number);
  return [
    { table: 'nat', chain: 'POSTROUTING', match: ['-s', subnet, '!', '-d', subnet, '-j', 'MASQUERADE'] },
    { table: 'filter', chain: 'FORWARD', first: true, match: ['-i', link, '-j', 'ACCEPT'] },
    {
      table: 'filter',
      chain: 'FORWARD',
      first: true,
      match: ['-o', link, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'ACCEPT'],
    },
  ];
}

/** Adds the lab's rules, each marked by a comment, as far as they aren't there; gives whether any was missing. */
export async function addRules(name: string, number: number): Promise<boolean> {
  let missing = false;
  for (const { table, chain, first, match } of natRules(number)) {
    const rule = [...match, '-m', 'comment', '--comment', ruleComment(name)];
    const present = await attempt('iptables', ['-w', '-t', table, '-C', chain, ...rule]);
    if (present.status === 0) continue;
    await run('iptables', ['-w', '-t', table, first ? '-I' : '-A', chain, ...rule]);
    missing = true;
  }
  return missing;
}

/** Removes every rule that carries the lab's mark, whatever its number. */
export async function removeRules(name: string): Promise<void> {
  for (const table of ['nat', 'filter']) {
    for (const rule of markedRules(await run('iptables', ['-w', '-t', table, '-S']), ruleComment(name))) {
      await run('iptables', ['-w', '-t', table, '-D', ...rule]);
    }
  }
}

/** The rules with this comment in the output of `iptables -S`, as arguments of `-D`. */
export function markedRules(listing: string, comment: string): string[][] {
  return listing
    .split('\n')
    .map((line) => line.split(' ').map((word) => word.replace(/^"(.*)"$/, '$1')))
    .filter((words) => words[0] === '-A' && words[words.indexOf('--comment') + 1] === comment)
    .map((words) => words.slice(1));
}
