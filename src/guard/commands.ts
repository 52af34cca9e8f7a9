/** The commands by which a run speaks with a guard on a host, and what to make of their answers. */
import { sh, type Command } from '../shell.ts';
import { guardFolder, guardProgram, type GuardSpec } from './script/program.ts';

/** `script` as root, also where the shell is somebody else's who may use sudo without a password. Its arguments follow. */
function asRoot(script: Command, argument: Command = sh`''`): Command {
  return sh`if [ "$(id -u)" = 0 ]; then sh -s -- ${argument}; else sudo -n sh -s -- ${argument}; fi`.withInput(script.text);
}

function tell(id: string, verb: string, argument: Command = sh`''`): Command {
  return asRoot(sh`[ -e ${`${guardFolder}/${id}/guard.sh`} ] || { echo gone; exit 0; }
sh ${`${guardFolder}/${id}/guard.sh`} ${verb} "$1"`, argument);
}

/**
 * What killed runs left, not this one: that we are logged in proves that the host can be reached, so guards that still wait are disarmed. One line `ID
 * disarmed` or `ID restored` each, for one that had put things back the words for it after tabs.
 */
function disarmStale(runId: string): Command {
  return sh`for g in ${guardFolder}/*/guard.sh; do
  case $g in */${runId}-*) continue ;; esac
  [ -e "$g" ] || continue
  printf '%s ' "$(basename "$(dirname "$g")")"
  sh "$g" stale | sed '2,$s/^/\\t/'
done`;
}

/** Saves the way in and starts the watcher. Prints `root` when it runs as root, and `armed` at its end when all went well. */
export function armCommand(spec: GuardSpec): Command {
  const folder = `${guardFolder}/${spec.id}`;
  return asRoot(sh`echo root
umask 077
${disarmStale(spec.runId)}
mkdir -p /run/ctplay && chmod 755 /run/ctplay && mkdir -p ${folder} && printf '%s\\n' ${guardProgram(spec).text} >${folder}/guard.sh && sh ${folder}/guard.sh arm`);
}

/** Travels as the last step with the change: tells the guard that its commands are through, and how. */
export function doneCommand(id: string): Command {
  return tell(id, 'done', sh`"$CTPLAY_FAILED"`);
}

/** Over a fresh login while the change still runs: that login is a sign of life. */
export function probeCommand(id: string): Command {
  return tell(id, 'probe');
}

/** What a probe found. `done`: the commands are through, `failed` as `$CTPLAY_FAILED` has it. */
export type Probe = { readonly state: 'running' | 'claimed' | 'gone' } | { readonly state: 'done'; readonly failed: string };

export function parseProbe(stdout: string): Probe {
  const [, failed] = /^done ?(.*)$/m.exec(stdout) ?? [];
  if (failed !== undefined) return { state: 'done', failed };
  return { state: /^claimed$/m.test(stdout) ? 'claimed' : /^running$/m.test(stdout) ? 'running' : 'gone' };
}

/** Over a fresh login: the host can be reached, the guard is not needed any more. `restarted`: the SSH server has read its configuration. */
export function confirmCommand(id: string, restarted: boolean): Command {
  return tell(id, 'confirm', restarted ? sh`restarted` : sh`''`);
}

/**
 * `confirmed`: the change holds; `failed` is how its commands ended, where they did (`$CTPLAY_FAILED`). `restored` and `broken` (the SSH server
 * would refuse its new configuration): it was taken back, and what was put back, or what sshd said. `gone`: there is no such guard any more.
 */
export type Verdict = { readonly state: 'gone' } | { readonly state: 'confirmed'; readonly failed?: string } | { readonly state: 'restored' | 'broken'; readonly words: string };

export function parseVerdict(stdout: string): Verdict {
  const [, state, rest] = /^(confirmed|ended|restored|broken)\b ?([^]*)/m.exec(stdout) ?? [];
  if (state === 'restored' || state === 'broken') return { state, words: rest!.trim() };
  if (state === 'ended') return { state: 'confirmed', failed: rest!.trim() };
  return { state: state === 'confirmed' ? 'confirmed' : 'gone' };
}

/** At the end of a run: what was kept of the SSH server's configuration over several changes. */
export function forgetCommand(runId: string): Command {
  return asRoot(sh`rm -rf ${`${guardFolder}/kept-${runId}`}; rmdir ${guardFolder} /run/ctplay 2>/dev/null || true`);
}

/** Run at the beginning of a run, as whatever user: only root sees something. Gives what parseStale reads. */
export function staleCommand(runId: string): Command {
  return sh`[ -r ${guardFolder} ] || exit 0
${disarmStale(runId)}
for k in ${guardFolder}/kept-*; do [ "$k" = ${`${guardFolder}/kept-${runId}`} ] || rm -rf "$k"; done
rmdir ${guardFolder} /run/ctplay 2>/dev/null || true`;
}

export interface StaleGuard {
  readonly id: string;
  readonly state: 'disarmed' | 'restored';
  readonly words: readonly string[];
}

export function parseStale(stdout: string): readonly StaleGuard[] {
  const guards: { id: string; state: 'disarmed' | 'restored'; words: string[] }[] = [];
  for (const line of stdout.split('\n')) {
    const [, id, state] = /^(\S+) (disarmed|restored)$/.exec(line) ?? [];
    if (id !== undefined) guards.push({ id, state: state as 'disarmed' | 'restored', words: [] });
    else if (line.startsWith('\t')) guards.at(-1)?.words.push(line.slice(1));
  }
  return guards;
}
