/** docs/events.md, from the schema of the events. */
import { typeWords } from './argument-docs.ts';
import type { Schema } from '../load/bind/schema.ts';
import { eventTypes, sharedTypes } from '../report/event-schema.ts';
import { eventSchemaName } from '../report/json.ts';

const introduction = `<!-- Generated from src/report/event-schema.ts by \`npm run docs\`. -->

# Events

\`ctplay run --output json\` prints what happens as it happens: one JSON object a line on standard output, and nothing else there. Every
object has these fields:

| field | takes | |
| --- | --- | --- |
| \`schema\` | \`${eventSchemaName}\` | The number grows when a field is removed or changes its meaning. |
| \`time\` | number | Milliseconds since the epoch. |
| \`type\` | string | One of the types below. |

New types and new fields don't change the number: pass over what you don't know. [events.schema.json](events.schema.json) is the JSON schema of
a line; \`ctplay schema events\` prints it.

A run begins with \`run-start\` and ends with \`run-end\`. Between a host's \`task-start\` and \`task-end\` come no events of other tasks of that
host; the events of different hosts mix freely. To list what failed:

\`\`\`sh
ctplay run playbook.yaml -i hosts --output json | jq -r 'select(.type == "task-end" and .status == "failed") | "\\(.host): \\(.task.name): \\(.error.message)"'
\`\`\`
`;

export function eventDocs(): string {
  const section = (heading: string, description: string, fields: Fields): string => `${heading}\n\n${description}\n\n${['| field | takes | |', '| --- | --- | --- |', ...rows(fields, '')].join('\n')}\n`;
  return [
    introduction,
    ...Object.entries(eventTypes).map(([type, { description, fields }]) => section(`## ${type}`, description, fields as Fields)),
    '## Types of fields\n',
    ...(sharedTypes as unknown as readonly TitledSchema[]).map(({ title, description, properties }) => section(`### ${title}`, description ?? '', properties ?? {})),
  ].join('\n');
}

type Fields = Readonly<Record<string, Schema>>;
type TitledSchema = Schema & { readonly title: string };

function rows(fields: Fields, holder: string): string[] {
  return Object.entries(fields).flatMap(([name, schema]) => {
    const inner = 'title' in schema ? {} : (schema.properties ?? {});
    // TypeBox marks what it leaves out of `required`.
    const row = `| \`${holder}${name}\` | ${words(schema)}${'~optional' in schema ? ', optional' : ''} | ${'title' in schema ? '' : (schema.description ?? '')} |`;
    return [row, ...rows(inner, `${holder}${name}.`)];
  });
}

function words(schema: Schema): string {
  if ('title' in schema) return `[${String(schema.title)}](#${String(schema.title)})`;
  if (schema.items && 'title' in schema.items) return `list of ${words(schema.items)}`;
  const values = schema.patternProperties && Object.values(schema.patternProperties)[0];
  if (values && 'title' in values) return `mapping to ${words(values)}`;
  return typeWords(schema).replaceAll('|', '\\|');
}
