/** From a target and ssh_config to everything that a handshake needs to know. */
import { join } from 'node:path';
import { CtplayError } from '../../errors.ts';
import type { HostTarget } from '../types.ts';
import { hostConfig } from './config.ts';
import type { ConfigWorld } from './config.ts';
import type { HostKeyPolicy } from './host-key.ts';
import { keptAsUsual, keptMs } from './sharing.ts';

export interface Route {
  /** The name or address that is dialled. */
  readonly host: string;
  readonly port: number;
  /** Both, for messages. */
  readonly address: string;
  readonly user: string;
  readonly keyFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | undefined;
  readonly connectTimeoutMs: number;
  readonly hostKey: HostKeyPolicy;
  readonly proxyCommand: string | undefined;
  /** Jump hosts in the order in which they are passed; empty for a direct connection. */
  readonly jumps: readonly HostTarget[];
  /** How long the connection is kept after the run, in milliseconds. */
  readonly keptMs: number;
  /** Nobody has asked for it: it is to cost no run anything. */
  readonly keptAsUsual: boolean;
}

const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

/**
 * The target's own values win over ssh_config's.
 * @param agentSocket SSH_AUTH_SOCK
 * @throws CtplayError ssh.config
 */
export function routeTo(target: HostTarget, world: ConfigWorld, agentSocket: string | undefined): Route {
  const config = hostConfig(world, target.address, target.user, target.port);
  const sshFolder = join(world.home, '.ssh');
  const port = target.port ?? config.port ?? 22;
  const host = config.hostName ?? target.address;
  const userFiles = target.knownHostsFile === undefined ? (config.userKnownHostsFiles ?? [join(sshFolder, 'known_hosts'), join(sshFolder, 'known_hosts2')]) : [target.knownHostsFile];
  const socket = config.identityAgent ?? agentSocket;
  const proxyJump = target.proxyJump ?? config.proxyJump;
  return {
    host,
    port,
    address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    user: target.user ?? config.user ?? world.localUser,
    keyFiles: [...(target.privateKeyFile === undefined ? [] : [target.privateKeyFile]), ...config.identityFiles],
    identitiesOnly: config.identitiesOnly,
    agentSocket: socket === 'none' ? undefined : socket,
    connectTimeoutMs: config.connectTimeoutMs === undefined ? target.connectTimeoutMs : Math.min(config.connectTimeoutMs, target.connectTimeoutMs),
    hostKey: {
      name: config.hostKeyAlias ?? host,
      // A key under an alias is recorded without the port.
      port: config.hostKeyAlias === undefined ? port : 22,
      checking: target.hostKeyChecking === 'strict' ? (config.strictHostKeyChecking ?? 'strict') : target.hostKeyChecking,
      files: [...userFiles, ...(config.globalKnownHostsFiles ?? GLOBAL_KNOWN_HOSTS)],
      hashNames: config.hashKnownHosts,
    },
    proxyCommand: proxyJump === undefined ? config.proxyCommand : undefined,
    jumps: proxyJump === undefined || proxyJump === 'none' ? [] : proxyJump.split(',').map((hop) => jumpTarget(hop.trim(), target)),
    keptMs: keptMs(target.sharing ?? {}, config.sharing),
    keptAsUsual: keptAsUsual(target.sharing ?? {}, config.sharing),
  };
}

/** `[user@]host[:port]`, an IPv6 address in brackets, or an `ssh://` URI. Throws CtplayError ssh.config. */
export function jumpTarget(hop: string, target: HostTarget): HostTarget {
  const [, user, bracketed, name, port] = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^@:[\]]+))(?::(\d+))?\/?$/.exec(hop) ?? [];
  const address = bracketed ?? name;
  if (address === undefined || (port !== undefined && Number(port) > 65_535)) {
    throw new CtplayError('ssh.config', `'${hop}' is no jump host`, { expected: '[user@]host[:port]', found: hop });
  }
  return {
    name: address,
    connection: 'ssh',
    address,
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port: Number(port) }),
    // The key that opens the host often opens the way to it.
    ...(target.privateKeyFile !== undefined && { privateKeyFile: target.privateKeyFile }),
    ...(target.passphrase !== undefined && { passphrase: target.passphrase }),
    ...(target.knownHostsFile !== undefined && { knownHostsFile: target.knownHostsFile }),
    hostKeyChecking: target.hostKeyChecking,
    connectTimeoutMs: target.connectTimeoutMs,
  };
}
