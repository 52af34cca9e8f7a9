/** A container's arguments, and the settings that they mean. */
import { Type } from 'typebox';
import type { ArgumentProblem } from '../../src/module.ts';
import { digestOf } from './docker.ts';
import { addressProblems } from './schema.ts';
import { splitWords } from './shlex.ts';

const list = (description: string, options: { aliases?: string[] } = {}) => Type.Array(Type.String(), { default: [], description, ...options });
const map = (description: string) => Type.Record(Type.String(), Type.String(), { default: {}, description });
/** Words, or a line that is split into words as a shell would. */
const words = (description: string) => Type.Optional(Type.Union([Type.Array(Type.String()), Type.String()], { description }));

export const containerArguments = {
  name: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]+$', expects: 'a name of at least two letters, digits, dots, dashes and underscores', description: 'The name of the container.' }),
  image: Type.Optional(Type.String({ minLength: 1, description: 'The image. Docker pulls it when it is not on the host.' })),
  state: Type.Enum(['started', 'stopped', 'present', 'absent'], { default: 'started', description: '`present` leaves it running or not; the others say which.' }),
  command: words('What it runs instead of the command of the image: words, or a line that is split as a shell does.'),
  entrypoint: words("What it runs instead of the image's entry point."),
  network_mode: Type.Optional(Type.String({ aliases: ['network', 'net'], description: '`none`, `host`, `bridge`, `container:NAME`, or the name of a network.' })),
  networks: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String({ description: 'The name of the network.' }),
        ipv4_address: Type.Optional(Type.String({ description: 'Its address in it; Docker chooses one when left out.' })),
        aliases: Type.Array(Type.String(), { default: [], description: 'Further names for it in the network.' }),
      }),
      { description: 'Networks to be in. Without `network_mode` it is created in the first.' },
    ),
  ),
  purge_networks: Type.Boolean({ default: false, description: 'Take it out of networks that `networks` does not name.' }),
  published_ports: list('Ports of the host that lead into it: `8080:80`, `127.0.0.1:53:53/udp`.', { aliases: ['ports', 'publish'] }),
  volumes: list('Folders and volumes in it: `/srv/www:/www:ro`, `data:/var/lib/data`.'),
  tmpfs: list('Paths in it that are kept in memory: `/run`.'),
  devices: list('Devices of the host in it: `/dev/net/tun`.'),
  env: Type.Record(Type.String(), Type.String(), { default: {}, secret: true, description: 'Environment variables. Their values are never shown or stored.' }),
  labels: map('Labels of the container.'),
  hostname: Type.Optional(Type.String({ description: 'Its host name; the beginning of its id when left out.' })),
  user: Type.Optional(Type.String({ description: 'Who runs the command in it: `USER[:GROUP]`.' })),
  working_dir: Type.Optional(Type.String({ description: 'The folder that the command starts in.' })),
  privileged: Type.Boolean({ default: false, description: 'With all rights on the host.' }),
  capabilities: list('Rights beyond the usual ones: `NET_ADMIN`.', { aliases: ['cap_add'] }),
  cap_drop: list('Usual rights that it does not get.'),
  sysctls: map("Kernel settings of its namespaces: `net.ipv4.ip_forward: '1'`."),
  dns_servers: list('Name servers.', { aliases: ['dns'] }),
  etc_hosts: map('Host name → address, for its /etc/hosts.'),
  read_only: Type.Boolean({ default: false, description: 'Its root file system can not be written.' }),
  init: Type.Boolean({ default: false, description: 'A small init runs in it that collects dead processes and passes signals on.' }),
  tty: Type.Boolean({ default: false, description: 'With a terminal, which keeps a shell running.' }),
  interactive: Type.Boolean({ default: false, description: 'With an open standard input.' }),
  restart_policy: Type.Optional(Type.Enum(['no', 'on-failure', 'always', 'unless-stopped'], { description: 'When Docker starts it again by itself; `no` for new containers.' })),
  restart_retries: Type.Optional(Type.Integer({ minimum: 0, description: 'How often, for `on-failure`.' })),
  memory: Type.Optional(Type.String({ pattern: '^[0-9]+([bkmgBKMG]|[kKmMgG]i?[bB])?$', expects: 'a size such as 512m', description: 'The most memory it gets: `512m`, `1g`; 0 is no limit.' })),
  cpus: Type.Optional(Type.Number({ minimum: 0, description: 'The most processors it gets: 1.5; 0 is no limit.' })),
};

/** What is fixed when a container is created, with everything left out that wasn't asked for. */
export interface ContainerSettings {
  readonly image: string | undefined;
  readonly command: readonly string[] | undefined;
  readonly entrypoint: readonly string[] | undefined;
  readonly network: string | undefined;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly tmpfs: readonly string[];
  readonly devices: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname: string | undefined;
  readonly user: string | undefined;
  readonly workingDir: string | undefined;
  readonly privileged: boolean;
  readonly capabilities: readonly string[];
  readonly dropped: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly dns: readonly string[];
  readonly hosts: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  readonly init: boolean;
  readonly tty: boolean;
  readonly interactive: boolean;
}

export interface ContainerArgs {
  readonly name: string;
  readonly image?: string;
  readonly command?: string | readonly string[];
  readonly entrypoint?: string | readonly string[];
  readonly network_mode?: string;
  readonly networks?: readonly { readonly name: string; readonly ipv4_address?: string; readonly aliases: readonly string[] }[];
  readonly purge_networks: boolean;
  readonly published_ports: readonly string[];
  readonly volumes: readonly string[];
  readonly tmpfs: readonly string[];
  readonly devices: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname?: string;
  readonly user?: string;
  readonly working_dir?: string;
  readonly privileged: boolean;
  readonly capabilities: readonly string[];
  readonly cap_drop: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly dns_servers: readonly string[];
  readonly etc_hosts: Readonly<Record<string, string>>;
  readonly read_only: boolean;
  readonly init: boolean;
  readonly tty: boolean;
  readonly interactive: boolean;
  readonly restart_policy?: 'no' | 'on-failure' | 'always' | 'unless-stopped';
  readonly restart_retries?: number;
  readonly memory?: string;
  readonly cpus?: number;
}

/** What the arguments ask for at creation. */
export function settingsOf(args: ContainerArgs): ContainerSettings {
  return {
    image: args.image,
    command: wordsOf(args.command),
    entrypoint: wordsOf(args.entrypoint),
    network: args.network_mode === 'default' ? undefined : args.network_mode,
    ports: args.published_ports,
    volumes: args.volumes,
    tmpfs: args.tmpfs,
    devices: args.devices,
    env: args.env,
    labels: args.labels,
    hostname: args.hostname,
    user: args.user,
    workingDir: args.working_dir,
    privileged: args.privileged,
    capabilities: args.capabilities.map(capability),
    dropped: args.cap_drop.map(capability),
    sysctls: args.sysctls,
    dns: args.dns_servers,
    hosts: args.etc_hosts,
    readOnly: args.read_only,
    init: args.init,
    tty: args.tty,
    interactive: args.interactive,
  };
}

/** A digest of the settings. The container's name is part of it, so that equal passwords of two containers don't show as such. */
export function settingsDigest(name: string, settings: ContainerSettings): string {
  const said = Object.entries(settings).filter(([, value]) => value !== undefined && value !== false && (typeof value !== 'object' || Object.keys(value as object).length > 0));
  return digestOf([name, Object.fromEntries(said)]);
}

/** What is wrong with a container's arguments. */
export function* containerProblems(args: ContainerArgs): Generator<ArgumentProblem> {
  for (const key of ['command', 'entrypoint'] as const) {
    const line = args[key];
    const split = typeof line === 'string' ? splitWords(line) : undefined;
    if (split && 'problem' in split) yield { path: [key], message: `the ${key} can't be split into words: ${split.problem}` };
  }
  for (const [index, port] of args.published_ports.entries()) {
    if (!/^(([0-9.]+|\[[0-9a-f:]+\]):)?([0-9-]*:)?[0-9]+(-[0-9]+)?(\/(tcp|udp|sctp))?$/i.test(port)) {
      yield { path: ['published_ports', index], message: `'${port}' is no published port`, hint: "Write it as 'HOSTPORT:PORT', '127.0.0.1:8080:80' or '53:53/udp'." };
    }
  }
  for (const [index, volume] of args.volumes.entries()) {
    if (!/^([a-zA-Z0-9][\w.-]*:|\/[^:]*:)?\/[^:]*(:[\w,]+)?$/.test(volume)) {
      yield { path: ['volumes', index], message: `'${volume}' is no volume`, hint: "Write it as '/ON/HOST:/IN/CONTAINER' or 'NAME:/IN/CONTAINER', with ':ro' behind it to forbid writing." };
    }
  }
  for (const [index, network] of (args.networks ?? []).entries()) yield* addressProblems(['networks', index, 'ipv4_address'], network.ipv4_address);
  if ((args.networks ?? []).length > 0 && /^(none|host|container:.*)$/.test(args.network_mode ?? '')) {
    yield { path: ['networks'], message: `a container with the network mode '${args.network_mode}' can't be in networks` };
  }
  if (args.restart_retries !== undefined && args.restart_policy !== 'on-failure') yield { path: ['restart_retries'], message: '`restart_retries` goes only with `restart_policy: on-failure`' };
}

/** Bytes of `512m` and the like. */
export function bytesOf(size: string): number {
  const unit = size.replace(/^[0-9]+/, '')[0]?.toLowerCase() ?? 'b';
  return Number.parseInt(size, 10) * { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit as 'b']!;
}

function wordsOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  if (typeof value !== 'string') return value;
  const split = splitWords(value);
  return 'words' in split ? split.words : [value];
}

function capability(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '');
}
