import { Type } from 'typebox';
import { defineModule, type Change } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { fileDomain } from './shared/path.ts';
import { hostName, type HostName } from './facts/hostname.ts';

/** The name of the host. */
export default defineModule({
  summary: 'Give the host its name',
  description: 'Now and after a reboot. Lines in /etc/hosts are left alone.',
  args: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$', description: 'The name: letters, digits, hyphens, and dots between its parts.' }),
    use: Type.Optional(Type.String({ description: 'As in Ansible; makes no difference here.' })),
  }),
  returnValues: { name: 'the argument', ansible_facts: '`ansible_hostname`, `ansible_nodename`, `ansible_fqdn` and `ansible_domain` as they are now' },
  examples: `
- hostname: {name: "{{ inventory_hostname }}"}
`,
  subject: () => 'hostname',
  facts: () => ({ name: hostName }),
  *plan({ name }, now) {
    yield* rename(now.name, { current: name, permanent: name });
  },
  *revert(_given, now, before) {
    yield* rename(now.name, before.name);
  },
  returns({ name }) {
    const [hostname, ...domain] = name.split('.');
    return { name, ansible_facts: { ansible_hostname: hostname, ansible_nodename: name, ansible_fqdn: name, ansible_domain: domain.join('.') } };
  },
});

function* rename(from: HostName, to: HostName): Generator<Change> {
  const touches = ['hostname', 'host', fileDomain('/etc/hostname')];
  if (from.permanent !== to.permanent) {
    const write = to.permanent === undefined ? sh`rm -f /etc/hostname` : sh`printf '%s\\n' ${to.permanent} > /etc/hostname`;
    yield { action: 'update', subject: 'hostname after a reboot', from: from.permanent, to: to.permanent, commands: [write], touches };
  }
  if (from.current !== to.current) yield { action: 'update', subject: 'hostname', from: from.current, to: to.current, commands: [sh`hostname ${to.current}`], touches };
}
