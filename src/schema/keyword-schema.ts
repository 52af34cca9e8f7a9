/** The schemas of keywords' values: from the keyword table, more exact where the language is. */
import type { Keyword, KeywordType } from '../load/keywords.ts';
import { relaxed, template, type JsonSchema } from './relaxed.ts';

const scalar: JsonSchema = { $ref: '#/definitions/text' };
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const entries: JsonSchema = { $ref: '#/definitions/entries' };
const handlers: JsonSchema = { $ref: '#/definitions/handlers' };

const byType: Readonly<Record<KeywordType, readonly JsonSchema[] | undefined>> = {
  boolean: anyOfRelaxed('boolean'),
  integer: anyOfRelaxed('integer'),
  number: anyOfRelaxed('number'),
  text: [scalar],
  texts: [scalar, listOf(scalar)],
  name: [{ type: 'string' }],
  list: undefined,
  mapping: [{ type: 'object' }],
  conditions: [scalar, listOf(scalar)],
  any: undefined,
  tasks: [entries],
};

function anyOfRelaxed(type: 'boolean' | 'integer' | 'number'): readonly JsonSchema[] {
  return relaxed({ type })['anyOf'] as JsonSchema[];
}

const exact: Readonly<Record<string, readonly JsonSchema[]>> = {
  hosts: [scalar, listOf(scalar)],
  handlers: [handlers],
  roles: [{ type: ['array', 'null'], items: { $ref: '#/definitions/role' } }],
  register: [{ type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }],
  strategy: [{ enum: ['free', 'linear'] }],
  order: [{ enum: ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle'] }],
  loop: [{ type: 'array' }, template],
  loop_control: [
    {
      type: 'object',
      properties: {
        loop_var: described('The name of the variable that holds the item; `item` by default.', { type: 'string' }),
        index_var: described('A variable that counts the items from 0.', { type: 'string' }),
        label: described('What is shown for the item.', {}),
        pause: described('Seconds between two items.', { anyOf: anyOfRelaxed('number') }),
        extended: described('Give `ansible_loop` with first, last, length and the like.', { anyOf: anyOfRelaxed('boolean') }),
      },
      additionalProperties: false,
    },
  ],
  vars_files: [scalar, listOf({ anyOf: [scalar, listOf(scalar)] })],
  vars_prompt: [
    listOf({
      type: 'object',
      required: ['name'],
      properties: {
        name: described('The variable.', { type: 'string' }),
        prompt: described('What the person is asked.', { type: 'string' }),
        default: described('What an empty answer means.', {}),
        private: described('Don’t show what is typed; the default.', { anyOf: anyOfRelaxed('boolean') }),
        confirm: described('Ask twice.', { anyOf: anyOfRelaxed('boolean') }),
      },
    }),
  ],
  serial: [{ type: ['integer', 'string'] }, listOf({ type: ['integer', 'string'] })],
  environment: [{ type: 'object' }, { type: 'array' }, template],
  module_defaults: [{ type: 'object' }, listOf({ type: 'object' })],
  args: [{ type: 'object' }, template],
  action: [{ type: 'string' }, { type: 'object', required: ['module'] }],
  local_action: [{ type: 'string' }, { type: 'object', required: ['module'] }],
  notify: [scalar, listOf(scalar)],
  listen: [scalar, listOf(scalar)],
  become_method: [{ enum: ['sudo', 'su'] }, template],
};

function described(description: string, schema: JsonSchema): JsonSchema {
  return { description, ...schema };
}

/** A keyword's schema, with its description for the editor. Nothing (`tags:`) is the same as leaving it out. */
export function keywordSchema(keyword: Keyword): JsonSchema {
  const branches = exact[keyword.name] ?? byType[keyword.type];
  if (branches === undefined) return { description: keyword.summary };
  // Without an `anyOf` around them, an editor reports what is wrong with a task and not that it is not null.
  if (keyword.type === 'tasks') return described(keyword.summary, branches[0]!);
  return described(keyword.summary, { anyOf: [...branches, { type: 'null' }] });
}
