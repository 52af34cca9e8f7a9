/** One SSH handshake on an open byte stream: the server's host key, then authentication. */
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { AlgorithmList, Client, KexAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import { CtplayError } from '../../errors.ts';
import type { Authentication } from './auth.ts';
import { DialError, socketError, timeoutError } from './dial.ts';
import type { EarlySession } from './early-session.ts';
import type { HostKeyChecker } from './host-key.ts';
import type { Prompter } from './prompter.ts';
import { takeShortcuts } from './shortcuts.ts';

/** Keepalives without an answer until the peer counts as dead. */
const KEEPALIVE_COUNT = 3;

/**
 * Of the key exchanges that RFC 9142 recommends alike, the one that OpenSSL computes in the least time: sshd has only a portable
 * Curve25519. The others stay on offer.
 */
const QUICKEST_FIRST: AlgorithmList<KexAlgorithm> = { remove: 'ecdh-sha2-nistp256', prepend: 'ecdh-sha2-nistp256', append: [] };

export interface HandshakeOptions {
  readonly user: string;
  /** What messages call the server, with its port. */
  readonly server: string;
  readonly authentication: Authentication;
  readonly hostKey: HostKeyChecker;
  /** Runs one recording of a new host key at a time. */
  readonly accepting: (work: () => Promise<void>) => Promise<void>;
  readonly prompter: Prompter;
  readonly timeoutMs: number;
  readonly keepaliveMs: number;
  readonly signal: AbortSignal | undefined;
  /** Whether commands will run on the server itself, which may be no more than a jump host. */
  readonly runsCommands: boolean;
}

export interface LoggedIn {
  readonly client: Client;
  /** For the first command, where it was opened with the login. */
  readonly session: EarlySession | undefined;
  /** The key that the server has proved to hold. */
  readonly hostKey: Buffer;
}

/**
 * Gives a client that is logged in. Rejects with DialError when there was no handshake, and with CtplayError ssh.host-key or
 * ssh.auth when there was one.
 */
export async function handshake(stream: Duplex, options: HandshakeOptions): Promise<LoggedIn> {
  const { authentication, hostKey, timeoutMs, signal } = options;
  const client = new ssh2.Client();
  let proven: Buffer | undefined;
  return await new Promise((resolve, reject) => {
    const finish = (error: Error | undefined): void => {
      deadline.clear();
      signal?.removeEventListener('abort', onAbort);
      client.removeAllListeners();
      // Whoever uses the client listens too; without any listener an error would end the program.
      client.on('error', () => {});
      if (!error) return resolve({ client, session: session(), hostKey: proven! });
      client.destroy();
      stream.destroy();
      reject(error);
    };
    const onAbort = (): void => finish(new DialError('final', 'interrupted'));
    const deadline = options.prompter.deadline(timeoutMs, () => finish(timeoutError(timeoutMs)));
    signal?.addEventListener('abort', onAbort);
    client.on('ready', () => finish(undefined));
    client.on('error', (error) => {
      // A key that could not sign, or an agent that went away: the next method is tried.
      if (error.level === 'agent') return;
      finish(handshakeError(error, options, greeting()));
    });
    client.on('close', () => finish(closedEarly(authentication, greeting())));
    client.connect({
      sock: stream,
      username: options.user,
      authHandler: authentication.handler,
      hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => {
        proven = key;
        // At once, so that what the server says next is read with it.
        if (hostKey.isKnown(key)) return verify(true);
        hostKey.check(key, options.accepting).then(
          () => verify(true),
          (error: Error) => finish(error),
        );
      },
      // Names that ssh2 doesn't know are not among them.
      algorithms: { kex: QUICKEST_FIRST, serverHostKey: hostKey.algorithms as ServerHostKeyAlgorithm[] },
      readyTimeout: 0,
      keepaliveInterval: options.keepaliveMs,
      keepaliveCountMax: KEEPALIVE_COUNT,
    });
    const session = takeShortcuts(client, { signsAtOnce: (key) => authentication.signsAtOnce(key), opensSession: options.runsCommands && authentication.hasOneChoice });
    const greeting = firstWords(stream);
  });
}

/** Listens along until the SSH identification has come (RFC 4253, section 4.2); gives what was said before it. */
function firstWords(stream: Duplex): () => string {
  let words = '';
  const listen = (bytes: Buffer): void => {
    words += bytes.toString('latin1', 0, 200);
    if (/^SSH-/m.test(words)) words = '';
    else if (words.length < 1000) return;
    stream.off('data', listen);
  };
  stream.on('data', listen);
  return () => words.trim();
}

function handshakeError(error: Error & { level?: string }, { user, server, authentication }: HandshakeOptions, greeting: string): Error {
  if (error.level === 'client-authentication') return authError(user, server, authentication);
  if (error.level === 'client-socket') return socketError(error);
  if (error.message === 'Connection lost before handshake') return closedEarly(authentication, greeting);
  if (/too many authentication failures/i.test(error.message)) return authError(user, server, authentication, error.message);
  if (error.level === 'handshake') {
    return new DialError('final', `no agreement on the encryption (${error.message})`, 'The SSH server is very old or very strict: compare its algorithms with `ssh -Q kex`.', error);
  }
  return new DialError('final', error.message, undefined, error);
}

/** sshd closes the connection, often without a word, when it has too many (MaxStartups) or can't fork. */
function closedEarly(authentication: Authentication, greeting: string): DialError {
  if (greeting !== '' && !/MaxStartups|Not allowed at this time/i.test(greeting)) {
    return new DialError('final', `what listens there is no SSH server; it said: ${greeting.split('\n')[0]!.trim()}`, 'Check the port (ansible_port).');
  }
  const kind = authentication.offered === undefined ? 'dropped' : 'final';
  return new DialError(kind, 'the server closed the connection during the handshake', "Look into the server's log; MaxStartups in its sshd_config may be too low.");
}

function authError(user: string, server: string, authentication: Authentication, words?: string): CtplayError {
  const { offered, tried, lacksPassphrase } = authentication;
  return new CtplayError('ssh.auth', `${server} refused the login of ${user}`, {
    expected: offered === undefined ? undefined : `one of: ${offered}`,
    found: `tried ${tried}`,
    detail: words,
    hint: lacksPassphrase
      ? 'A key is encrypted: run on a terminal to be asked for its passphrase, or load it with ssh-add.'
      : words !== undefined
        ? 'The agent holds too many keys: name the right one with --private-key or ansible_ssh_private_key_file, and set IdentitiesOnly in ~/.ssh/config.'
        : `Check the user (ansible_user), the key (--private-key, ansible_ssh_private_key_file) and ${user}'s authorized_keys, or give a password with --ask-pass.`,
  });
}
