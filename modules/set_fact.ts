import { Type } from 'typebox';
import { CtplayError } from '../src/errors.ts';
import { defineAction } from '../src/module.ts';

/** Variables of a host, for the rest of the run. */
export default defineAction({
  summary: 'Set variables of the host',
  description: 'They hold for the rest of the run and win over nearly all others. Each argument but `cacheable` is a variable.',
  args: Type.Object(
    { cacheable: Type.Boolean({ default: false, description: 'As in Ansible; without a fact cache it makes no difference.' }) },
    { additionalProperties: true },
  ),
  returnValues: { ansible_facts: 'the variables' },
  examples: `
- set_fact:
    bridge: br0
    peers: "{{ groups.lab | difference([inventory_hostname]) }}"
`,
  *validate(given) {
    const names = Object.keys(given).filter((name) => name !== 'cacheable');
    if (names.length === 0) yield { path: [], message: 'set_fact needs at least one variable', hint: 'Write set_fact: {name: value}.' };
    for (const name of names.filter((candidate) => !isTemplate(candidate) && !isName(candidate))) {
      yield { path: [name], message: `'${name}' is no name of a variable`, hint: 'Names have letters, digits and underscores, and start with no digit.' };
    }
  },
  run({ cacheable: _cacheable, ...facts }) {
    const wrong = Object.keys(facts).find((name) => !isName(name));
    if (wrong !== undefined) throw new CtplayError('args.value', `'${wrong}' is no name of a variable`, { hint: 'Names have letters, digits and underscores, and start with no digit.' });
    return { facts: Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, booleanWord(value)])) };
  },
});

const isName = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name);
const isTemplate = (name: string): boolean => name.includes('{{');

/** As Ansible: a text that is one of YAML's words for true or false becomes one. */
function booleanWord(value: unknown): unknown {
  if (typeof value !== 'string' || !/^(true|false|yes|no)$/i.test(value)) return value;
  return /^(true|yes)$/i.test(value);
}
