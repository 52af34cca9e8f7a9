import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { hostFacts } from './facts/host.ts';
import { globToRegExp } from './shared/glob.ts';

const args = Type.Object({
  filter: Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], default: '*', description: 'Patterns of names with `*` and `?`; only facts that match one are returned.' }),
  gather_subset: Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], default: 'all', description: 'As in Ansible; here all facts are read in one go, so it makes no difference.' }),
  gather_timeout: Type.Integer({ default: 10, description: 'As in Ansible; makes no difference here.' }),
});

/** The facts of the host, now. */
export default defineModule({
  summary: 'Read the facts of the host',
  description: 'Facts are read by themselves when a template first uses one; this reads them again, or shows them.',
  args: args,
  refuses: { fact_path: 'Facts of the host itself are read from /etc/ansible/facts.d.' },
  returnValues: { ansible_facts: 'the facts, with `ansible_` in front of their names' },
  examples: `
- setup: {filter: ansible_default_ipv4}
  register: facts
`,
  subject: () => 'facts',
  facts: () => ({ host: hostFacts }),
  *plan() {},
  returns({ filter }, { now }) {
    const patterns = [filter].flat().filter((pattern) => pattern !== '').map(globToRegExp);
    const named = Object.entries(now.host).map(([name, value]): [string, unknown] => [name === 'gather_subset' || name === 'module_setup' ? name : `ansible_${name}`, value]);
    const chosen = named.filter(([name]) => patterns.length === 0 || patterns.some((pattern) => pattern.test(name) || pattern.test(name.replace(/^ansible_/, ''))));
    return { ansible_facts: Object.fromEntries(chosen) };
  },
});
