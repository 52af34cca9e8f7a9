/**
 * What LXD has: its instances, its profiles, whether it was set up. One script asks its API (https://documentation.ubuntu.com/lxd/,
 * /1.0/instances, /1.0/profiles) for all of them, so that any number of tasks share the answer.
 */
import type { Fact, Reading, ReadResult } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { absent, parseJson, present, unavailable } from './reading.ts';

/** Name → settings of a device, such as `eth0` → `{type: 'none'}`. */
export type LxdDevices = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface LxdInstance {
  readonly name: string;
  /** `container` or `virtual-machine`. */
  readonly type: string;
  /** As LXD says it: Running, Stopped, Frozen, Error. */
  readonly status: string;
  readonly running: boolean;
  /** Of its init in the host's process namespace; 0 while it doesn't run. */
  readonly pid: number;
  /** Its own config, without `volatile.*` and `image.*`, which LXD writes, and `environment.*`, where passwords may stand. */
  readonly config: Readonly<Record<string, string>>;
  /** Its own devices, without those of its profiles. */
  readonly devices: LxdDevices;
  readonly profiles: readonly string[];
  readonly ephemeral: boolean;
  /** Made by ctplay: its config says so. */
  readonly owned: boolean;
}

/** The key of an instance's config that names the module which made it. */
export const lxdMark = 'user.ctplay';

interface Api {
  readonly instances: readonly LxdInstance[];
  readonly profiles: Readonly<Record<string, LxdDevices>>;
  readonly pools: readonly string[];
}

/** Runs commands of lxc(1) so that it leaves no settings in $HOME, as it does for those who call it for the first time. */
export function lxdClient(commands: Command): Command {
  return sh`LXD_CONF=$(mktemp -d) || exit; export LXD_CONF; ( ${commands} ); s=$?; rm -rf "$LXD_CONF"; exit $s`;
}

const read = sh`command -v lxc >/dev/null || exit 127
${lxdClient(sh`for q in 'instances?recursion=2' 'profiles?recursion=1' 'storage-pools?recursion=1'; do lxc query "/1.0/$q" || exit; echo ---; done`)}`;

/** One instance by its name. */
export function lxdInstance(name: string): Fact<Reading<LxdInstance>> {
  return fact('lxd-instance', name, [`lxd:${name}`], ({ instances }) => {
    const found = instances.find((one) => one.name === name);
    return found === undefined ? absent : present(found);
  });
}

/** All instances, running or not. */
export function lxdInstances(): Fact<Reading<readonly LxdInstance[]>> {
  return fact('lxd-instances', '', ['lxd'], ({ instances }) => present(instances));
}

/** Name → devices of all profiles. */
export function lxdProfiles(): Fact<Reading<Readonly<Record<string, LxdDevices>>>> {
  return fact('lxd-profiles', '', ['lxd:profiles'], ({ profiles }) => present(profiles));
}

/** Names of the storage pools: none before LXD was set up. */
export function lxdPools(): Fact<Reading<readonly string[]>> {
  return fact('lxd-pools', '', ['lxd:pools'], ({ pools }) => present(pools));
}

function fact<T>(kind: string, key: string, domains: readonly string[], choose: (api: Api) => Reading<T>): Fact<Reading<T>> {
  return {
    kind,
    key,
    read,
    domains: [...domains, 'package', 'service:lxd.socket'],
    parse(result) {
      const api = parseApi(result);
      return 'state' in api ? api : choose(api);
    },
  };
}

interface RawInstance {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly devices?: LxdDevices;
  readonly profiles?: readonly string[];
  readonly ephemeral?: boolean;
  readonly state?: { readonly pid?: number } | null;
}

function parseApi(result: ReadResult): Api | ReturnType<typeof unavailable> {
  if (result.status !== 0) {
    const down = /connection refused|no such file or directory|no such host|server is not running/i.test(result.stderr);
    return unavailable({ ...result, stderr: withoutGreeting(result.stderr) }, down ? 'not-running' : undefined);
  }
  const [instances, profiles, pools] = result.stdout.split(/^---$/m).map(parseJson);
  if (!Array.isArray(instances) || !Array.isArray(profiles) || !Array.isArray(pools)) return unavailable({ ...result, stderr: 'the answer is not JSON' }, 'unreadable');
  return {
    instances: (instances as RawInstance[]).map(toInstance),
    profiles: Object.fromEntries((profiles as { name: string; devices?: LxdDevices }[]).map(({ name, devices }) => [name, devices ?? {}])),
    pools: (pools as { name: string }[]).map(({ name }) => name),
  };
}

function toInstance({ name, type, status, config = {}, devices = {}, profiles = [], ephemeral = false, state }: RawInstance): LxdInstance {
  const pid = Math.max(0, state?.pid ?? 0);
  const own = Object.entries(config).filter(([key]) => !/^(volatile|image|environment)\./.test(key));
  return { name, type, status, running: status !== 'Stopped' && status !== 'Error', pid, config: Object.fromEntries(own), devices, profiles, ephemeral, owned: lxdMark in config };
}

/** What the client tells everyone who calls it for the first time. */
function withoutGreeting(stderr: string): string {
  return stderr.split('\n').filter((line) => !/^(If this is your first time|To start your first|Or for a virtual machine)/.test(line)).join('\n').trim();
}
