/** The commands that make and change LXC containers (lxc-create(1), lxc.container.conf(5)). */
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { lxcCompleteMark, lxcMark, type LxcContainer } from '../facts/lxc.ts';
import { pathWord } from './path.ts';

export interface LxcSettings {
  readonly name: string;
  readonly template: string;
  readonly template_options: readonly string[];
  readonly rootfs?: string;
  readonly network?: string;
  readonly dhcp: boolean;
}

/** Keys of which a container may have many. */
const manyKeys = /^lxc\.(mount\.entry|environment|cap\.|cgroup2?\.devices|idmap|hook\.|include|group|net\.\d+\.ipv[46]\.address)/;

/** `key = value` as a pair, or undefined. */
export function parseSetting(line: string): readonly [key: string, value: string] | undefined {
  const match = /^\s*(lxc\.[^=\s]+)\s*=\s*(.*?)\s*$/.exec(line);
  return match ? [match[1]!, match[2]!] : undefined;
}

/** The settings that a container's config lacks. */
export function missingSettings(container: LxcContainer, wanted: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  return wanted.filter(([key, value]) => {
    const values = container.config[key] ?? [];
    // lxc.environment isn't read; it is written when the container is made.
    return key !== 'lxc.environment' && (manyKeys.test(key) ? !values.includes(value) : values.at(-1) !== value);
  });
}

/** The commands that make a container, its mark first and the sign that it is whole last. */
export function createCommands(settings: LxcSettings, config: readonly (readonly [string, string])[]): Command[] {
  const { name, template, template_options: options, rootfs } = settings;
  const folder = containerFolder(name);
  const lines = [lxcMark, ...networkLines(settings.network)];
  const source = lines.length > 1 ? sh`printf '%s\\n' ${[...lines, 'lxc.apparmor.profile = generated']}` : sh`{ echo ${lxcMark}; cat /etc/lxc/default.conf; }`;
  const fromTemplate = [
    sh`${source} | lxc-create -n ${name} -f /dev/stdin -t ${template} ${options.length === 0 ? nothing : sh`-- ${options} `}>/dev/null`,
    // The template's start script asks for an address by DHCP, and what asks in vain takes addresses away that others gave.
    template === 'busybox' && !settings.dhcp ? sh`sed -i '/udhcpc/d' ${folder}/rootfs/etc/init.d/rcS` : nothing,
  ];
  const fromFolder = [
    sh`${source} | lxc-create -n ${name} -f /dev/stdin -t none >/dev/null`,
    sh`mkdir -p ${folder}/rootfs && p=${pathWord(rootfs ?? '')} && if [ -d "$p" ]; then cp -a "$p/." ${folder}/rootfs; else tar -C ${folder}/rootfs --numeric-owner -xf "$p"; fi`,
    sh`printf '%s\\n' "lxc.rootfs.path = dir:"${folder}/rootfs ${[`lxc.uts.name = ${name}`, 'lxc.include = /usr/share/lxc/config/common.conf']} >>${folder}/config`,
  ];
  return [
    ...(rootfs === undefined ? fromTemplate : fromFolder).filter((command) => command.text !== ''),
    sh`printf '%s\\n' ${[...config.map(([key, value]) => `${key} = ${value}`), lxcCompleteMark]} >>${folder}/config`,
  ];
}

/** Writes settings into a container's config, in place of the old ones of the same key. */
export function configCommand(folder: string, settings: readonly (readonly [string, string])[]): Command {
  const single = settings.filter(([key]) => !manyKeys.test(key));
  const remove = single.map(([key]) => sh`-e ${`/^[[:space:]]*${key.replaceAll('.', '\\.')}[[:space:]]*=/d`}`);
  const edit = remove.length === 0 ? nothing : sh`sed -i ${joinCommands(remove, ' ')} ${`${folder}/config`} && `;
  return sh`${edit}printf '%s\\n' ${settings.map(([key, value]) => `${key} = ${value}`)} >>${`${folder}/config`}`;
}

/** Starts it, and fails with what LXC has to say. */
export function startContainer(name: string): Command {
  return sh`l=$(mktemp) || exit; lxc-start -n ${name} -l ERROR -o "$l" 2>/dev/null; s=$?; [ $s = 0 ] || cat "$l" >&2; rm -f "$l"; exit $s`;
}

/** Asks it to halt, and kills it after so many seconds. */
export function stopContainer(name: string, seconds: number): Command {
  return sh`lxc-stop -n ${name} -t ${seconds}`;
}

/** Removes it, running or not, whole or not. */
export function destroyContainer(name: string, folder: string): Command {
  return sh`lxc-destroy -f -n ${name} >/dev/null || { [ ! -e ${folder} ] || rm -rf ${folder}; }`;
}

function networkLines(network: string | undefined): string[] {
  if (network === undefined) return [];
  if (network === 'none') return ['lxc.net.0.type = empty'];
  return ['lxc.net.0.type = veth', `lxc.net.0.link = ${network}`, 'lxc.net.0.flags = up'];
}

function containerFolder(name: string): Command {
  return sh`"$(lxc-config lxc.lxcpath)"/${name}`;
}
