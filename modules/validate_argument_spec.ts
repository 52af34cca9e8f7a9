import { Type } from 'typebox';
import { defineAction } from '../src/module.ts';
import { argumentProblems, type OptionSpec } from './shared/argument-spec.ts';

/** A role's arguments. Roles with meta/argument_specs.yml begin with a task of this module. */
export default defineAction({
  summary: 'Check variables against an argument specification',
  args: Type.Object({
    argument_spec: Type.Unsafe<Readonly<Record<string, OptionSpec>>>({
      type: 'object',
      additionalProperties: true,
      description: 'Name → `type`, `required`, `default`, `choices`, `elements`, `options`, as in meta/argument_specs.yml of a role.',
    }),
    validate_args_context: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'What the arguments are of, to be told in the result.' })),
    provided_arguments: Type.Record(Type.String(), Type.Unknown(), { default: {}, description: 'Name → value: what is checked.' }),
  }),
  examples: `
- validate_argument_spec:
    argument_spec:
      mtu: {type: int, required: true}
    provided_arguments:
      mtu: "{{ mtu }}"
`,
  run({ argument_spec, provided_arguments, validate_args_context: context = {} }) {
    const errors = argumentProblems(argument_spec, provided_arguments);
    if (errors.length === 0) return { message: 'The arg spec validation passed', values: { msg: 'The arg spec validation passed', validate_args_context: context } };
    return { failed: true, message: `Validation of arguments failed: ${errors.join('; ')}`, values: { argument_errors: errors, argument_spec_data: argument_spec, validate_args_context: context } };
  },
});
