/**
 * The script that ends what a shell is running, sent over a second channel. It walks the process tree in /proc (proc(5)):
 * what a step left running on purpose has been given to init by then and is spared. Processes get SIGTERM, and SIGKILL when
 * they are still there two seconds later, by the clock: looking through all processes of a busy host takes its time, too.
 */

/** `children`: what the shell is running. `all`: the shell too, which then starts nothing more. */
export type KillScope = 'children' | 'all';

/** Clock ticks in a second, as /proc counts them for every program on Linux. */
const TICKS_PER_SECOND = 100;

// A process's start time is compared with the killer's own, since the clock of /proc/uptime may be another one in a
// container. Fields are counted from the state on, after the name, which may hold blanks and parentheses.
const BODY = `\
look() {
  read -r line 2>/dev/null <"/proc/$1/stat" || return 1
  set -- \${line##*) }
  state=$1 parent=$2
  shift 19
  start=$1
}
look $$
now=$start
scan() {
  table=
  for entry in /proc/[0-9]*/stat; do
    pid=\${entry#/proc/}
    pid=\${pid%/stat}
    look "$pid" || continue
    [ "$state" = Z ] || table="$table $pid:$parent:$start"
  done
}
descend() {
  grown=1
  while [ -n "$grown" ]; do
    grown=
    for entry in $table; do
      pid=\${entry%%:*} parent=\${entry#*:}
      start=\${parent#*:} parent=\${parent%:*}
      case $found in *" $pid "*) continue ;; esac
      if [ "$parent" = "$shell" ] && [ $((now - start)) -lt "$age" ]; then continue; fi
      case " $roots$found" in *" $parent "*) found="$found$pid " fresh="$fresh $pid" grown=1 ;; esac
    done
  done
}
alive() {
  for entry in $table; do
    case $found in *" \${entry%%:*} "*) return 0 ;; esac
  done
  return 1
}
seconds() {
  read -r seconds line </proc/uptime
  seconds=\${seconds%.*}
}
seconds
end=$((seconds + 3))
round=0
while [ "$seconds" -lt $end ]; do
  fresh=
  scan
  descend
  if [ $round -eq 0 ]; then fresh="$first $fresh"; fi
  for pid in $fresh; do kill -s TERM "$pid" 2>/dev/null; done
  alive || exit 0
  sleep 0.1 2>/dev/null || sleep 1
  round=$((round + 1))
  seconds
done
for pid in $found; do kill -s KILL "$pid" 2>/dev/null; done
`;

/**
 * @param shellPid process id of the long-lived shell
 * @param runningMs how long the step has run as seen from here. Children of the shell that are much younger are spared: they
 *   belong to a later step, which began while the kill was on its way
 */
export function killScript(shellPid: number, scope: KillScope, runningMs: number): string {
  // The step may have begun later than it was sent, by the time that its line and its input took to get there.
  const age = Math.floor((runningMs / 4 / 1000) * TICKS_PER_SECOND);
  const head =
    scope === 'all'
      ? `shell=0 age=0 roots= first=${shellPid} found=' ${shellPid} '`
      : `shell=${shellPid} age=${age} roots='${shellPid} ' first= found=' '`;
  return `${head}\n${BODY}`;
}
