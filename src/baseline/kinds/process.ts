import { sh, type Command } from '../../shell.ts';
import { defineKind } from '../kind.ts';
import { clauses, printable, sortOut } from './differing.ts';
import { commandLineDigests, strayProcesses, type ProcessItem } from './process-read.ts';

/** Processes that run on when a login ends. */
export const processKind = defineKind<ProcessItem, { processes: typeof strayProcesses }>({
  name: 'process',
  summary: 'Processes that outlive a login: by user and arguments, with a count; not those of services and containers',
  facts: { processes: strayProcesses },
  items: ({ processes }) => processes,
  subject: ({ key }) => `process of ${printable(key)}`,
  words: (difference) =>
    difference.before === undefined && difference.now !== undefined
      ? [difference.now.count === 1 ? 'runs' : `runs ${difference.now.count} times`]
      : clauses(difference, (before, now) => [`runs ${now.count} times, not ${before.count}`]),
  *restore(differences, { management }) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key } of gone) yield { key, why: 'it is not known how it was started' };
    for (const { key, before, now } of [...added.map((one) => ({ ...one, before: undefined })), ...changed]) {
      const tooMany = now.count - (before?.count ?? 0);
      if (tooMany < 0) yield { key, why: 'it is not known how the others were started' };
      else {
        const change = { action: 'delete', subject: `process of ${printable(key)}`, from: now.count, ...(before === undefined ? {} : { to: before.count }), commands: [end(now, tooMany, management.processes)] } as const;
        yield { stage: 'processes', keys: [key], change };
      }
    }
  },
});

/**
 * Ends the youngest `count` processes with exactly these arguments and this user, with their children, first by asking. A process is known
 * by its number and its start time (field 22 of proc_pid_stat(5)): the number may have passed to another in the meantime.
 */
function end({ uid, arguments: words }: ProcessItem, count: number, spared: readonly number[]): Command {
  const digests = commandLineDigests(words).map((digest) => sh`-e ${`s|^${digest}  /proc/\\([0-9]*\\)/cmdline$|\\1|p`}`);
  return sh`started() { s=$(cat "/proc/$1/stat" 2>/dev/null) || return; s=\${s##*) }; set -- $s; echo "\${20}"; }
own=$(readlink /proc/self/ns/pid)
roots=$(sha256sum /proc/[0-9]*/cmdline 2>/dev/null | sed -n ${digests} | while read -r p; do
  case ${` ${spared.join(' ')} `} in *" $p "*) continue ;; esac
  [ "$(stat -c %u "/proc/$p" 2>/dev/null)" = ${uid} ] && [ "$(readlink "/proc/$p/ns/pid")" = "$own" ] && echo "$(started "$p") $p"
done | sort -rn | head -n ${count} | cut -d' ' -f2)
found=$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v roots="$(echo $roots)" -v spared=${spared.join(' ')} '
{ p = $1; sub(/^.*\\) /, ""); parent[p] = $2; start[p] = $20 }
END {
  n = split(roots, list, " "); for (i = 1; i <= n; i++) ours[list[i]] = 1
  n = split(spared, list, " "); for (i = 1; i <= n; i++) others[list[i]] = 1
  do { more = 0; for (p in parent) if (!(p in ours) && !(p in others) && parent[p] in ours) more = ours[p] = 1 } while (more)
  for (p in ours) if (p in start) print start[p], p
}')
alive() { printf '%s\\n' "$found" | while read -r t p; do [ -z "$p" ] || [ "$(started "$p")" != "$t" ] || case $(sed -n 's/^State:[^A-Z]*\\([A-Z]\\).*/\\1/p' "/proc/$p/status" 2>/dev/null) in Z|'') ;; *) echo "$p" ;; esac; done; }
p=$(alive); [ -z "$p" ] || kill -TERM $p 2>/dev/null
i=0; while p=$(alive); [ -n "$p" ] && [ "$i" -lt 20 ]; do i=$((i + 1)); sleep 0.1; done
[ -z "$p" ] || kill -KILL $p 2>/dev/null; :`;
}
