/**
 * One run at a time on a host. The lock names the shell process that holds it, so that a lock whose owner died can be told
 * from one in use, and lies in /run/lock, which a reboot clears (FHS 3.0, 5.9 and 3.15).
 */
import { CtplayError } from '../errors.ts';
import { sh, type Command } from '../shell.ts';
import { killScript } from '../transport/kill.ts';
import type { StepResult } from '../transport/types.ts';

export interface LockOwner {
  readonly runId: string;
  /** The person, as user@machine. */
  readonly who: string;
  /** ISO 8601. */
  readonly since: string;
}

/** What `acquireCommand` exits with when another run holds the lock; the owner's line is on stdout. */
const heldStatus = 75;
/** The same when that run's connection is gone, but what it started still runs: `PID START` and the owner's line. */
const orphanStatus = 76;

// The start time of a process (proc(5), field 22) tells it from a later one with the same id.
const processes = sh`look() { started= parent=; IFS= read -r s 2>/dev/null </proc/$1/stat || return 1; set -- \${s##*) }; parent=$2 started=\${20}; }`;

/**
 * Takes the lock, or says who holds it. A run that reaches one machine under two names shares its lock. A shell whose connection is
 * gone has been given to init, alone or under its sudo. Checking, breaking and taking happen under flock(1) on the folder itself, so
 * that two breakers can't both win.
 */
export function acquireCommand(owner: LockOwner): Command {
  return sh`l=/run/lock; [ -w $l ] || l=/tmp
exec 8<$l && { flock -w 10 8 || exit 70; }
f=$l/ctplay.lock
${processes}
orphan() {
  while [ "$parent" -gt 1 ]; do
    read -r comm </proc/$parent/comm || return 1
    case $comm in sh | dash | bash | sudo | su) look "$parent" || return 1 ;; *) return 1 ;; esac
  done
}
read -r boot </proc/sys/kernel/random/boot_id
own=
if [ -e $f ]; then
  read -r pid start oldboot line <$f
  case $line in
    # Our own, of another name of the machine or of a connection that was given up: this shell holds it from now on.
    *${owner.runId}*) [ ! -O $f ] || [ -L $f ] || own=1 ;;
    *)
      if [ "$oldboot" = "$boot" ] && look "$pid" && [ "$started" = "$start" ]; then
        if orphan; then echo "$pid $start $line"; exit ${orphanStatus}; fi
        echo "$line"; exit ${heldStatus}
      fi ;;
  esac
  [ -n "$own" ] || rm -f $f || { echo "$line"; exit ${heldStatus}; }
fi
look $$; printf '%s %s %s %s\\n' $$ "$started" "$boot" ${JSON.stringify(owner)} >$f || exit
exec 8<&-`;
}

/** Ends what a run whose connection is gone left running, unless it has ended by itself. */
export function endOrphanCommand({ pid, start }: Orphan): Command {
  return sh`${processes}
look ${pid} && [ "$started" = ${start} ] || exit 0
${sh`eval ${killScript(pid, 'all', 0)}`}`;
}

export function releaseCommand(owner: LockOwner): Command {
  return sh`l=/run/lock; [ -w $l ] || l=/tmp
line=; [ ! -r $l/ctplay.lock ] || read -r line <$l/ctplay.lock
case $line in *${owner.runId}*) exec rm -f $l/ctplay.lock ;; esac`;
}

/**
 * The same, in the long-lived shell, unless a file has more than so many bytes: then it fails, and the lock stays. One find(1) does both,
 * unless it is one of BusyBox's that lack `-quit`.
 */
export function releaseUnlessLarge({ runId }: LockOwner, file: Command, bytes: number): Command {
  return sh`__ctplay_lock=/run/lock; [ -w $__ctplay_lock ] || __ctplay_lock=/tmp
__ctplay_lock=$__ctplay_lock/ctplay.lock __ctplay_line=; [ ! -r $__ctplay_lock ] || read -r __ctplay_line <$__ctplay_lock
case $__ctplay_line in *${runId}*)
  __ctplay_large=$(find ${file} $__ctplay_lock -maxdepth 0 -size +${bytes}c -print -quit -o -name ctplay.lock -delete 2>/dev/null) ||
    if [ "$(stat -c %s ${file} 2>/dev/null || echo 0)" -gt ${bytes} ]; then __ctplay_large=1; else rm -f $__ctplay_lock; fi
  [ -z "$__ctplay_large" ] ;;
esac`;
}

export interface Orphan {
  readonly pid: number;
  readonly start: number;
}

/** Another run holds the lock; with `orphan` it is a dead one whose last command still runs. */
export interface Held {
  readonly owner: LockOwner;
  readonly orphan?: Orphan;
}

/** What `acquireCommand` found; undefined when we have the lock now. Throws when it could be neither taken nor read. */
export function heldBy(result: StepResult, host: string): Held | undefined {
  if (result.status === 0) return undefined;
  if (result.status === heldStatus) return { owner: ownerOf(result.stdout) };
  if (result.status === orphanStatus) {
    const [, pid, start, line] = /^(\d+) (\d+) ([^]*)$/.exec(result.stdout) ?? [];
    return { owner: ownerOf(line ?? ''), orphan: { pid: Number(pid), start: Number(start) } };
  }
  throw new CtplayError('host.locked', `the lock on ${host} could not be taken`, { found: result.stderr.trim() || `exit status ${result.status}` });
}

function ownerOf(line: string): LockOwner {
  try {
    return JSON.parse(line) as LockOwner;
  } catch {
    return { runId: 'unknown', who: 'unknown', since: 'unknown' };
  }
}

export function lockedError(host: string, owner: LockOwner): CtplayError {
  return new CtplayError('host.locked', `another run is at work on ${host}`, {
    found: `run ${owner.runId} by ${owner.who} since ${owner.since}`,
    hint: 'Wait for it to end, or let this run wait with --wait-lock SECONDS.',
  });
}
