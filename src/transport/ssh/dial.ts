/** The byte stream under an SSH connection: TCP, a jump host's channel, or a ProxyCommand. */
import { spawn } from 'node:child_process';
import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { FailureKind } from './retry.ts';

/** Why there is no stream, or no handshake on it. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly kind: FailureKind;
  readonly hint: string | undefined;

  /** @param message what was found, in words for the user */
  constructor(kind: FailureKind, message: string, hint?: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.hint = hint;
  }
}

/** Opens a TCP connection without Nagle's delay. Rejects with DialError. */
export async function dialTcp(host: string, port: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true });
    const fail = (error: DialError): void => {
      cleanUp();
      socket.destroy();
      reject(error);
    };
    const onError = (error: NodeJS.ErrnoException): void => fail(socketError(error));
    const onAbort = (): void => fail(new DialError('final', 'interrupted'));
    const timer = setTimeout(() => fail(timeoutError(timeoutMs)), timeoutMs);
    const cleanUp = (): void => {
      clearTimeout(timer);
      socket.off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      // An error after this one has no one left to tell.
      socket.on('error', () => {});
    };
    socket.on('error', onError);
    signal?.addEventListener('abort', onAbort);
    socket.once('connect', () => {
      cleanUp();
      resolve(socket);
    });
  });
}

/** Opens a channel through a jump host (RFC 4254, section 7.2). Rejects with DialError. */
export async function dialThrough(jump: Client, host: string, port: number, timeoutMs: number): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeoutError(timeoutMs)), timeoutMs);
    const settle = (error: Error | undefined, channel?: Duplex): void => {
      clearTimeout(timer);
      if (channel) resolve(channel);
      else reject(new DialError(/refused/i.test(error?.message ?? '') ? 'refused' : 'final', `the jump host could not reach it (${error?.message})`));
    };
    try {
      jump.forwardOut('127.0.0.1', 0, host, port, settle);
    } catch (error) {
      settle(error as Error);
    }
  });
}

/** What a command finds itself in. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly folder: string;
}

/** Runs a ProxyCommand (ssh_config(5)) whose standard streams are the connection. */
export function dialCommand(command: string, { environment, folder }: Surroundings): Duplex {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { env: environment, cwd: folder, stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.on('error', (error) => stream.destroy(error));
  stream.on('close', () => child.kill());
  return stream;
}

export function timeoutError(timeoutMs: number): DialError {
  return new DialError('final', `no answer in ${timeoutMs / 1000} s`, 'Check the address, the port, and firewalls on the way.');
}

/** A socket's error in the user's words. */
export function socketError(error: NodeJS.ErrnoException): DialError {
  // Where a name has several addresses, the first failure speaks for all.
  const { code, message } = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  switch (code) {
    case 'ECONNREFUSED':
      return new DialError('refused', 'connection refused', 'Check that sshd runs there and listens on this port.', error);
    case 'ECONNRESET':
    case 'EPIPE':
      return new DialError('dropped', 'the connection was reset', undefined, error);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new DialError('final', 'its name cannot be resolved', 'Check the name, or set ansible_host to its address.', error);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new DialError('final', 'no route to it', 'Check the address and the routes of this machine.', error);
    case 'ETIMEDOUT':
      return new DialError('final', 'no answer', 'Check the address, the port, and firewalls on the way.', error);
    default:
      return new DialError('final', message, undefined, error);
  }
}
