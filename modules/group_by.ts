import { Type } from 'typebox';
import { defineAction } from '../src/module.ts';

/** A group that is made of what hosts have in common. */
export default defineAction({
  summary: 'Put the host into a group named by a value',
  args: Type.Object({
    key: Type.String({ minLength: 1, description: 'The name of the group; blanks become hyphens.' }),
    parents: Type.Optional(Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], description: 'Groups that the group is in; `all` when left out.' })),
  }),
  returnValues: { add_group: 'the name of the group', parent_groups: 'the groups it is in' },
  examples: `
- group_by: {key: "os_{{ ansible_distribution }}"}
`,
  run({ key, parents }) {
    const name = key.replaceAll(' ', '-');
    const above = [parents ?? 'all'].flat().map((parent) => parent.replaceAll(' ', '-'));
    return { changed: true, addGroups: [{ name, parents: above }], values: { add_group: name, parent_groups: above } };
  },
});
