import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { ledgerArguments, visibleArguments } from '../../../src/engine/redact.ts';
import { defineModule } from '../../../src/module.ts';

const module = defineModule({
  summary: 'test',
  args: Type.Object({
    name: Type.String(),
    password: Type.String({ secret: true }),
    text: Type.String(),
    content: Type.String({ unrecorded: true }),
    force: Type.Boolean(),
    state: Type.Union([Type.Literal('present'), Type.Literal('absent')], { default: 'present' }),
  }),
  subject: (args) => `thing ${args.name}`,
  facts: () => ({}),
  *plan() {},
});
const args = { name: 'web', password: 'hunter2', text: 'hunter2 too', content: 'long', force: true, state: 'present' };

describe('secrets', () => {
  it('are not shown, nor what is as it is by default', () => {
    expect(visibleArguments(module, args)).toEqual({ name: 'web', password: '***', text: 'hunter2 too', content: 'long', force: true });
  });
  it('never enter the ledger, nor what is not worth keeping', () => {
    expect(ledgerArguments(module, args, false)).toEqual({ name: 'web', text: 'hunter2 too', force: true, state: 'present' });
  });
  it('of a no_log task are whatever is neither a switch, nor a choice, nor the name of the subject', () => {
    expect(ledgerArguments(module, args, true)).toEqual({ name: 'web', force: true, state: 'present' });
  });
});
