/** The commands that make, bring and remove Docker images. */
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { fillBusyboxRoot, temporaryFolder } from './busybox-root.ts';
import { pathWord } from './path.ts';

type Labels = Readonly<Record<string, string>>;

export function pullImage(name: string): Command {
  return sh`docker pull -q ${name}`;
}

/** A root file system as an image. */
export function importFrom(path: string, type: 'file' | 'directory', name: string, changes: readonly string[], labels: Labels): Command {
  const source = type === 'directory' ? sh`tar -C ${pathWord(path)} --numeric-owner -c . | docker import` : sh`docker import`;
  return sh`${source} ${changeOptions(changes, labels)} ${type === 'directory' ? sh`-` : pathWord(path)} ${name}`;
}

/** The host's busybox with links for its commands and the files that programs look for. */
export function importBusybox(name: string, changes: readonly string[], labels: Labels): Command {
  return sh`${temporaryFolder}
${fillBusyboxRoot(sh`"$d"`)}
tar -C "$d" --numeric-owner --owner=0 --group=0 -c . | docker import ${changeOptions(changes, labels)} - ${name}`;
}

/** What a person would type for the same. */
export function typedBusybox(name: string, changes: readonly string[]): Command[] {
  return [
    sh`mkdir -p rootfs/bin && cp "$(command -v busybox)" rootfs/bin/ && chroot rootfs /bin/busybox --install /bin`,
    sh`tar -C rootfs -c . | docker import ${changeOptions(changes, {})} - ${name}`,
  ];
}

/** An archive of `docker save`. It has to bring the name, or a later run would load it again. */
export function loadImage(path: string, name: string): Command {
  return sh`docker load -q -i ${pathWord(path)} && { docker image inspect ${name} >/dev/null 2>&1 || { echo ${`the archive holds no image ${name}`} >&2; exit 1; }; }`;
}

export function buildImage(name: string, build: { readonly path: string; readonly dockerfile?: string; readonly args?: Labels }, labels: Labels): Command {
  const options = [
    ...Object.entries(labels).map(([key, value]) => sh`--label ${`${key}=${value}`}`),
    ...Object.entries(build.args ?? {}).map(([key, value]) => sh`--build-arg ${`${key}=${value}`}`),
    // Docker takes the path as seen from the caller, not from the folder.
    build.dockerfile === undefined ? nothing : sh`-f ${pathWord(`${build.path}/${build.dockerfile}`)}`,
  ];
  return sh`docker build -q ${joinCommands(options, ' ')} -t ${name} ${pathWord(build.path)}`;
}

export function removeImage(name: string, force: boolean): Command {
  return sh`docker image rm ${force ? sh`-f ` : nothing}${name} >/dev/null`;
}

/** Images of ctplay's that lost their name to a newer one and that nothing uses. */
export const removeUntagged = sh`docker image prune -f --filter label=ctplay=docker_image >/dev/null`;

/** Instructions as `docker import --change` takes them; a label's value is quoted as in a Dockerfile. */
function changeOptions(changes: readonly string[], labels: Labels): Command {
  return joinCommands([...changes, ...Object.entries(labels).map(([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`)].map((change) => sh`-c ${change}`), ' ');
}
