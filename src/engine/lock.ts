/**
 * One run at a time on a host. The lock names the shell process that holds it, so that a lock whose owner died can be told
 * from one in use, and lies in /run/lock, which a reboot clears (FHS 3.0, 5.9 and 3.15).
 */
import { CtplayError } from '../errors.ts';
import { sh, type Command } from '../shell.ts';
import type { StepResult } from '../transport/types.ts';

export interface LockOwner {
  readonly runId: string;
  /** The person, as user@machine. */
  readonly who: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The status with which `acquireCommand` says that another run holds the lock; the owner's line is on stdout. */
const heldStatus = 75;

/**
 * Takes the lock, or says who holds it. A run that reaches one machine under two names shares its lock. Checking, breaking and
 * taking happen under flock(1) on the folder itself, so that two breakers can't both win.
 */
export function acquireCommand(owner: LockOwner): Command {
  return sh`l=/run/lock; [ -w $l ] || l=/tmp
exec 8<$l && { flock -w 10 8 || exit 70; }
f=$l/ctplay.lock
started() { IFS= read -r s 2>/dev/null </proc/$1/stat || return 1; set -- \${s##*) }; echo "\${20}"; }
read -r boot </proc/sys/kernel/random/boot_id
if [ -e $f ]; then
  read -r pid start oldboot line <$f
  case $line in *${sh`${owner.runId}`}*) exit 0 ;; esac
  if [ "$oldboot" = "$boot" ] && [ "$(started "$pid")" = "$start" ]; then echo "$line"; exit ${heldStatus}; fi
  rm -f $f || { echo "$line"; exit ${heldStatus}; }
fi
printf '%s %s %s %s\\n' $$ "$(started $$)" "$boot" ${JSON.stringify(owner)} >$f`;
}

export function releaseCommand(owner: LockOwner): Command {
  return sh`l=/run/lock; [ -w $l ] || l=/tmp
if grep -qF ${owner.runId} $l/ctplay.lock 2>/dev/null; then rm -f $l/ctplay.lock; fi`;
}

/** Who holds the lock, when the command found it held; undefined when we have it now. Throws when it could be neither taken nor read. */
export function heldBy(result: StepResult, host: string): LockOwner | undefined {
  if (result.status === 0) return undefined;
  if (result.status === heldStatus) {
    try {
      return JSON.parse(result.stdout) as LockOwner;
    } catch {
      return { runId: 'unknown', who: 'unknown', since: 'unknown' };
    }
  }
  throw new CtplayError('host.locked', `the lock on ${host} could not be taken`, { found: result.stderr.trim() || `exit status ${result.status}` });
}

export function lockedError(host: string, owner: LockOwner): CtplayError {
  return new CtplayError('host.locked', `another run is at work on ${host}`, {
    found: `run ${owner.runId} by ${owner.who} since ${owner.since}`,
    hint: 'Wait for it to end, or let this run wait with --wait-lock SECONDS.',
  });
}
