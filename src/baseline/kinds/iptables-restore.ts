/** The way back of tables of iptables: each is written anew at once (iptables-restore(8)), from what is there at that moment. */
import { sh, type Command } from '../../shell.ts';
import { commentWord, dockerBridge, dockerPattern, families, type Family } from './iptables-read.ts';

/** What a chain has to be; undefined when it has to go, or to be empty where it is a built-in one. */
export interface WantedChain {
  readonly name: string;
  readonly policy?: string;
  readonly rules: readonly string[] | undefined;
}

/**
 * Lines of iptables-save(8) in, the same table with the wanted chains out. Docker's rules stay where they are, whatever it made of them in
 * the meantime; the wanted rules stand where the first of others' rules stood, or else at the end. Docker's that
 * stand there twice, or are about a network that is gone, go. Wanted lines come first on the input:
 * `policy CHAIN POLICY`, `chain CHAIN`, `gone CHAIN`, `rule CHAIN WORDS`, `drop LINE` for others of Docker's, then a line `.`.
 */
const merge = String.raw`function dockers(line) { return !index(line, comment) && line ~ own }
function needless(line) {
  if (!dockers(line)) return 0
  return times[line]++ || line in dropped || noDocker || match(line, bridge) && !index(bridges, " " substr(line, RSTART, RLENGTH) " ")
}
function put(chain,  i) { if (!(chain in done)) for (i = 1; i <= count[chain]; i++) print rules[chain, i]; done[chain] = 1 }
reading != "table" {
  if ($0 == ".") reading = "table"
  else if ($1 == "drop") { sub(/^drop /, ""); dropped[$0] = 1 }
  else if ($1 == "rule") { chain = $2; sub(/^rule [^ ]+ /, ""); rules[chain, ++count[chain]] = "-A " chain " " $0 }
  else { wanted[$2] = 1; if ($1 == "policy") policy[$2] = $3; else if ($1 == "gone") gone[$2] = 1; else made[$2] = 1 }
  next
}
/^#/ { next }
/^:/ {
  chain = substr($1, 2); seen[chain] = 1
  if (noDocker && (dockers($0) || chain == "DOCKER-USER" && !(chain in made))) next
  if (chain in gone && $2 == "-") next
  if (chain in policy) $2 = policy[chain]
  else if (chain in gone) $2 = "ACCEPT"
  print; next
}
/^-A / {
  if (needless($0)) next
  if ($0 == "-A DOCKER-USER -j RETURN") put($2)
  if (!($2 in wanted) || dockers($0)) { print; next }
  put($2); next
}
/^COMMIT/ {
  for (chain in made) if (!(chain in seen)) print ":" chain " - [0:0]"
  for (chain in policy) if (!(chain in seen)) print ":" chain " " policy[chain] " [0:0]"
  for (chain in wanted) put(chain)
}
{ print }`;

export interface TableOptions {
  /** Names of bridges that networks of Docker were told to make. */
  readonly bridges: readonly string[];
  /** Rules of Docker's that go, as lines of iptables-save. */
  readonly drop?: readonly string[];
  /** All of Docker's go, unless its daemon runs. */
  readonly withoutDocker?: boolean;
}

/** Writes a table with the wanted chains. */
export function tableCommand(family: Family, table: string, chains: readonly WantedChain[], { bridges, drop = [], withoutDocker = false }: TableOptions): Command {
  const tool = families[family];
  const wanted = chains.flatMap(({ name, policy, rules }) => [rules === undefined ? `gone ${name}` : policy === undefined ? `chain ${name}` : `policy ${name} ${policy}`, ...(rules ?? []).map((rule) => `rule ${name} ${rule}`)]);
  const lines = [...wanted, ...drop.map((line) => `drop ${line}`)];
  const variables = [
    ...[['comment', commentWord], ['own', dockerPattern(bridges)], ['bridge', dockerBridge]].map(([name, value]) => sh`-v ${`${name!}=${value!}`}`),
    sh`-v "noDocker=$none"`,
    sh`-v "bridges= $(ls /sys/class/net | tr '\\n' ' ')"`,
  ];
  const fresh = `*${table}\nCOMMIT`;
  return sh`LC_ALL=C; export LC_ALL; none=; ${withoutDocker ? sh`pidof dockerd >/dev/null || none=1` : sh`:`}
now=$(${`${tool}-save`} -t ${table}) || exit
case $now in *COMMIT*) ;; *) now=${fresh} ;; esac
new=$(printf '%s\\n' ${lines} . "$now" | awk ${variables} ${merge}) || exit
printf '%s\\n' "$new" | ${`${tool}-restore`} -w 5`;
}
