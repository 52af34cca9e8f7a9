/** The inventory folder of a lab: hosts.yml, the key and the host keys, in a form that Ansible reads as well. */
import { chmod, chown, copyFile, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CtplayError } from '../errors.ts';
import { ignoring, writeWhole } from './files.ts';
import { labFiles, labHosts, type LabPaths, type LabRecord } from './layout.ts';

const mark = (name: string) => `# Written by 'ctplay lab up' for the lab '${name}'; 'ctplay lab down' removes it.`;

/** The text of hosts.yml for a lab whose key and known_hosts lie in `folder`, hidden, since an inventory's folder is read file by file. */
export function inventoryText(record: Pick<LabRecord, 'name' | 'number' | 'hosts'>, folder: string): string {
  const hosts = labHosts(record).map(
    (host) => `    ${host.name}:
      ansible_host: ${host.managementAddress}
      underlay_address: ${host.underlayAddress}
`,
  );
  const file = (name: string) => JSON.stringify(join(folder, name));
  return `${mark(record.name)}
# Changes made here are lost: put variables of your own into host_vars/ and group_vars/ beside it.
# The login 'vagrant' (sudo without a password) takes the same key.
lab:
  hosts:
${hosts.join('')}  vars:
    ansible_user: root
    ansible_port: 22
    ansible_ssh_private_key_file: ${file('.id_ed25519')}
    ansible_ssh_common_args: ${JSON.stringify(`-o UserKnownHostsFile=${word(join(folder, '.known_hosts'))} -o IdentitiesOnly=yes`)}
    ctplay_known_hosts_file: ${file('.known_hosts')}
`;
}

/** One word of the arguments that Ansible splits as a shell would. */
function word(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `"${path}"`;
}

/** Throws CtplayError `lab.state` when the folder holds an inventory that is not this lab's. */
export async function assertOwnInventory(folder: string, name: string): Promise<void> {
  const current = await ignoring(['ENOENT', 'ENOTDIR'], readFile(join(folder, 'hosts.yml'), 'utf8'));
  if (current === undefined || current.startsWith(mark(name))) return;
  throw new CtplayError('lab.state', `${join(folder, 'hosts.yml')} is not the inventory of the lab '${name}'`, {
    expected: 'no such file, or one that `ctplay lab up` wrote for this lab',
    hint: 'Start the lab under another name with --name, or from another folder.',
  });
}

/**
 * Writes the inventory of a lab into `folder`; gives whether anything had to be written. Under sudo the files go to the
 * user who called it, who could not read the key otherwise.
 */
export async function writeInventory(paths: LabPaths, record: LabRecord, folder: string): Promise<boolean> {
  const files = labFiles(paths, record.name);
  const texts = {
    'hosts.yml': inventoryText(record, folder),
    '.known_hosts': await readFile(files.knownHosts, 'utf8'),
    // A private key must not end in a repository by accident.
    '.gitignore': '*\n',
  };
  const stale: string[] = [];
  for (const [name, text] of Object.entries(texts)) {
    if ((await ignoring(['ENOENT'], readFile(join(folder, name), 'utf8'))) !== text) stale.push(name);
  }
  const key = join(folder, '.id_ed25519');
  const sameKey = (await ignoring(['ENOENT'], readFile(key, 'utf8'))) === (await readFile(files.privateKey, 'utf8'));
  if (stale.length === 0 && sameKey) return false;

  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) await writeWhole(join(folder, name), text);
  await copyFile(files.privateKey, key);
  await chmod(key, 0o600);
  const uid = Number(process.env['SUDO_UID'] ?? Number.NaN);
  const gid = Number(process.env['SUDO_GID'] ?? Number.NaN);
  if (!Number.isNaN(uid) && !Number.isNaN(gid)) {
    for (const name of ['', '.id_ed25519', ...Object.keys(texts)]) await chown(join(folder, name), uid, gid);
  }
  return true;
}

/** Removes what writeInventory wrote; files of the user's own stay, and so does an inventory that is not this lab's. */
export async function removeInventory(folder: string, name: string): Promise<void> {
  const current = await ignoring(['ENOENT', 'ENOTDIR'], readFile(join(folder, 'hosts.yml'), 'utf8'));
  if (!current?.startsWith(mark(name))) return;
  for (const file of ['hosts.yml', '.known_hosts', '.id_ed25519', '.gitignore']) await rm(join(folder, file), { force: true });
  await ignoring(['ENOTEMPTY', 'ENOENT'], rmdir(folder));
}
