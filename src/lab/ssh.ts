/** How to log in to a lab's host with ssh(1). */
import { labFiles, type LabHost, type LabPaths } from './layout.ts';

/** The arguments for ssh(1) before the command: the lab's key, its known_hosts, and nothing of the user's own configuration. */
export function sshArguments(paths: LabPaths, lab: string, host: LabHost, user = 'root'): string[] {
  const files = labFiles(paths, lab);
  const options = [
    `UserKnownHostsFile=${files.knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'IdentitiesOnly=yes',
    'LogLevel=ERROR',
  ];
  return ['-F', 'none', '-i', files.privateKey, ...options.flatMap((option) => ['-o', option]), `${user}@${host.managementAddress}`];
}
