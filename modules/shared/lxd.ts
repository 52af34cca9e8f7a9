/** The commands that make and change LXD instances, by its client lxc(1). */
import { nothing, sh, type Command } from '../../src/shell.ts';
import { lxdClient, lxdMark, type LxdDevices } from '../facts/lxd.ts';
import { fillBusyboxRoot, temporaryFolder } from './busybox-root.ts';
import { pathWord } from './path.ts';

export const lxdModule = 'lxd_container';

/** What an instance is made with. */
export interface LxdDefinition {
  readonly name: string;
  readonly profiles: readonly string[];
  readonly ephemeral: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: LxdDevices;
}

/** Where its root file system comes from: an image of LXD's, a folder or archive of the host, or the host's busybox. */
export type LxdOrigin = { readonly image: string } | { readonly rootfs: string; readonly type: 'file' | 'directory' } | 'busybox';

/** Commands as a person types them, and as ctplay runs them. */
export interface LxdCommands {
  readonly typed: readonly Command[];
  readonly commands: readonly Command[];
}

/** Makes an instance, whole or not at all: LXD itself removes what it could not finish. */
export function createInstance(definition: LxdDefinition, origin: LxdOrigin): LxdCommands {
  if (origin !== 'busybox' && 'image' in origin) {
    return { typed: typedInit(definition, origin.image), commands: [lxdClient(initCommand(definition, sh`${origin.image}`))] };
  }
  const alias = `ctplay-${definition.name}`;
  const bring = origin === 'busybox' ? importBusybox(alias) : importRoot(origin, alias);
  // The image has done its duty once the instance is there.
  const remove = sh`{ [ "$i" != ${alias} ] || lxc image delete ${alias} >/dev/null 2>&1; }`;
  return {
    typed: [sh`lxc image import ${origin === 'busybox' ? 'busybox.tar' : origin.rootfs} --alias ${alias}`, ...typedInit(definition, alias), sh`lxc image delete ${alias}`],
    commands: [lxdClient(sh`${temporaryFolder}\n${bring}\n${initCommand(definition, sh`"$i"`)}; s=$?; ${remove}; exit $s`)],
  };
}

function initCommand({ name, profiles, ephemeral, config, devices }: LxdDefinition, image: Command): Command {
  const definition = JSON.stringify({ config: { ...config, [lxdMark]: lxdModule }, devices });
  // It reads YAML, of which JSON is a part, where its input is no terminal.
  return sh`printf '%s' ${definition} | lxc init -q ${profileOptions(profiles)}${ephemeral ? sh`--ephemeral ` : nothing}${image} ${name} >/dev/null`;
}

function typedInit({ name, profiles, ephemeral, config, devices }: LxdDefinition, image: string): Command[] {
  const settings = Object.entries(config).map(([key, value]) => sh`-c ${`${key}=${value}`}`);
  return [sh`lxc init ${profileOptions(profiles)}${ephemeral ? sh`--ephemeral ` : nothing}${settings.map((one) => sh`${one} `)}${image} ${name}`, ...Object.entries(devices).map(([device, options]) => typedDevice(name, device, options))];
}

function typedDevice(name: string, device: string, { type, ...options }: Readonly<Record<string, string>>): Command {
  return sh`lxc config device add ${name} ${[device, type ?? 'none', ...Object.entries(options).map(([key, value]) => `${key}=${value}`)]}`;
}

function profileOptions(profiles: readonly string[]): Command {
  return profiles.length === 0 ? sh`--no-profiles ` : sh`${profiles.map((profile) => sh`-p ${profile}`)} `;
}

const metadata = sh`printf 'architecture: %s\\ncreation_date: %s\\n' "$(uname -m)" "$(date +%s)" >"$d/metadata.yaml"`;

/** `$i` becomes the name of the image. */
function importBusybox(alias: string): Command {
  return sh`mkdir "$d/rootfs" && ${fillBusyboxRoot(sh`"$d/rootfs"`)}
ln -s ../bin/busybox "$d/rootfs/sbin/init" && echo '::respawn:/bin/sleep 2147483647' >"$d/rootfs/etc/inittab" && ${metadata} || exit
tar -C "$d" --numeric-owner --owner=0 --group=0 -cf "$d/image.tar" metadata.yaml rootfs && ${importImage(sh`"$d/image.tar"`, alias)} || exit
i=${alias}`;
}

/** A folder or archive with a root file system, or an archive of an image, which LXD may have already. */
function importRoot({ rootfs, type }: { readonly rootfs: string; readonly type: 'file' | 'directory' }, alias: string): Command {
  const path = pathWord(rootfs);
  const start = sh`i=${alias}; ${metadata} && tar -C "$d" -cf "$d/metadata.tar" metadata.yaml || exit`;
  if (type === 'directory') return sh`${start}\ntar -C ${path} --numeric-owner -cf "$d/rootfs.tar" . && ${importImage(sh`"$d/metadata.tar" "$d/rootfs.tar"`, alias)} || exit`;
  return sh`${start}
if tar -tf ${path} | grep -qxE '(\\./)?metadata\\.yaml'; then
  f=$(sha256sum <${path}); f=\${f%% *}
  if lxc query "/1.0/images/$f" >/dev/null 2>&1; then i=$f; else ${importImage(path, alias)} || exit; fi
else ${importImage(sh`"$d/metadata.tar" ${path}`, alias)} || exit; fi`;
}

// A leftover of a run that was killed has the same name. LXD 5.0 dies of properties named here where metadata.yaml has none.
function importImage(files: Command, alias: string): Command {
  return sh`{ lxc image delete ${alias} >/dev/null 2>&1; lxc image import ${files} --alias ${alias} >/dev/null; }`;
}

/** What differs, merged into an instance's settings; a value of null goes. */
export function changeInstance(name: string, config: Readonly<Record<string, string | null>>, devices: LxdDevices, profiles: readonly string[] | undefined): LxdCommands {
  const [settings, unset] = [Object.entries(config).filter(([, value]) => value !== null), Object.entries(config).filter(([, value]) => value === null)];
  const change = JSON.stringify({
    // The API takes an empty value for none.
    config: Object.fromEntries(Object.entries(config).map(([key, value]) => [key, value ?? ''])),
    devices,
    ...(profiles === undefined ? {} : { profiles }),
  });
  return {
    typed: [
      ...(profiles === undefined ? [] : [sh`lxc profile assign ${name} ${profiles.join(',')}`]),
      ...(settings.length === 0 ? [] : [sh`lxc config set ${name} ${settings.map(([key, value]) => `${key}=${value!}`)}`]),
      ...unset.map(([key]) => sh`lxc config unset ${name} ${key}`),
      ...Object.entries(devices).map(([device, options]) => typedDevice(name, device, options)),
    ],
    commands: [lxdClient(sh`lxc query -X PATCH --wait -d ${change} ${`/1.0/instances/${name}`} >/dev/null`)],
  };
}

/** Takes devices of its own away from an instance. */
export function removeDevices(name: string, devices: readonly string[]): LxdCommands {
  return plain(sh`lxc config device remove ${name} ${devices} >/dev/null`);
}

export function startInstance(name: string): LxdCommands {
  return plain(sh`lxc start ${name}`);
}

/** Asks it to shut down, and ends it after so many seconds. */
export function stopInstance(name: string, seconds: number): LxdCommands {
  return { typed: [sh`lxc stop ${name} --timeout ${seconds}`], commands: [lxdClient(seconds === 0 ? sh`lxc stop ${name} --force` : sh`lxc stop ${name} --timeout ${seconds} 2>/dev/null || lxc stop ${name} --force`)] };
}

export function deleteInstance(name: string): LxdCommands {
  return plain(sh`lxc delete --force ${name}`);
}

function plain(command: Command): LxdCommands {
  return { typed: [command], commands: [lxdClient(command)] };
}
