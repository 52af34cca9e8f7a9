import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import type { Schema } from '../../../src/load/bind/schema.ts';
import { defineAction, defineModule } from '../../../src/module.ts';
import { sh } from '../../../src/shell.ts';
import { argumentDocs, typeWords } from '../../../src/schema/argument-docs.ts';
import { markdownIndex, markdownPage } from '../../../src/schema/markdown-page.ts';
import { modulePage } from '../../../src/schema/module-page.ts';
import { moduleList, terminalPage } from '../../../src/schema/terminal-page.ts';

describe('what an argument takes', () => {
  it.each<[string, unknown]>([
    ['string', Type.String()],
    ['integer from 1 to 4094', Type.Integer({ minimum: 1, maximum: 4094 })],
    ['integer of at least 0', Type.Integer({ minimum: 0 })],
    ['number of at most 2', Type.Number({ maximum: 2 })],
    ['number above 0', Type.Number({ exclusiveMinimum: 0 })],
    ['linux | ovs', Type.Enum(['linux', 'ovs'])],
    ['linux | ovs', Type.Union([Type.Literal('linux'), Type.Literal('ovs')])],
    ['list of strings', Type.Array(Type.String())],
    ['list of strings or mappings', Type.Array(Type.Union([Type.String(), Type.Object({})]))],
    ['string or list of strings', Type.Union([Type.String(), Type.Array(Type.String())])],
    ['string or integer', { type: ['string', 'integer'] }],
    ['mapping', Type.Record(Type.String(), Type.String())],
    ['any value', Type.Unknown()],
    ['address with prefix length', Type.String({ pattern: '/', expects: 'an address with prefix length' })],
  ])('%s', (words, schema) => expect(typeWords(schema as Schema)).toBe(words));
});

const args = Type.Object({
  mtu: Type.Optional(Type.Integer({ minimum: 68, maximum: 65535, description: 'The largest packet, `eth0` has it too.' })),
  ports: Type.Array(Type.Object({ name: Type.String({ description: 'The port.' }), tag: Type.Optional(Type.Integer({ description: 'Its VLAN.' })) }), { default: [], description: 'What to plug in.' }),
  name: Type.String({ description: 'The bridge.', aliases: ['bridge', 'dev'] }),
  key: Type.Optional(Type.String({ description: 'A|B.', secret: true })),
});

it('lists required arguments first, and what has a default as not required', () => {
  expect(argumentDocs(args as Schema).map(({ name, required, children }) => [name, required, children.map((child) => [child.name, child.required])])).toEqual([
    ['name', true, []],
    ['mtu', false, []],
    ['ports', false, [['name', true], ['tag', false]]],
    ['key', false, []],
  ]);
});

const bridge = defineModule({
  summary: 'Make a bridge',
  description: 'Makes it.\n\nOr mends it.',
  args,
  examples: '\n- create_bridge:\n    name: br0\n',
  returnValues: { mtu: 'What the kernel says.' },
  refuses: { vlan: 'Use `tag`.', trunk: 'Use `tag`.' },
  subject: () => 'x',
  facts: () => ({}),
  *plan() {},
  *revert() {},
});

it('is a page for a terminal', () => {
  expect(terminalPage(modulePage('create_bridge', bridge), { columns: 50, color: false })).toBe(
    `create_bridge  Make a bridge

DESCRIPTION
  Makes it.

  Or mends it.

ARGUMENTS
  name  (string, required, also bridge, dev)
      The bridge.
  mtu  (integer from 68 to 65535)
      The largest packet, \`eth0\` has it too.
  ports  (list of mappings, default [])
      What to plug in.
      name  (string, required)
          The port.
      tag  (integer)
          Its VLAN.
  key  (string, never shown)
      A|B.

NOT TAKEN FROM ANSIBLE
  vlan, trunk
      Use \`tag\`.

BEHAVIOUR
  a second run  changes nothing
  check mode    shows what would change
  reset         puts back what was there before

RETURN VALUES
  mtu
      What the kernel says.

EXAMPLES
  - create_bridge:
      name: br0
`,
  );
});

it.each([40, 60, 100])('keeps within %i columns', (columns) => {
  for (const line of terminalPage(modulePage('create_bridge', bridge), { columns, color: false }).split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
});

it('colors code in place of its quotes', () => expect(terminalPage(modulePage('create_bridge', bridge), { columns: 80, color: true })).toContain('\x1b[36meth0\x1b[39m'));

it('is a page of Markdown', () => {
  expect(markdownPage(modulePage('create_bridge', bridge))).toBe(`<!-- Generated from modules/create_bridge.ts by \`npm run docs\`. -->

# create_bridge

Make a bridge.

Makes it.

Or mends it.

## Arguments

| argument | takes | default | |
| --- | --- | --- | --- |
| \`name\` | string | **required** | The bridge. Also: \`bridge\`, \`dev\`. |
| \`mtu\` | integer from 68 to 65535 |  | The largest packet, \`eth0\` has it too. |
| \`ports\` | list of mappings | \`[]\` | What to plug in. |
| \`ports.name\` | string | **required** | The port. |
| \`ports.tag\` | integer |  | Its VLAN. |
| \`key\` | string |  | A\\|B. Never shown. |

## Not taken from Ansible

- \`vlan\`, \`trunk\`: Use \`tag\`.

## Behaviour

- **a second run**: changes nothing
- **check mode**: shows what would change
- **reset**: puts back what was there before

## Return values

- \`mtu\`: What the kernel says.

## Examples

\`\`\`yaml
- create_bridge:
    name: br0
\`\`\`
`);
});

it('says what a module without a plan or a way back does', () => {
  const command = defineModule({ summary: 's', args: Type.Object({}), declarative: false, freeForm: 'cmd', subject: () => 'x', facts: () => ({}), *plan() { yield { action: 'run' as const, subject: 'x', commands: [sh`true`] }; } });
  expect(terminalPage(modulePage('command', command), { columns: 80, color: false })).toMatch(/A bare string sets `cmd`\.[^]*runs it again, unless a guard[^]*shows that it would run[^]*leaves what it did/);
  const debug = defineAction({ summary: 's', args: Type.Object({}), run: () => ({}) });
  expect(terminalPage(modulePage('debug', debug), { columns: 80, color: false })).toContain('on the machine that ctplay runs on');
});

it('lists modules', () => {
  expect(moduleList([['ping', 'Check that the host answers and its shell works'], ['create_bridge', 'Make a bridge']], { columns: 40, color: false })).toBe('ping           Check that the host answ…\ncreate_bridge  Make a bridge\n');
  expect(markdownIndex([['ping', 'A | B']])).toContain('| [ping](ping.md) | A \\| B |\n');
});
