/** The name of the host: in the kernel (uname(2)) and in hostname(5). */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { fileDomain } from '../shared/path.ts';

export interface HostName {
  readonly current: string;
  /** What /etc/hostname has; absent without that file. */
  readonly permanent?: string;
}

export const hostName: Fact<HostName> = {
  kind: 'hostname',
  key: '',
  read: sh`uname -n; grep -v '^#' /etc/hostname 2>/dev/null`,
  domains: ['hostname', fileDomain('/etc/hostname')],
  parse({ stdout }) {
    const [current = '', ...file] = stdout.split('\n');
    return { current, ...(file.join('').trim() === '' ? {} : { permanent: file.join('').trim() }) };
  },
};
