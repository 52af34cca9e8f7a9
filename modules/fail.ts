import { Type } from 'typebox';
import { defineAction } from '../src/module.ts';

/** A failure on purpose. */
export default defineAction({
  summary: 'Fail with a message',
  args: Type.Object({ msg: Type.String({ default: 'Failed as requested from task', description: 'Why, for the person who reads it.' }) }),
  returnValues: { msg: 'the message' },
  examples: `
- fail: {msg: "{{ inventory_hostname }} has no underlay address"}
  when: underlay_address is not defined
`,
  run: ({ msg }) => ({ failed: true, message: msg }),
});
