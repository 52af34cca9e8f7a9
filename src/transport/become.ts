/** Running programs as another user: the command lines of sudo(8) and su(1), and the exchange of the password. */
import { randomBytes } from 'node:crypto';
import { CtplayError } from '../errors.ts';
import { quote } from '../shell.ts';
import { describeEnd } from './process.ts';
import type { HostProcess, StartProcess } from './process.ts';
import { settlesWithin } from './settle.ts';
import type { Become } from './types.ts';

/** Bound on the answer to a password; PAM delays a refusal by some seconds. */
const PASSWORD_TIMEOUT_MS = 30_000;

/** sudo's own last words are waited for this long after a refusal. */
const LAST_WORDS_MS = 1_000;

const usualOptions: Readonly<Record<Become['method'], readonly string[]>> = { sudo: ['-H'], su: [] };

/** What decides whether two users of a connection can share a shell. */
export function becomeKey(become: Become | undefined): string {
  return become === undefined ? '' : [become.method, become.user, become.program ?? '', ...(become.options ?? [])].join(' ');
}

/**
 * Starts `program` (a shell command, without secrets) as the login user or as the one to become. Throws CtplayError
 * become.failed when the password is refused, or asked for and not given.
 */
export async function startAs(start: StartProcess, become: Become | undefined, program: string, host: string): Promise<HostProcess> {
  if (become === undefined) return await start(`exec ${shellCommand(program)}`);
  if (become.password === undefined) return await start(commandLine(become, program));
  const token = randomBytes(8).toString('hex');
  const ready = `ctplay-ready-${token}`;
  const prompt = become.method === 'sudo' ? `ctplay-password-${token}:` : undefined;
  const process = await start(commandLine(become, `echo ${ready}; ${program}`, prompt));
  await givePassword(process, become, become.password.reveal(), prompt, `${ready}\n`, host);
  return process;
}

/** The command line that runs `program` as another user; with `prompt`, sudo reads a password from standard input. */
export function commandLine(become: Become, program: string, prompt?: string): string {
  // Prompts and refusals are recognised by their English words.
  const start = ['exec env LC_ALL=C', quote(become.program ?? become.method), ...(become.options ?? usualOptions[become.method]).map(quote)].join(' ');
  if (become.method === 'su') return `${start} -s /bin/sh -c ${quote(program)} ${quote(become.user)}`;
  const ask = prompt === undefined ? '-n' : `-S -p ${quote(prompt)}`;
  return `${start} ${ask} -u ${quote(become.user)} -- ${shellCommand(program)}`;
}

/** The error of a sudo or su that didn't start the program, in its own words. */
export function becomeError(become: Become, host: string, words: string): CtplayError {
  return new CtplayError('become.failed', `cannot become ${become.user} on ${host}`, {
    expected: `${become.method} starts a shell as ${become.user}`,
    found: words.trim() === '' ? `${become.method} gave no reason` : undefined,
    detail: words.trim() === '' ? undefined : words.trim(),
    hint: becomeHint(become, words),
  });
}

function becomeHint(become: Become, words: string): string {
  if (/password is required|terminal is required|must be run from a terminal/.test(words) || (become.method === 'su' && become.password === undefined)) {
    return `Give the password with --ask-become-pass or the variable ansible_become_password, or let ${become.method} work without one.`;
  }
  if (/try again|incorrect password|Authentication failure/i.test(words)) return 'Check the become password (--ask-become-pass, ansible_become_password).';
  if (/not in the sudoers|not allowed to/.test(words)) return `Allow the login user in /etc/sudoers to run commands as ${become.user}.`;
  if (/not found|No such file/.test(words)) return `Install ${become.method} on the host, or log in as ${become.user}.`;
  if (/unknown user|does not exist/i.test(words)) return `Create the user ${become.user} on the host, or correct become_user.`;
  return `Log in to the host and try: ${become.method} ${become.method === 'su' ? '' : '-u '}${become.user}`;
}

function shellCommand(program: string): string {
  return program === 'exec /bin/sh' ? '/bin/sh' : `/bin/sh -c ${quote(program)}`;
}

/**
 * Answers one password prompt and returns once the program runs. The password is written only after the prompt was seen: a
 * sudo that doesn't ask would leave it to the program to read. A second prompt is a refusal.
 */
async function givePassword(
  process: HostProcess,
  become: Become,
  password: string,
  prompt: string | undefined,
  ready: string,
  host: string,
): Promise<void> {
  let output = '';
  let words = '';
  let prompted = false;
  process.stdin.on('error', () => {});
  const outcome = await new Promise<'ready' | 'refused' | 'ended' | 'silent'>((resolve) => {
    const timer = setTimeout(() => resolve('silent'), PASSWORD_TIMEOUT_MS);
    const settle = (how: 'ready' | 'refused' | 'ended'): void => {
      clearTimeout(timer);
      resolve(how);
    };
    process.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString('latin1');
      const end = output.indexOf(ready);
      if (end < 0) return;
      // What follows is the program's, and may be here already: it goes back to whoever reads next.
      process.stdout.removeAllListeners('data').pause();
      const rest = output.slice(end + ready.length);
      if (rest !== '') process.stdout.unshift(Buffer.from(rest, 'latin1'));
      settle('ready');
    });
    process.stderr.on('data', (bytes: Buffer) => {
      words += bytes.toString('utf8');
      const asked = prompt === undefined ? /password.*:\s*$/i.test(words) : words.includes(prompt);
      if (!asked) return;
      words = prompt === undefined ? '' : words.replaceAll(prompt, '');
      if (prompted) return settle('refused');
      prompted = true;
      process.stdin.write(`${password}\n`);
    });
    void process.ended.then(() => settle('ended'));
  });
  process.stdout.removeAllListeners('data').pause();
  process.stderr.removeAllListeners('data').pause();
  if (outcome === 'ready') return;
  if (outcome === 'refused') {
    process.stderr.on('data', (bytes: Buffer) => (words += bytes.toString('utf8'))).resume();
    process.stdin.end();
    await settlesWithin(process.ended, LAST_WORDS_MS);
  }
  const end = outcome === 'ended' ? await process.ended : undefined;
  process.destroy();
  if (outcome === 'silent') words += `\n${become.method} did not answer in ${PASSWORD_TIMEOUT_MS / 1000} s`;
  if (end?.lost !== undefined) words += `\n${describeEnd(end)}`;
  throw becomeError(become, host, words.replaceAll(prompt ?? '\0', ''));
}
