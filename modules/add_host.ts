import { Type } from 'typebox';
import { defineAction } from '../src/module.ts';

/** A host for the plays that follow. */
export default defineAction({
  summary: 'Add a host to the inventory of this run',
  description: 'Every further argument is a variable of the host.',
  args: Type.Object(
    {
      name: Type.String({ minLength: 1, aliases: ['hostname', 'host'], description: 'The name; `name:port` sets `ansible_port`, too.' }),
      groups: Type.Optional(Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], aliases: ['group', 'groupname'], description: 'The groups it is in: a list, or names separated by commas.' })),
    },
    { additionalProperties: true },
  ),
  returnValues: { add_host: '`host_name`, `groups` and `host_vars` of the new host' },
  examples: `
- add_host: {name: "{{ new_address }}", groups: [lab], underlay_address: 10.0.0.9}
`,
  run({ name, groups, ...variables }) {
    const [, host, port] = /^(.*?[^:]|\[[^\]]+\])(?::(\d+))?$/.exec(name) ?? [undefined, name, undefined];
    const list = [groups ?? []].flat().flatMap((group) => String(group).split(',')).map((group) => group.trim());
    const added = { name: host!.replace(/^\[(.*)\]$/, '$1'), groups: list.filter((group) => group !== ''), variables: { ...variables, ...(port === undefined ? {} : { ansible_port: Number(port) }) } };
    return { changed: true, addHost: added, values: { add_host: { host_name: added.name, groups: added.groups, host_vars: added.variables } } };
  },
});
