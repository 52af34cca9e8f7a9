/** docs/language.md: the playbook language, from the tables that the loader and the template engine work with. */
import { keywords, type Keyword, type KeywordHolder, type KeywordType } from '../load/keywords.ts';
import { templateReference } from '../template/index.ts';
import { cell } from './markdown-page.ts';

export function languageDocs(): string {
  const { filters, tests, lookups, functions } = templateReference();
  return [
    introduction,
    keywordSection(),
    variableSection(),
    templates,
    section('Filters', "`value | name(…)`. A collection's full name, such as `ansible.utils.ipaddr`, means the same.", callTable(filters)),
    section('Tests', '`value is name(…)`, `value is not name(…)`.', callTable(tests)),
    section('Lookups', "`lookup('name', …)` gives one value, `query('name', …)` always a list, and `with_name:` on a task loops over it. They read files and run programs on this machine, not on the host.", callTable(lookups)),
    section('Functions', `${functions.map((name) => `\`${name}\``).join(', ')}.`, ''),
  ].join('\n');
}

const introduction = `<!-- Generated from src/load/keywords.ts and src/template/ by \`npm run docs\`. -->

# The playbook language

A playbook is a YAML list of plays. A play says which hosts (\`hosts\`) and what they should be like (\`roles\`, \`tasks\`). The language is
Ansible's; [where ctplay differs](coming-from-ansible.md) is a page of its own. Everything that can be known to be wrong without a
host is found before the first connection, and told with file, line and column: \`ctplay run --syntax-check\` does only that.

\`\`\`yaml
- name: Two routers
  hosts: routers
  become: true
  vars:
    bridge: br0
  tasks:
    - name: A bridge
      create_bridge:
        name: "{{ bridge }}"
        addresses: ["10.1.{{ number }}.1/24"]
      when: number is defined
      notify: the network changed
  handlers:
    - name: the network changed
      debug: {msg: "{{ bridge }} of {{ inventory_hostname }} is new"}
\`\`\`

What stands in the place of \`create_bridge\` is a [module](modules/README.md). \`ctplay schema\` prints a JSON schema for editors; a first line
\`# yaml-language-server: $schema=…\` uses it.
`;

function section(title: string, text: string, body: string): string {
  return `## ${title}\n\n${text}\n${body === '' ? '' : `\n${body}`}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map((row) => line(row.map(cell))).join('');
}

/** Parameters after the value that a filter or test works on. */
function callTable(signatures: Readonly<Record<string, string>>): string {
  return table(['name', 'parameters'], Object.entries(signatures).map(([name, parameters]) => [`\`${name}\``, parameters === '' ? '' : `\`${parameters}\``]));
}

const typeWords: Readonly<Record<KeywordType, string>> = {
  boolean: 'true or false',
  integer: 'integer',
  number: 'number',
  text: 'text',
  texts: 'list, or words with commas',
  name: 'word',
  list: 'list, or one value',
  mapping: 'mapping',
  conditions: 'condition, or a list of them',
  any: '',
  tasks: 'list of tasks',
};

const holderWords: readonly (readonly [KeywordHolder, string])[] = [['play', 'play'], ['block', 'block'], ['task', 'task'], ['handler', 'handler'], ['include', 'include_*'], ['import', 'import_*'], ['role', 'role']];

function keywordSection(): string {
  const known = keywords.filter(({ refused }) => refused === undefined);
  const where = ({ on }: Keyword): string => (on.length === holderWords.length ? 'everywhere' : holderWords.filter(([holder]) => on.includes(holder)).map(([, word]) => word).join(', '));
  const takes = ({ type, choices }: Keyword): string => (choices ? choices.map((choice) => `\`${choice}\``).join(', ') : typeWords[type]);
  const refused = keywords.flatMap(({ name, refused: instead }) => (instead === undefined ? [] : [[`\`${name}\``, instead]]));
  return `${section('Keywords', 'Values may be templates, except where a word or a list of tasks is expected. Inner keywords win over outer ones; `when`, `tags`, `vars` and `environment` add up.', table(['keyword', 'takes', 'stands on', ''], known.map((one) => [`\`${one.name}\``, takes(one), where(one), one.summary])))}
Refused, with what to do instead:

${table(['keyword', ''], refused)}`;
}

const precedence = [
  "defaults of the play's roles (`defaults/main.yml`), the task's own role last",
  "the inventory's variables of `all`, then of other groups, deeper ones and a higher `ansible_group_priority` later",
  "`group_vars/all`, then `group_vars/` of other groups, each beside the inventory, then beside the playbook",
  "the inventory's variables of the host, then `host_vars/`, beside the inventory, then beside the playbook",
  'facts of the host (`ansible_facts`, `ansible_*`)',
  "`vars` of the play, then answers to `vars_prompt`, then `vars_files`",
  "variables of the play's roles (`vars/main.yml`), the task's own role last",
  '`vars` of blocks, then of the task',
  '`include_vars`',
  '`set_fact`, and what tasks register',
  'parameters of the role, then of `include_*` tasks',
  "the variables below that ctplay sets itself",
  '`-e` on the command line',
  'variables of a loop',
];

/** Name → what it holds. */
const ownVariables: Readonly<Record<string, string>> = {
  inventory_hostname: "The host's name in the inventory; `inventory_hostname_short` without its domain.",
  groups: 'Group → its hosts.',
  group_names: 'The groups that the host is in.',
  hostvars: "Host → all its variables, as in `hostvars['host2'].ansible_host`.",
  vars: 'All variables by name.',
  ansible_facts: 'What was found on the host, without the prefix `ansible_`. Read when first used.',
  ansible_play_hosts: 'The hosts of the play that have not failed; `ansible_play_hosts_all` with those.',
  ansible_play_batch: 'The hosts of the batch (`serial`); also `play_hosts`.',
  ansible_play_name: "The play's name.",
  ansible_check_mode: 'Whether this is `--check`; `ansible_diff_mode`: `--diff`.',
  ansible_verbosity: 'How many `-v`.',
  ansible_forks: 'How many tasks may be under way at once.',
  ansible_run_tags: '`--tags`; `ansible_skip_tags`: `--skip-tags`.',
  ansible_limit: '`--limit`.',
  ansible_version: 'The version of the language that ctplay follows.',
  ansible_inventory_sources: 'The files and folders of the inventory.',
  playbook_dir: "The playbook's folder; `inventory_dir` and `inventory_file`: where the host is named.",
  ansible_config_file: 'The `ansible.cfg` that was read.',
  ansible_search_path: 'The folders in which files are looked up.',
  role_name: 'The role around the task; `ansible_role_name` with its collection, `ansible_collection_name` that alone, `role_path` its folder, `ansible_parent_role_names` the roles that included it.',
  ansible_play_role_names: 'The roles of the play; `ansible_dependent_role_names` those that they depend on, `ansible_role_names` both.',
  ansible_managed: 'In a template: the text for the top of a managed file. Also `template_host`, `template_uid`, `template_path`, `template_fullpath`, `template_mtime`, `template_run_date`.',
  item: "The loop's item, or what `loop_control.loop_var` calls it; `ansible_loop_var`, `ansible_index_var` name the variables.",
  ansible_loop: 'With `extended: true`: index, index0, first, last, length, revindex, revindex0, previtem, nextitem, allitems.',
  omit: 'As the value of an argument: leave the argument out.',
};

function variableSection(): string {
  return `${section('Variables', 'From the weakest to the strongest; of several values of one name the last in this list counts.', precedence.map((line, index) => `${index + 1}. ${line}\n`).join(''))}
Values may be templates over other variables, which are rendered when they are used. What comes from a host (facts, results) is never
read as a template. ctplay sets:

${table(['variable', ''], Object.entries(ownVariables).map(([name, text]) => [`\`${name}\``, text]))}`;
}

const templates = `## Templates

\`{{ expression }}\`, \`{% statement %}\` and \`{# comment #}\` are Jinja2's, with Python's operators and methods of text, lists and mappings.
\`when\`, \`until\`, \`changed_when\`, \`failed_when\` and \`assert\`'s \`that\` are expressions without braces.

- A value that is one template keeps its type: \`"{{ 1 + 1 }}"\` is a number where a module wants one, \`"{{ groups.web }}"\` a list.
- An undefined variable is an error that names it. \`{{ x | default('y') }}\` and \`x is defined\` deal with it.
- Files of the \`template\` module are text: blocks take their line breaks with them (\`trim_blocks\`), the line break at the end stays.
- \`!unsafe\` before a YAML value keeps braces in it as they are; \`!vault\` is an [encrypted](inventory.md#secrets) value.
`;
