/** Schemas of what stands where a module stands and steers the run itself: imports, includes, meta. */
import type { JsonSchema } from './relaxed.ts';

const text = (description: string): JsonSchema => ({ type: 'string', description });
const flag = (description: string): JsonSchema => ({ description, anyOf: [{ type: 'boolean' }, { type: 'string' }] });
const apply: JsonSchema = { type: 'object', description: 'Keywords for each of the included tasks.' };

const tasks = {
  file: text('The file, relative to this one or to the role’s tasks.'),
  apply,
};

const role = {
  name: text('The role.'),
  role: text('The same as `name`.'),
  tasks_from: text('A file of the role’s tasks instead of main.'),
  vars_from: text('A file of the role’s vars instead of main.'),
  defaults_from: text('A file of the role’s defaults instead of main.'),
  handlers_from: text('A file of the role’s handlers instead of main.'),
  apply,
  public: flag('The role’s variables stay after it.'),
  allow_duplicates: flag('Run it even where it has run with the same parameters.'),
  rolespec_validate: flag('Check the parameters by the role’s argument specification.'),
};

function statement(description: string, properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema {
  return { description, anyOf: [{ type: 'string' }, { type: 'object', properties, additionalProperties: false, anyOf: required.map((name) => ({ required: [name] })) }] };
}

export const statementSchemas: Readonly<Record<string, JsonSchema>> = {
  include_tasks: statement('Tasks from a file, read when they are reached.', tasks, ['file']),
  import_tasks: statement('Tasks from a file, spliced in when the playbook is read.', tasks, ['file']),
  include_role: statement('A role, read when it is reached.', role, ['name', 'role']),
  import_role: statement('A role, spliced in when the playbook is read.', role, ['name', 'role']),
  meta: {
    description: 'Steers the run itself.',
    enum: ['flush_handlers', 'end_play', 'end_host', 'end_batch', 'clear_facts', 'clear_host_errors', 'refresh_inventory', 'reset_connection', 'noop'],
  },
};
