import { Type } from 'typebox';
import { defineAction } from '../src/module.ts';

/** Conditions that must hold. */
export default defineAction({
  summary: 'Fail unless conditions hold',
  args: Type.Object({
    that: Type.Unsafe<string | boolean | readonly (string | boolean)[]>({
      type: ['array', 'string', 'boolean'],
      raw: true,
      description: 'One condition, or a list of them, as in `when`.',
    }),
    fail_msg: Type.Optional(Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], aliases: ['msg'], description: 'What to say when one does not hold.' })),
    success_msg: Type.Optional(Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], description: 'What to say when all hold.' })),
    quiet: Type.Boolean({ default: false, description: 'Say nothing of each condition.' }),
  }),
  returnValues: { msg: 'what was said', assertion: 'the condition that does not hold', evaluated_to: 'as in Ansible: false' },
  examples: `
- assert:
    that:
      - ansible_distribution == 'Debian'
      - mtu | int <= 1462
    fail_msg: The lab needs Debian and room for GRE
`,
  run({ that, fail_msg, success_msg, quiet }, context) {
    const conditions = [that].flat();
    const broken = conditions.find((condition) => !context.condition(condition));
    if (broken !== undefined) {
      return { failed: true, message: said(fail_msg) ?? `Assertion failed: ${String(broken)}`, values: { assertion: broken, evaluated_to: false, msg: fail_msg ?? 'Assertion failed' } };
    }
    const msg = success_msg ?? 'All assertions passed';
    return { message: said(msg)!, values: quiet ? {} : { msg } };
  },
});

function said(message: string | readonly string[] | undefined): string | undefined {
  return message === undefined || typeof message === 'string' ? message : message.join('\n');
}
