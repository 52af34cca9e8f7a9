/** The JSON schema (draft-07) of playbooks and task files, for editors such as those with yaml-language-server. */
import type { Schema } from '../load/bind/schema.ts';
import { keywordsOf, type KeywordHolder } from '../load/keywords.ts';
import { collections, type AnyModule } from '../registry.ts';
import { argumentsSchema, template, valueDefinitions, type JsonSchema } from './relaxed.ts';
import { keywordSchema } from './keyword-schema.ts';
import { statementSchemas } from './statement-schema.ts';

export type NamedModules = readonly (readonly [name: string, module: AnyModule])[];

/** A schema as it is written into a file. */
export function schemaText(schema: object): string {
  return `${JSON.stringify(schema, null, 1)}\n`;
}

/** The schema of a playbook, or of a file of tasks (a role's tasks/main.yaml, a file for include_tasks). */
export function playbookSchema(what: 'playbook' | 'tasks', modules: NamedModules): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: what === 'playbook' ? 'ctplay playbook' : 'ctplay tasks',
    ...(what === 'playbook' ? { type: 'array', items: playOrImport } : { $ref: '#/definitions/entries' }),
    definitions: { ...languageDefinitions(modules), ...Object.fromEntries(modules.map(([name, module]) => [moduleDefinition(name), argumentsSchema(module.args as Schema, module)])) },
  };
}

// `if` instead of `anyOf`, so that an editor reports what is wrong with a play and not that it is no import either.
const playOrImport: JsonSchema = {
  if: { anyOf: [{ required: ['import_playbook'] }, { required: ['ansible.builtin.import_playbook'] }] },
  then: { $ref: '#/definitions/import_playbook' },
  else: { $ref: '#/definitions/play' },
};

function languageDefinitions(modules: NamedModules): Record<string, JsonSchema> {
  const entryList = (task: string, block: string): JsonSchema => ({
    type: ['array', 'null'],
    items: { if: { required: ['block'] }, then: { $ref: `#/definitions/${block}` }, else: { $ref: `#/definitions/${task}` } },
  });
  const path: JsonSchema = { description: 'The playbook, relative to this one.', type: 'string' };
  return {
    ...valueDefinitions,
    play: { type: 'object', required: ['hosts'], properties: { ...keywordProperties('play'), import_playbook: path }, additionalProperties: false },
    import_playbook: {
      type: 'object',
      properties: { import_playbook: path, 'ansible.builtin.import_playbook': path, ...pick(keywordProperties('import'), ['name', 'when', 'tags', 'vars']) },
      additionalProperties: false,
    },
    entries: { description: 'Tasks, blocks and includes.', ...entryList('task', 'block') },
    handlers: { description: 'Tasks that run when notified.', ...entryList('handler', 'handler_block') },
    block: { type: 'object', properties: keywordProperties('block'), additionalProperties: false },
    handler_block: { type: 'object', properties: { ...keywordProperties('block'), ...handlerLists }, additionalProperties: false },
    task: taskSchema('task', modules),
    handler: taskSchema('handler', modules),
    role: {
      anyOf: [
        { type: 'string', description: 'The name of a role.' },
        { type: 'object', description: 'A role; what is no keyword is a parameter.', properties: { role: { type: 'string', description: 'The name of the role.' }, ...keywordProperties('role') }, anyOf: [{ required: ['role'] }, { required: ['name'] }] },
      ],
    },
  };
}

const handlerLists: Readonly<Record<string, JsonSchema>> = Object.fromEntries(['block', 'rescue', 'always'].map((name) => [name, { $ref: '#/definitions/handlers' }]));

function taskSchema(holder: 'task' | 'handler', modules: NamedModules): JsonSchema {
  const reference = (name: string): JsonSchema => ({ $ref: `#/definitions/${moduleDefinition(name)}` });
  const prefixes = collections.map((prefix) => prefix.replaceAll('.', '\\.')).join('|');
  return {
    type: 'object',
    properties: {
      ...keywordProperties(holder),
      ...Object.fromEntries(modules.map(([name]) => [name, reference(name)])),
      ...statementSchemas,
      // Never reached with a block in it; here for the editor to offer.
      block: keywordProperties('block')['block'],
    },
    patternProperties: {
      '^with_[a-z_.]+$': { description: 'A loop over what a lookup of this name gives.', anyOf: [{ type: ['array', 'object', 'string', 'number', 'null'] }, template] },
      ...Object.fromEntries(modules.map(([name]) => [`^(?:${prefixes})${name}$`, reference(name)])),
      ...Object.fromEntries(Object.entries(statementSchemas).map(([name, schema]) => [`^ansible\\.builtin\\.${name}$`, schema])),
    },
    additionalProperties: false,
  };
}

/** Keywords that are refused are left out, so that the editor marks them. */
function keywordProperties(holder: KeywordHolder): Record<string, JsonSchema> {
  return Object.fromEntries([...keywordsOf(holder)].filter(([, keyword]) => keyword.refused === undefined).map(([name, keyword]) => [name, keywordSchema(keyword)]));
}

function pick(schemas: Readonly<Record<string, JsonSchema>>, names: readonly string[]): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.includes(name)));
}

function moduleDefinition(name: string): string {
  return `module.${name}`;
}
