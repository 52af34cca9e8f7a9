/** The management path that the tables are about: SSH from 192.0.2.9, through a gateway, to port 22 of 10.0.5.11 on bond0, which eth0 is in. */
import type { ManagementPath } from '../../../src/baseline/kind.ts';
import type { Change } from '../../../src/module.ts';
import { Command } from '../../../src/shell.ts';

export const path: ManagementPath = {
  clientAddress: '192.0.2.9',
  clientPort: 40000,
  serverAddress: '10.0.5.11',
  serverPort: 22,
  links: ['bond0', 'eth0'],
  gateway: '10.0.5.254',
  route: 'default via 10.0.5.254 dev bond0',
  services: ['ssh.service', 'sshd.service'],
  processes: [300, 200, 100],
};

/** A change of these scripts; `declared` ones say what they touch. */
export function change(scripts: readonly string[], given: Partial<Change> = {}): Change {
  return { action: 'run', subject: 'something', commands: scripts.map((text) => new Command(text, text)), ...given };
}
