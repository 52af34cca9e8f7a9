/** Taking back what the Docker daemon did to iptables: it leaves its chains and its FORWARD policy behind when it ends. */
import { sh, type Command } from '../../src/shell.ts';
import type { FilterTable, PacketFilter } from '../facts/packet-filter.ts';

/** The iptables-restore(8) input that deletes Docker's rules and chains, and puts FORWARD's policy back; undefined when there are none. */
export function withoutDockerRules(now: PacketFilter, before: PacketFilter): string | undefined {
  const parts = Object.entries(now).flatMap(([name, table]) => {
    const lines = tableWithoutDocker(table, before[name]?.policies.FORWARD ?? 'ACCEPT', name === 'filter');
    return lines.length === 0 ? [] : [`*${name}`, ...lines, 'COMMIT'];
  });
  return parts.length === 0 ? undefined : `${parts.join('\n')}\n`;
}

function tableWithoutDocker(table: FilterTable, forwardPolicy: string, isFilter: boolean): string[] {
  const chains = table.chains.filter(isDockerChain);
  const rules = table.rules.filter((rule) => !isDockerChain(rule.split(' ')[1]!) && isDockerRule(rule));
  // The daemon sets DROP together with its chains; without them the policy is somebody else's.
  const policy = isFilter && chains.length > 0 && table.policies.FORWARD !== forwardPolicy ? [`-P FORWARD ${forwardPolicy}`] : [];
  return [...policy, ...rules.map((rule) => rule.replace(/^-A/, '-D')), ...chains.map((chain) => `-F ${chain}`), ...chains.map((chain) => `-X ${chain}`)];
}

const isDockerChain = (chain: string): boolean => /^DOCKER($|-)/.test(chain);

/** Jumps to its chains, and rules about its bridges, unless a comment says whose they are. */
function isDockerRule(rule: string): boolean {
  return /-j DOCKER\b/.test(rule) || (/ -[io] (docker0|docker_gwbridge|br-[0-9a-f]{12})( |$)/.test(rule) && !rule.includes('--comment'));
}

/** Deletes the rules of `input` (see `withoutDockerRules`). */
export function restoreRules(input: string): Command {
  return sh`iptables-restore --noflush`.withInput(input);
}

/**
 * Has the tables go that weren't there before and hold nothing by now. iptables-restore without --noflush makes a table anew with the
 * chains it is told: none. The legacy tables are the kernel's own and stay, empty.
 */
export function dropEmptyTables(before: PacketFilter): Command {
  const tables = ['filter', 'nat', 'mangle', 'raw', 'security'].filter((name) => before[name] === undefined);
  return sh`! command -v iptables-restore >/dev/null || for t in $(iptables-save | sed -n 's/^\\*//p'); do case ${` ${tables.join(' ')} `} in *" $t "*) iptables-save -t "$t" | grep -qE '^-A|^:[^ ]+ (-|DROP)' || printf '*%s\\nCOMMIT\\n' "$t" | iptables-restore || exit ;; esac; done`;
}
