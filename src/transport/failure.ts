/** The errors of an open connection, in the user's words. */
import { CtplayError } from '../errors.ts';
import { becomeError } from './become.ts';
import type { ShellLost } from './shell-request.ts';
import type { Become } from './types.ts';

/** How much of what a lost step had printed is shown, from its end. */
const SHOWN_OUTPUT = 4_000;

/**
 * What the loss of a shell means for its batch.
 * @param connectionLost why the whole connection is gone, when it is
 */
export function shellError(lost: ShellLost, host: string, become: Become | undefined, connectionLost: string | undefined): CtplayError {
  if (connectionLost !== undefined) return droppedError(host, connectionLost, lost);
  if (lost.phase !== 'boot') return droppedError(host, `the shell is gone: ${lost.message}`, lost);
  const words = [lost.stderr, lost.stdout].join('\n').trim();
  if (become !== undefined) return becomeError(become, host, words === '' ? lost.message : words);
  return new CtplayError('ssh.shell', `no shell on ${host}`, {
    expected: '/bin/sh runs what is written to it',
    found: lost.message,
    detail: words === '' ? undefined : words,
    hint: "Check the login user's shell on the host, a ForceCommand in its sshd_config and a command= in its authorized_keys.",
  });
}

/** The connection or the shell went away; what was running may have run or not. */
export function droppedError(host: string, reason: string, running?: ShellLost): CtplayError {
  const step = running?.display;
  return new CtplayError('ssh.dropped', step === undefined ? `the connection to ${host} is lost` : `the connection to ${host} was lost in the middle of a command`, {
    expected: step === undefined ? undefined : `an exit status of: ${step}`,
    found: reason,
    detail: running === undefined ? undefined : outputSoFar(running),
    hint: 'Whether the command ran to its end is unknown. Run again: what is already as wanted is left alone.',
  });
}

/** The connection stands, but the server starts nothing more on it. */
export function noSessionError(host: string, cause: Error): CtplayError {
  return new CtplayError('ssh.shell', `${host} opens no session`, {
    found: cause.message,
    hint: "ctplay needs a session for each user that it becomes, and one more to kill a command: check MaxSessions in the host's sshd_config.",
    cause,
  });
}

export function interruptedError(host: string): CtplayError {
  return new CtplayError('task.interrupted', `interrupted on ${host}`);
}

function outputSoFar({ stdout, stderr }: ShellLost): string | undefined {
  const parts = [stdout, stderr].map((text) => (text.length > SHOWN_OUTPUT ? `…${text.slice(-SHOWN_OUTPUT)}` : text).trimEnd());
  const text = parts.filter((part) => part !== '').join('\n');
  return text === '' ? undefined : text;
}
