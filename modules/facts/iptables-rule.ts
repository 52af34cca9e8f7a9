/** One rule of iptables(8), by its words: whether the chain has it, whether there is a chain, and the chain's policy. */
import type { Fact, Reading } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';

export interface IptablesRule {
  readonly rule: boolean;
  readonly chain: boolean;
  /** Of a built-in chain. */
  readonly policy?: string;
  /** How many rules the chain has. */
  readonly rules: number;
}

/** `rule` are the words after the chain's name; undefined when only the chain is asked about. */
export function iptablesRule(tool: string, table: string, chain: string, rule: Command | undefined): Fact<Reading<IptablesRule>> {
  const start = sh`${tool} -w 5 -t ${table}`;
  return {
    kind: 'iptables',
    key: `${table} ${chain}`,
    read: sh`LC_ALL=C; export LC_ALL; command -v ${tool} >/dev/null || exit 127; ${rule === undefined ? nothing : sh`${start} -C ${chain} ${rule} 2>/dev/null && echo rule; `}l=$(${start} -S 2>&1) || { echo "$l" >&2; exit 1; }
echo "$l" | grep -E -e ${`^-[PN] ${chain}( |$)`}; echo "rules $(echo "$l" | grep -c -e ${`^-A ${chain} `})"`,
    domains: ['iptables'],
    parse({ status, stdout, stderr }) {
      if (status === 127) return { state: 'unavailable', reason: 'not-installed', detail: `${tool}: not found` };
      if (status !== 0) return { state: 'unavailable', reason: /Permission denied|must be root/.test(stderr) ? 'denied' : 'unreadable', detail: stderr.trim() };
      const policy = /^-P \S+ (\S+)/m.exec(stdout)?.[1];
      const rules = Number(/^rules (\d+)/m.exec(stdout)?.[1] ?? 0);
      return { state: 'present', value: { rule: /^rule$/m.test(stdout), chain: /^-[PN] /m.test(stdout), rules, ...(policy === undefined ? {} : { policy }) } };
    },
  };
}
