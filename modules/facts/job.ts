/** Jobs: what a task with `async` and `poll: 0` leaves running on a host. Their files lie where Ansible has its own. */
import type { Fact } from '../../src/module.ts';
import { Command, quote, sh } from '../../src/shell.ts';

/** What a job has come to. `result` is set when the task had ended before it could become a job. */
export type Job =
  | { readonly state: 'absent' }
  | { readonly state: 'running'; readonly started: number }
  | { readonly state: 'ended'; readonly started: number; readonly ended: number; readonly status: number; readonly stdout: string; readonly stderr: string }
  | { readonly state: 'known'; readonly result: Readonly<Record<string, unknown>> };

/** A job's file, as `results_file` tells it. */
export function jobFile(id: string): string {
  return `~/.ansible_async/${id}`;
}

/** Starts a command that outlives the connection, its output and exit status kept in files beside the job's. */
export function startJob(id: string, command: Command): Command {
  const body = (text: string): string => `( ${text}\n) <"$0.in" >"$0.out" 2>"$0.err"; echo "$? $(date +%s)" >"$0.new"; mv "$0.new" "$0.end"`;
  const start = sh`mkdir -p -m 700 "$HOME/.ansible_async" && f="$HOME/.ansible_async/"${id} && ( umask 077; cat >"$f.in" && date +%s >"$f" ) && { setsid sh -c `;
  const rest = ' "$f" </dev/null >/dev/null 2>&1 & }';
  const input = command.input ?? { kind: 'text' as const, text: '' };
  return new Command(`${start.text}${quote(body(command.text))}${rest}`, `${command.display} &`, input);
}

/** Keeps the result of what was done at once, for async_status. */
export function storeJob(id: string, result: Readonly<Record<string, unknown>>): Command {
  return sh`mkdir -p -m 700 "$HOME/.ansible_async" && ( umask 077; cat >"$HOME/.ansible_async/"${`${id}.result`} )`.withInput(JSON.stringify(result));
}

export function removeJob(id: string): Command {
  return sh`rm -f "$HOME/.ansible_async/"${id} "$HOME/.ansible_async/"${id}.*`;
}

export function job(id: string): Fact<Job> {
  const file = sh`"$HOME/.ansible_async/"${id}`;
  return {
    kind: 'job',
    key: id,
    read: sh`f=${file}; if [ -e "$f.result" ]; then echo result; cat "$f.result"; elif [ -e "$f.end" ]; then echo end; cat "$f" "$f.end"; base64 -w 0 "$f.out"; echo; base64 -w 0 "$f.err"; elif [ -e "$f" ]; then echo run; cat "$f"; fi`,
    domains: [`job:${id}`],
    parse: ({ status, stdout }) => parseJob(status === 0 ? stdout : ''),
  };
}

function parseJob(answer: string): Job {
  const [word, ...lines] = answer.split('\n');
  const started = Number(lines[0]);
  const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
  if (word === 'result') return { state: 'known', result: JSON.parse(lines.join('\n')) as Record<string, unknown> };
  if (word === 'run') return { state: 'running', started };
  if (word !== 'end') return { state: 'absent' };
  const [status, ended] = (lines[1] ?? '').split(' ').map(Number);
  return { state: 'ended', started, ended: ended ?? started, status: status ?? 1, stdout: text(lines[2]), stderr: text(lines[3]) };
}
