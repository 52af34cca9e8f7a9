import { Type } from 'typebox';
import { defineModule, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';

interface ServiceFact {
  readonly name: string;
  readonly state: string;
  readonly status: string;
  readonly source: 'systemd' | 'sysv';
}

/** Every service by name: systemctl(1), or service(8) where systemd doesn't run. */
const allServices: Fact<Readonly<Record<string, ServiceFact>>> = {
  kind: 'services',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL
if [ -d /run/systemd/system ]; then systemctl list-unit-files --no-pager --no-legend --type service | sed 's/^/file /'; systemctl list-units --no-pager --no-legend --plain --type service --all | sed 's/^/unit /'
else service --status-all 2>/dev/null | sed 's/^/sysv /'; fi; :`,
  domains: ['service'],
  parse: ({ stdout }) => parseServices(stdout),
};

/** From the three listings, whose lines carry their kind in front. */
export function parseServices(text: string): Record<string, ServiceFact> {
  const services: Record<string, ServiceFact> = {};
  for (const line of text.split('\n')) {
    const [kind, first, second, active, sub] = line.trim().split(/\s+/);
    if (kind === 'file' && first !== undefined) services[first] = { name: first, state: 'inactive', status: second ?? 'unknown', source: 'systemd' };
    if (kind === 'unit' && first !== undefined) {
      const state = sub === 'running' ? 'running' : active === 'failed' ? 'failed' : active === 'active' ? (sub === 'exited' ? 'stopped' : 'active') : 'stopped';
      services[first] = { name: first, state, status: second === 'not-found' ? 'not-found' : (services[first]?.status ?? 'static'), source: 'systemd' };
    }
    const [, mark, name] = /^sysv\s+\[ ([-+?]) \]\s+(\S+)/.exec(line) ?? [];
    if (name !== undefined) services[name] = { name, state: mark === '+' ? 'running' : 'stopped', status: 'unknown', source: 'sysv' };
  }
  return services;
}

/** The services as facts. */
export default defineModule({
  summary: 'Read the services into `ansible_facts.services`',
  args: Type.Object({}),
  returnValues: { ansible_facts: '`services`: name → `name`, `state` (running, stopped, active, failed, inactive), `status` (enabled, disabled, static, …), `source`' },
  examples: `
- service_facts:
- debug: {msg: Docker runs}
  when: ansible_facts.services['docker.service'].state == 'running'
`,
  subject: () => 'services',
  facts: () => ({ services: allServices }),
  *plan() {},
  returns: (_args, { now }) => ({ ansible_facts: { services: now.services } }),
});
