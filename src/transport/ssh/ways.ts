/** Where the logins of a run lead: each target with ssh_config(5) as it is read here. No SSH is spoken for it. */
import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { HostTarget } from '../types.ts';
import type { ConfigWorld } from './config.ts';
import type { ConnectorOptions } from './connector.ts';
import { globPaths } from './glob.ts';
import { Recent } from './recent.ts';
import { routeTo } from './route.ts';
import type { Route } from './route.ts';

/** Jump hosts behind one another: more lead in a circle. */
export const MAX_HOPS = 8;

export class Ways {
  readonly #world: ConfigWorld;
  readonly #agentSocket: string | undefined;
  /** Where ProxyCommands run, and relative paths begin. */
  readonly folder: string;
  readonly home: string;

  constructor({ home = homedir(), configFiles, agentSocket, environment = process.env, folder = process.cwd() }: ConnectorOptions = {}) {
    this.home = home;
    this.folder = folder;
    const texts = new Recent<string | undefined>();
    const paths = new Recent<readonly string[]>();
    this.#world = {
      home,
      folder,
      localUser: userInfo().username,
      files: configFiles ?? [join(home, '.ssh', 'config'), '/etc/ssh/ssh_config'],
      read: (file) => texts.get(file, () => readText(file)),
      glob: (pattern) => paths.get(pattern, () => globPaths(pattern)),
    };
    const socket = agentSocket ?? environment['SSH_AUTH_SOCK'];
    this.#agentSocket = socket === '' ? undefined : socket;
  }

  /** The way to a target: all that decides where a login leads, and as whom. Throws CtplayError ssh.config. */
  to(target: HostTarget): Route {
    return routeTo(target, this.#world, this.#agentSocket);
  }

  /** A way as a text, with its jump hosts: equal for two only where a login by the one would be one by the other. Throws CtplayError ssh.config. */
  key({ jumps, keptMs: _, keptAsUsual: __, connectTimeoutMs: ___, ...way }: Route, depth = 0): string {
    return JSON.stringify([this.home, way, way.proxyCommand === undefined ? '' : this.folder, depth < MAX_HOPS ? jumps.map((hop) => this.key(this.to(hop), depth + 1)) : jumps.length]);
  }

  /** What the bound of handshakes counts for a way: the server that is reached first on it. Throws CtplayError ssh.config. */
  firstServer(way: Route, depth = 0): string {
    const [hop] = way.jumps;
    return hop && depth < MAX_HOPS ? this.firstServer(this.to(hop), depth + 1) : serverOf(way);
  }
}

/** The same address behind a jump host may be another server; to share a bound with it does no harm. */
export function serverOf({ proxyCommand, address }: Route): string {
  return proxyCommand ?? address;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
