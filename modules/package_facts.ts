import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';

interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly category: string;
  readonly source: 'apt';
  readonly origin: string;
}

/** Every installed package by name: dpkg-query(1). Undefined where there is no dpkg. */
const installedPackages: Fact<Readonly<Record<string, readonly InstalledPackage[]>> | undefined> = {
  kind: 'packages',
  key: '',
  read: sh`LC_ALL=C dpkg-query -W -f ${'${db:Status-Abbrev}\\t${Package}\\t${Version}\\t${Architecture}\\t${Section}\\n'}`,
  domains: ['package'],
  parse({ status, stdout }) {
    if (status !== 0) return undefined;
    const packages: Record<string, InstalledPackage[]> = {};
    for (const line of stdout.split('\n')) {
      const [state = '', name, version = '', arch = '', category = ''] = line.split('\t');
      if (state[1] === 'i' && name !== undefined) (packages[name] ??= []).push({ name, version, arch, category, source: 'apt', origin: '' });
    }
    return packages;
  },
};

/** The installed packages as facts. */
export default defineModule({
  summary: 'Read the installed packages into `ansible_facts.packages`',
  args: Type.Object({
    manager: Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], default: 'auto', description: 'As in Ansible; here packages are those of dpkg.' }),
    strategy: Type.Enum(['first', 'all'], { default: 'first', description: 'As in Ansible.' }),
  }),
  returnValues: { ansible_facts: '`packages`: name → list of `name, version, arch, category, origin, source`' },
  examples: `
- package_facts:
- debug: {msg: "{{ ansible_facts.packages['openvswitch-switch'][0].version }}"}
  when: "'openvswitch-switch' in ansible_facts.packages"
`,
  subject: () => 'packages',
  facts: () => ({ packages: installedPackages }),
  *plan(_args, now) {
    if (now.packages === undefined) throw new PreconditionError('the host has no dpkg', { hint: 'Only Debian and what comes of it is understood.' });
  },
  returns: (_args, { now }) => ({ ansible_facts: { packages: now.packages ?? {} } }),
});
