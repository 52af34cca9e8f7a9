/** The files of a new lab: its key, and for each host what makes it differ from the base tree. */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Places } from '../places.ts';
import { gateway, labFiles, labHosts, type LabHost, type LabPaths, type LabRecord } from './layout.ts';
import { run } from './run.ts';

/** uid and gid of the login `vagrant` in the base tree, the first ordinary user. */
const vagrantId = 1000;

/** Where a lab's folder is made. */
function draftFolder(paths: LabPaths): string {
  return join(paths.state, '.new');
}

/** Removes what a killed seedLab left. Call with the labs' lock held, under which nobody else seeds. */
export async function removeDraft(paths: LabPaths): Promise<void> {
  await rm(draftFolder(paths), { recursive: true, force: true });
}

/** Makes the lab's folder with everything that its first boot needs. It appears under its name when it is whole. */
export async function seedLab(paths: LabPaths, record: LabRecord): Promise<void> {
  const draft = labFiles({ ...paths, state: draftFolder(paths) }, record.name);
  await mkdir(draft.root, { recursive: true });
  await generateKey(draft.privateKey, `ctplay-lab-${record.name}`);
  const publicKey = await readFile(`${draft.privateKey}.pub`, 'utf8');
  const hosts = labHosts(record);
  const places = new Places(8);
  const hostKeys = await Promise.all(hosts.map((host) => places.run(() => seedHost(draft.host(host.name), record, host, hosts, publicKey))));
  await writeFile(draft.knownHosts, hosts.map((host, i) => `${host.managementAddress} ${hostKeys[i]!}`).join(''));
  await writeFile(join(draft.root, 'hosts.list'), hosts.map(({ name }) => `${name}\n`).join(''));
  await writeFile(draft.record, JSON.stringify(record, null, 2));
  await rename(draft.root, labFiles(paths, record.name).root);
  await removeDraft(paths);
}

/** Makes one host's folder; gives its public host key. */
async function seedHost(folder: string, record: LabRecord, host: LabHost, all: readonly LabHost[], publicKey: string): Promise<string> {
  const seed = join(folder, 'seed');
  const place = async (path: string, text: string, { mode = 0o644, owner = 0, folderMode = 0o755 } = {}) => {
    const file = join(seed, path);
    await mkdir(dirname(file), { recursive: true });
    await chmod(dirname(file), folderMode);
    await chown(dirname(file), owner, owner);
    await writeFile(file, text);
    await chmod(file, mode);
    await chown(file, owner, owner);
  };
  const peers = all.filter((other) => other !== host);

  await place('etc/hostname', `${host.name}\n`);
  await place('etc/machine-id', `${randomBytes(16).toString('hex')}\n`);
  await place('etc/hosts', hostsFile(host, peers));
  await place('etc/ctplay-lab/underlay', `ADDRESS=${host.underlayAddress}\nPEERS='${peers.map((peer) => peer.underlayAddress).join(' ')}'\n`);
  const login = { mode: 0o600, folderMode: 0o700 };
  await place('root/.ssh/authorized_keys', publicKey, login);
  await place('home/vagrant/.ssh/authorized_keys', publicKey, { ...login, owner: vagrantId });
  await chmod(join(seed, 'root'), 0o700);
  await chown(join(seed, 'home/vagrant'), vagrantId, vagrantId);
  const hostKey = join(seed, 'etc/ssh/ssh_host_ed25519_key');
  await mkdir(dirname(hostKey), { recursive: true });
  await generateKey(hostKey, `root@${host.name}`);
  for (const parent of ['', 'etc', 'etc/ssh', 'home']) await chmod(join(seed, parent), 0o755);

  await run('mkfifo', ['-m', '600', join(folder, 'power')]);
  await writeFile(join(folder, 'config'), hostConfig(record, host));
  return readFile(`${hostKey}.pub`, 'utf8');
}

function hostsFile(host: LabHost, peers: readonly LabHost[]): string {
  const lines = ['127.0.0.1 localhost', `127.0.1.1 ${host.name}`, ...peers.map((peer) => `${peer.underlayAddress} ${peer.name}`)];
  return `${lines.join('\n')}\n`;
}

/** What host.sh and boot.sh need to know of their host, as assignments of the shell. */
function hostConfig(record: LabRecord, host: LabHost): string {
  return [
    `HOSTNAME=${host.name}`,
    `INDEX=${host.index}`,
    // Locally administered; random ones would change at every boot, and the other hosts' ARP caches would be wrong.
    `MAC=52:54:00:00:${host.index.toString(16).padStart(2, '0')}`,
    `MANAGEMENT=${host.managementAddress}/24`,
    `GATEWAY=${gateway(record.number)}`,
    `UNDERLAY=${host.underlayAddress}/24`,
    '',
  ].join('\n');
}

async function generateKey(path: string, comment: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}
