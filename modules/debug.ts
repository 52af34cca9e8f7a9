import { Type } from 'typebox';
import { CtplayError } from '../src/errors.ts';
import { defineAction } from '../src/module.ts';

/** A message or a variable, shown. */
export default defineAction({
  summary: 'Show a message or a variable',
  args: Type.Object({
    msg: Type.Optional(Type.Unsafe<unknown>({ description: 'What to show: a text, or any value. `Hello world!` when neither `msg` nor `var` is given.' })),
    var: Type.Optional(Type.Unsafe<unknown>({ raw: true, description: 'A variable, or an expression without braces, whose value to show.' })),
    verbosity: Type.Integer({ default: 0, minimum: 0, description: 'Show it only with at least so many `-v`.' }),
  }),
  returnValues: { msg: 'the message', VAR: 'with `var`: the value, under the name of the variable' },
  examples: `
- debug: {msg: "The tunnel of {{ inventory_hostname }} ends at {{ remote }}"}
- debug: {var: ansible_default_ipv4.address}
`,
  *validate({ msg, var: variable }) {
    if (msg !== undefined && variable !== undefined) yield { path: ['var'], message: 'msg and var exclude each other' };
  },
  run({ msg, var: variable, verbosity }, context) {
    if (context.verbosity < verbosity) return { skipped: true, values: { skipped_reason: 'Verbosity threshold not met.' } };
    if (variable === undefined) return { values: { msg: msg ?? 'Hello world!' } };
    const name = typeof variable === 'string' ? variable : JSON.stringify(variable);
    return { values: { [name]: typeof variable === 'string' ? valueOf(variable, context) : context.render(variable) } };
  },
});

/** The value, or Ansible's words when there is none: looking is no failure. */
function valueOf(expression: string, context: { evaluate(expression: string): unknown; render(value: unknown): unknown }): unknown {
  try {
    return /\{\{|\{%/.test(expression) ? context.render(expression) : context.evaluate(expression);
  } catch (error) {
    if (error instanceof CtplayError && error.code === 'template.undefined') return 'VARIABLE IS NOT DEFINED!';
    throw error;
  }
}
