/** Ledgers as text: per host the runs with their changes, or the things that are there with their owners. */
import type { HostLedgerView } from '../engine/list-ledgers.ts';
import type { LedgerEntry, LedgerOwner, LedgerRun } from '../engine/ledger-runs.ts';
import { shortPath, shortRun, shortTime } from './short.ts';
import type { Style } from './style.ts';
import { count, padEnd, widthOf } from './text.ts';

/** By run, oldest first, what each changed. */
export function ledgerRunLines({ host, runs }: HostLedgerView, style: Style): string[] {
  if (runs.length === 0) return [`${style.bold(host)}: nothing was changed by ctplay`];
  return [style.bold(host), ...runs.flatMap((run) => ['', `  ${heading(run, style)}`, ...run.entries.flatMap((entry) => entryLines(entry, style))])];
}

function heading({ run, at, who, playbooks, entries }: LedgerRun, style: Style): string {
  const open = entries.filter((entry) => entry.state !== 'taken-back').length;
  const state = open === entries.length ? count(entries.length, 'task') : open === 0 ? 'taken back' : `${open} of ${count(entries.length, 'task')}, the rest taken back`;
  return [style.bold(`run ${shortRun(run)}`), shortTime(at), ...(who === undefined ? [] : [who]), ...playbooks.map(shortPath), state].join(style.dim(' · '));
}

function entryLines({ module, subject, task, changes, state, takenBackBy, revertible }: LedgerEntry, style: Style): string[] {
  const note = state === 'taken-back' ? style.dim(`taken back by ${shortRun(takenBackBy!)}`) : state === 'half-made' ? style.red('half made') : revertible ? '' : style.dim('no way back');
  const from = task === undefined ? style.dim(module) : `${task} ${style.dim(`(${module})`)}`;
  // What has no way back is recorded without its words.
  const lines = changes.length === 0 ? [['run', subject] as const] : changes.map((change) => [change.action, change.subject] as const);
  return [`    ${from}${note === '' ? '' : `  ${note}`}`, ...lines.map(([action, what]) => `      ${style.yellow(padEnd(action, 7))} ${what}`)];
}

/** What is there because of ctplay, with the run, playbook and task that own it. */
export function ledgerOwnerLines({ host, owners }: HostLedgerView, style: Style): string[] {
  if (owners.length === 0) return [`${style.bold(host)}: nothing is there by ctplay`];
  const width = Math.max(...owners.map(({ subject }) => widthOf(subject)));
  return [style.bold(host), ...owners.map((owner) => `  ${padEnd(owner.subject, width)}  ${ownerWords(owner).join(style.dim(' · '))}${owner.state === 'half-made' ? `  ${style.red('half made')}` : ''}`)];
}

function ownerWords({ module, task, playbook, lastRun, at, revertible }: LedgerOwner): string[] {
  return [module, ...(task === undefined ? [] : [task]), ...(playbook === undefined ? [] : [shortPath(playbook)]), `run ${shortRun(lastRun)}`, shortTime(at), ...(revertible ? [] : ['no way back'])];
}
