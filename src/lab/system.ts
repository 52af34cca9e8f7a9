/** Whether this machine can run a lab, said in one line when it can't. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CtplayError } from '../errors.ts';

/** Programs that a lab needs and the Debian packages that hold them. */
const programs: Readonly<Record<string, string>> = {
  flock: 'util-linux',
  ip: 'iproute2',
  iptables: 'iptables',
  mmdebstrap: 'mmdebstrap',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  'ssh-keygen': 'openssh-client',
  unshare: 'util-linux',
};

const instead = 'Use the virtual machines of the Vagrantfile instead: `vagrant up`, then `-i inventories/vagrant`.';

/** Throws CtplayError `lab.system` unless this is root on a Debian Linux with the programs that a lab needs. */
export function assertSystem(): void {
  if (process.platform !== 'linux') {
    throw new CtplayError('lab.system', `a lab needs Linux and its namespaces, which ${process.platform} has not`, { hint: instead });
  }
  if (process.geteuid?.() !== 0) {
    throw new CtplayError('lab.system', 'a lab needs root, to make namespaces, mounts and links', {
      hint: `Run it with sudo. ${instead}`,
    });
  }
  if (!existsSync('/etc/debian_version')) {
    throw new CtplayError('lab.system', 'a lab needs Debian, whose apt its hosts are built with', { hint: instead });
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = Object.keys(programs).filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => programs[program]!))];
  throw new CtplayError('lab.system', `a lab needs ${missing.join(', ')}, not installed on this machine`, {
    hint: `Install with: apt-get install --no-install-recommends ${packages.join(' ')}`,
  });
}

/** A system call's failure as what it means here, such as a container without the rights that a lab takes; else the error itself. */
export function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new CtplayError('lab.system', 'this machine refuses what a lab needs', { found: error.message, hint: instead, cause: error });
}
