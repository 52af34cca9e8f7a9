/**
 * Round trips and signatures that the protocol doesn't ask for, and that ssh2 has no option to leave out. The members of its protocol
 * object that are changed for it are looked for first: without them a login goes its longer way.
 */
import type { Client, ParsedKey } from 'ssh2';
import { EarlySession } from './early-session.ts';
import type { ExecProtocol } from './early-session.ts';

/** ssh2's protocol object as of 1.17: lib/protocol/Protocol.js, and the handlers of lib/client.js. */
interface Protocol extends ExecProtocol {
  /** Sends a publickey request, without a signature where there is no `sign`. */
  authPK(user: string, key: ParsedKey, algorithm?: string, sign?: unknown): void;
  service(name: string): void;
  readonly _handlers: {
    SERVICE_ACCEPT(protocol: Protocol, name: string): void;
    EXT_INFO(protocol: Protocol, extensions: unknown): void;
    /** The server would take the key that is tried: signs with it. */
    USERAUTH_PK_OK(protocol: Protocol): void;
    USERAUTH_FAILURE(protocol: Protocol, methods: unknown, partialSuccess: boolean): void;
    GLOBAL_REQUEST(protocol: Protocol, name: string, wantReply: boolean, data: unknown): void;
  };
}

const HANDLERS = ['SERVICE_ACCEPT', 'EXT_INFO', 'USERAUTH_PK_OK', 'USERAUTH_FAILURE', 'GLOBAL_REQUEST'] as const;

export interface Shortcuts {
  /** Whether a key signs without anybody being asked, so that a refusal costs nobody anything. */
  signsAtOnce(key: ParsedKey): boolean;
  /** Whether a session is asked for with the login: a command will run in it, and the key is likely to be taken. */
  readonly opensSession: boolean;
}

/** Shortens the login of a client that has begun to connect. What it returns gives, after the login, the session that was opened with it. */
export function takeShortcuts(client: Client, { signsAtOnce, opensSession }: Shortcuts): () => EarlySession | undefined {
  const protocol = protocolOf(client);
  if (!protocol) return () => undefined;
  requestTogether(protocol);
  passOverHostKeys(protocol);
  const early = openEarly(client, protocol);
  signUnasked(protocol, signsAtOnce, opensSession ? early.open : () => {});
  return early.session;
}

/** Asks a client that is logged in for a session, ahead of what will run in it; undefined where ssh2 is not as expected. */
export function openSession(client: Client): EarlySession | undefined {
  const protocol = protocolOf(client);
  return protocol && new EarlySession(client, protocol);
}

function protocolOf(client: Client): Protocol | undefined {
  const { _protocol: protocol } = client as unknown as { _protocol?: Partial<Protocol> };
  const callable = (member: unknown): boolean => typeof member === 'function';
  const complete = callable(protocol?.authPK) && callable(protocol?.service) && callable(protocol?.exec) && HANDLERS.every((name) => callable(protocol?._handlers?.[name]));
  return complete ? (protocol as Protocol) : undefined;
}

/**
 * Authentication begins in the packet after the request for it (RFC 4253, section 10), where the server has already said by which
 * algorithms keys may sign (RFC 8308). Nothing in the acceptance of the service is worth waiting for.
 */
function requestTogether(protocol: Protocol): void {
  const { service, _handlers: handlers } = protocol;
  const { SERVICE_ACCEPT: begin, EXT_INFO: extensionsSent } = handlers;
  let requested: string | undefined;
  let knowsAlgorithms = false;
  let begun = false;
  const beginOnce = (name: string): void => {
    if (begun) return;
    begun = true;
    begin(protocol, name);
  };
  protocol.service = (name) => {
    service.call(protocol, name);
    requested = name;
    if (knowsAlgorithms) beginOnce(name);
  };
  handlers.EXT_INFO = (_protocol, extensions) => {
    extensionsSent(protocol, extensions);
    knowsAlgorithms = true;
    if (requested !== undefined) beginOnce(requested);
  };
  handlers.SERVICE_ACCEPT = (_protocol, name) => beginOnce(name);
}

/** The signature goes with the first request of a key (RFC 4252, section 7), not after the question whether the key would be taken. */
function signUnasked(protocol: Protocol, signsAtOnce: (key: ParsedKey) => boolean, signed: () => void): void {
  const { authPK } = protocol;
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined || !signsAtOnce(key)) return authPK.call(protocol, user, key, algorithm, sign);
    protocol._handlers.USERAUTH_PK_OK(protocol);
    signed();
  };
}

/**
 * A server that takes the login goes on with what came after the request for it (RFC 4252, section 5.3). One that refuses it may not
 * like that: OpenSSH passes over it, and is the only one to be sent it, with the first key.
 */
function openEarly(client: Client, protocol: Protocol): { readonly open: () => void; readonly session: () => EarlySession | undefined } {
  const { _handlers: handlers } = protocol;
  const { USERAUTH_FAILURE: refused } = handlers;
  let session: EarlySession | undefined;
  let asked = false;
  handlers.USERAUTH_FAILURE = (_protocol, methods, partialSuccess) => {
    session = undefined;
    refused(protocol, methods, partialSuccess);
  };
  const open = (): void => {
    const { _remoteVer: software } = client as unknown as { _remoteVer?: string };
    if (!asked && software?.startsWith('OpenSSH_')) session = new EarlySession(client, protocol);
    asked = true;
  };
  return { open, session: () => session };
}

/** ssh2 has the server prove all the host keys that it announces (openssh's PROTOCOL, 2.5); known_hosts takes only what is met. */
function passOverHostKeys(protocol: Protocol): void {
  const { _handlers: handlers } = protocol;
  const { GLOBAL_REQUEST: answer } = handlers;
  handlers.GLOBAL_REQUEST = (_protocol, name, wantReply, data) => {
    if (name !== 'hostkeys-00@openssh.com' || wantReply) answer(protocol, name, wantReply, data);
  };
}
