/** Everything wrong that a person may type into a playbook or role: the code, the words, the place. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CtplayErrors, type CtplayError } from '../../../src/errors.ts';
import { loadPlaybook } from '../../../src/load/playbook.ts';
import { Registry } from '../../../src/registry.ts';
import { folderWith } from './files.ts';

const registry = new Registry();

async function errorsOf(playbook: string, files: Readonly<Record<string, string>> = {}): Promise<readonly CtplayError[]> {
  const folder = folderWith({ 'site.yaml': playbook, ...files });
  try {
    await loadPlaybook(path.join(folder, 'site.yaml'), { registry });
  } catch (error) {
    if (error instanceof CtplayErrors) return error.errors;
    throw error;
  }
  throw new Error('no error was found');
}

interface Expected {
  readonly code: string;
  readonly message: string | RegExp;
  /** `file:line:column`. */
  readonly at: string;
  readonly hint?: RegExp;
  readonly expected?: RegExp;
  readonly found?: RegExp;
}

function expectError(error: CtplayError | undefined, { code, message, at, hint, expected, found }: Expected): void {
  const { span } = error!.details;
  expect({ code: error!.code, at: span && `${path.basename(span.file)}:${span.line}:${span.column}` }).toEqual({ code, at });
  if (typeof message === 'string') expect(error!.message).toBe(message);
  else expect(error!.message).toMatch(message);
  if (hint) expect(error!.details.hint).toMatch(hint);
  if (expected) expect(error!.details.expected).toMatch(expected);
  if (found) expect(error!.details.found).toMatch(found);
}

const structure = 'playbook.structure';

describe('playbooks and plays', () => {
  it.each<[string, string, Expected]>([
    ['no list', 'hosts: all\ntasks: []\n', { code: structure, message: 'a playbook must be a list of plays', at: 'site.yaml:1:1', hint: /Put '- ' before 'hosts'/ }],
    ['nothing', '# nothing\n', { code: structure, message: 'a playbook must be a list of plays', at: 'site.yaml:1:1', found: /an empty file/ }],
    ['no mapping', '- all\n', { code: structure, message: 'a play must be a mapping', at: 'site.yaml:1:3' }],
    ['no hosts', '- tasks: []\n', { code: structure, message: "the play has no 'hosts'", at: 'site.yaml:1:3', hint: /hosts: all/ }],
    ['empty hosts', '- hosts:\n  tasks: []\n', { code: structure, message: "'hosts' must say which hosts", at: 'site.yaml:1:3', found: /nothing/ }],
    ['hosts of hosts', '- hosts: [a, {b: c}]\n', { code: structure, message: "'hosts' must say which hosts", at: 'site.yaml:1:14', found: /a mapping/ }],
    ['a typing error in the only key', '- host: all\n', { code: structure, message: 'this is no play', at: 'site.yaml:1:3', hint: /Did you mean 'hosts'/ }],
    ['a task in place of a play', '- ping:\n', { code: structure, message: 'this is no play', at: 'site.yaml:1:3', hint: /'ping' is a module/ }],
    ['an unknown keyword', '- hosts: all\n  bcome: yes\n', { code: 'playbook.keyword', message: "a play has no keyword 'bcome'", at: 'site.yaml:2:3', hint: /Did you mean 'become'/ }],
    ["a task's keyword", '- hosts: all\n  register: x\n', { code: 'playbook.keyword', message: "a play has no keyword 'register'", at: 'site.yaml:2:3', hint: /keyword of a task/ }],
    ['a keyword that is refused', '- hosts: all\n  user: bob\n', { code: 'playbook.keyword', message: "'user' is not supported", at: 'site.yaml:2:3', hint: /remote_user/ }],
    ['a wrong type', '- hosts: all\n  become: [1]\n', { code: structure, message: "'become' must be true or false", at: 'site.yaml:2:11', found: /a list of 1/ }],
    ['a word for a boolean', '- hosts: all\n  become: perhaps\n', { code: structure, message: "'become' must be true or false", at: 'site.yaml:2:11', found: /'perhaps'/ }],
    ['no strategy', '- hosts: all\n  strategy: liner\n', { code: structure, message: "there is no strategy 'liner'", at: 'site.yaml:2:13', hint: /linear/ }],
    ['no order', '- hosts: all\n  order: random\n', { code: structure, message: "there is no order 'random'", at: 'site.yaml:2:10' }],
    ['a name no variable can have', '- hosts: all\n  vars: {my-var: 1}\n', { code: structure, message: "'my-var' can't be the name of a variable", at: 'site.yaml:2:10', hint: /'my_var' can/ }],
    ['a keyword of long ago', '- hosts: all\n  sudo: yes\n', { code: 'playbook.keyword', message: "'sudo' is not supported", at: 'site.yaml:2:3', hint: /become/ }],
    ['a method that is none', '- hosts: all\n  become_method: sud0\n', { code: structure, message: "'become_method' can't be 'sud0'", at: 'site.yaml:2:18', hint: /sudo/ }],
    ['defaults of no module', '- hosts: all\n  module_defaults: {cpoy: {owner: x}}\n', { code: 'module.unknown', message: "there is no module 'cpoy'", at: 'site.yaml:2:21', hint: /copy/ }],
    ['vars as a list', '- hosts: all\n  vars: [a]\n', { code: structure, message: "'vars' must be a mapping", at: 'site.yaml:2:9' }],
    ['tasks as a mapping', '- hosts: all\n  tasks: {ping: }\n', { code: structure, message: "'tasks' must be a list of tasks", at: 'site.yaml:2:10' }],
    ['a prompt without a name', '- hosts: all\n  vars_prompt: [{prompt: x}]\n', { code: structure, message: "'vars_prompt' must name a variable", at: 'site.yaml:2:17' }],
    ['an unknown part of a prompt', '- hosts: all\n  vars_prompt: [{name: x, privat: no}]\n', { code: 'playbook.keyword', message: "'vars_prompt' has no 'privat'", at: 'site.yaml:2:27', hint: /private/ }],
    ['vars_files of mappings', '- hosts: all\n  vars_files: [{a: b}]\n', { code: structure, message: "'vars_files' takes names of files", at: 'site.yaml:2:16' }],
    ['malformed YAML', '- hosts: all\n\ttasks: []\n', { code: 'yaml.syntax', message: 'a tab is used for indentation', at: 'site.yaml:2:1' }],
    ['an imported playbook that is not there', '- import_playbook: nope.yaml\n', { code: 'file.missing', message: "there is no playbook 'nope.yaml'", at: 'site.yaml:1:20' }],
    ['an import in a circle', '- import_playbook: site.yaml\n', { code: structure, message: 'files import each other in a circle', at: 'site.yaml:1:20' }],
    ['a keyword at an import', '- import_playbook: x.yaml\n  become: yes\n', { code: 'playbook.keyword', message: "import_playbook has no keyword 'become'", at: 'site.yaml:2:3' }],
  ])('%s', async (_name, yaml, expected) => {
    expectError((await errorsOf(yaml, { 'x.yaml': '- hosts: all\n' }))[0], expected);
  });

  it('a playbook that is not there', async () => {
    await expect(loadPlaybook('/nowhere/site.yaml', { registry })).rejects.toMatchObject({ code: 'file.missing', message: "there is no file '/nowhere/site.yaml' (the playbook)" });
  });
});

describe('tasks', () => {
  it.each<[string, string, Expected]>([
    ['an unknown module', '- pign:', { code: 'module.unknown', message: "there is no module 'pign'", at: 'site.yaml:3:7', hint: /Did you mean 'ping'/ }],
    ['no module', '- name: x\n  when: y', { code: structure, message: 'this task names no module', at: 'site.yaml:3:7', found: /name, when/ }],
    ['two modules', '- ping:\n  debug:', { code: structure, message: "a task is for one module, and this one names two: 'ping' and 'debug'", at: 'site.yaml:4:7' }],
    ['an unknown keyword', '- ping:\n  whn: x', { code: 'playbook.keyword', message: "a task has no keyword 'whn'", at: 'site.yaml:4:7', hint: /Did you mean 'when'/ }],
    ["a play's keyword", '- ping:\n  gather_facts: no', { code: 'playbook.keyword', message: "a task has no keyword 'gather_facts'", at: 'site.yaml:4:7', hint: /keyword of a play/ }],
    ['listen outside handlers', '- ping:\n  listen: x', { code: 'playbook.keyword', message: "a task has no keyword 'listen'", at: 'site.yaml:4:7', hint: /handler/ }],
    ['no mapping', '- ping', { code: structure, message: 'a task must be a mapping', at: 'site.yaml:3:7', hint: /'ping:'/ }],
    ['a play', '- hosts: all\n  tasks: []', { code: structure, message: 'this is a play, and a task is expected here', at: 'site.yaml:3:7' }],
    ['rescue alone', '- rescue: []', { code: structure, message: "'rescue' stands without a 'block'", at: 'site.yaml:3:7' }],
    ['a task’s keyword on a block', '- block: []\n  register: x', { code: 'playbook.keyword', message: "a block has no keyword 'register'", at: 'site.yaml:4:7' }],
    ['arguments that are a list', '- copy: [a]', { code: 'args.type', message: 'the arguments of copy must be a mapping', at: 'site.yaml:3:13' }],
    ['words without names', '- copy: a b', { code: 'args.type', message: 'copy takes named arguments', at: 'site.yaml:3:13', found: /'a b'/ }],
    ['an open quote', `- command: echo it's`, { code: structure, message: /quote .* never closed/, at: 'site.yaml:3:16' }],
    ['an unknown argument', '- copy: {srcc: a, dest: /b}', { code: 'args.unknown', message: "copy has no argument 'srcc'", at: 'site.yaml:3:14', hint: /Did you mean 'src'/ }],
    ['an unknown argument among words', '- copy: dest=/b srcc="a b"', { code: 'args.unknown', message: "copy has no argument 'srcc'", at: 'site.yaml:3:21', hint: /src/ }],
    ['a wrong value among words', '- copy: dest=/b content=x force=perhaps', { code: 'args.type', message: "wrong value for 'force' of copy", at: 'site.yaml:3:37' }],
    ['an argument under args', '- command: ls\n  args: {chdri: /}', { code: 'args.unknown', message: "command has no argument 'chdri'", at: 'site.yaml:4:14', hint: /chdir/ }],
    ['args as a list', '- command: ls\n  args: [a]', { code: structure, message: "'args' must be a mapping of arguments", at: 'site.yaml:4:13' }],
    ['an unknown action', '- action: cpoy src=a', { code: 'module.unknown', message: "there is no module 'cpoy'", at: 'site.yaml:3:15', hint: /copy/ }],
    ['a name no variable can have', '- ping:\n  register: a-b', { code: structure, message: "'a-b' can't be the name of a variable", at: 'site.yaml:4:17' }],
    ['loop over a word', '- ping:\n  loop: items', { code: structure, message: "'loop' must be a list", at: 'site.yaml:4:13', hint: /"\{\{ items \}\}"/ }],
    ['loop over a mapping', '- ping:\n  loop: {a: 1}', { code: structure, message: "'loop' must be a list", at: 'site.yaml:4:13', hint: /dict2items/ }],
    ['two loops', '- ping:\n  loop: [1]\n  with_items: [2]', { code: structure, message: "a task can loop once, and this one has 'loop' and 'with_items'", at: 'site.yaml:5:7' }],
    ['loop_control alone', '- ping:\n  loop_control: {loop_var: x}', { code: structure, message: "'loop_control' stands without a 'loop'", at: 'site.yaml:4:7' }],
    ['an unknown part of loop_control', '- ping:\n  loop: [1]\n  loop_control: {loopvar: x}', { code: 'playbook.keyword', message: "'loop_control' has no 'loopvar'", at: 'site.yaml:5:22', hint: /loop_var/ }],
    ['no number', '- ping:\n  retries: many', { code: structure, message: "'retries' must be an integer", at: 'site.yaml:4:16' }],
    ['no meta action', '- meta: flush_handler', { code: structure, message: "there is no meta action 'flush_handler'", at: 'site.yaml:3:13', hint: /flush_handlers/ }],
    ['include', '- include: x.yml', { code: 'playbook.keyword', message: "'include' is no longer in the language", at: 'site.yaml:3:7', hint: /import_tasks/ }],
    ['a file that is not there', '- import_tasks: nope.yml', { code: 'file.missing', message: "there is no file 'nope.yml' with tasks", at: 'site.yaml:3:21' }],
    ['an import by a variable', '- import_tasks: "{{ f }}.yml"', { code: structure, message: 'import_tasks is read before any variable but those of -e and of the play itself has a value', at: 'site.yaml:3:21', hint: /include_tasks/ }],
    ['an import in a loop', '- import_tasks: x.yml\n  loop: [1]', { code: 'playbook.keyword', message: "an import_tasks has no keyword 'loop'", at: 'site.yaml:4:7', hint: /include_tasks/ }],
    ['become at an include', '- include_tasks: x.yml\n  become: yes', { code: 'playbook.keyword', message: "an include_tasks has no keyword 'become'", at: 'site.yaml:4:7', hint: /apply/ }],
    ['an include of nothing', '- include_tasks:', { code: 'args.missing', message: 'include_tasks needs a file', at: 'site.yaml:3:7' }],
    ['an unknown argument of an include', '- include_role: {name: x, task_from: y}', { code: 'args.unknown', message: "include_role has no argument 'task_from'", at: 'site.yaml:3:31', hint: /tasks_from/ }],
    ['a role that is not there', '- import_role: {name: nope}', { code: 'file.missing', message: "there is no role 'nope'", at: 'site.yaml:3:27' }],
  ])('%s', async (_name, yaml, expected) => {
    const errors = await errorsOf(`- hosts: all\n  tasks:\n${yaml.replace(/^/gm, '    ')}\n`, { 'x.yml': '' });
    expect(errors).toHaveLength(1);
    expectError(errors[0], expected);
  });

  it('shows the place in the imported file', async () => {
    const [error] = await errorsOf('- hosts: all\n  tasks: [{import_tasks: a.yml}]\n', { 'a.yml': '- ping:\n- pnig:\n' });
    expectError(error, { code: 'module.unknown', message: "there is no module 'pnig'", at: 'a.yml:2:3' });
  });

  it('finds circles of imports', async () => {
    const [error] = await errorsOf('- hosts: all\n  tasks: [{import_tasks: a.yml}]\n', { 'a.yml': '- import_tasks: b.yml\n', 'b.yml': '- import_tasks: a.yml\n' });
    expectError(error, { code: structure, message: 'files import each other in a circle', at: 'b.yml:1:17' });
    expect(error!.details.detail).toBe('a.yml\n→ b.yml\n→ a.yml');
  });
});

describe('roles', () => {
  it.each<[string, string, Record<string, string>, Expected]>([
    ['not there', 'roles: [wbe]', { 'roles/web/tasks/main.yml': '' }, { code: 'file.missing', message: "there is no role 'wbe'", at: 'site.yaml:2:11', hint: /Did you mean 'web'/ }],
    ['without a name', 'roles: [{tags: x}]', {}, { code: structure, message: 'this names no role', at: 'site.yaml:2:11' }],
    ['a list that is none', 'roles: web', {}, { code: structure, message: "'roles' must be a list of tasks", at: 'site.yaml:2:10' }],
    ['a keyword of a wrong type', 'roles: [{role: web, become: maybe}]', { 'roles/web/tasks/main.yml': '' }, { code: structure, message: "'become' must be true or false", at: 'site.yaml:2:31' }],
    ['a circle', 'roles: [a]', { 'roles/a/meta/main.yml': 'dependencies: [b]', 'roles/b/meta/main.yml': 'dependencies: [a]' }, { code: structure, message: 'roles depend on each other in a circle', at: 'main.yml:1:16' }],
    ['variables that are a list', 'roles: [a]', { 'roles/a/vars/main.yml': '- x\n' }, { code: structure, message: 'a file of variables must be a mapping', at: 'main.yml:1:1' }],
    ['an entry point that is not there', 'tasks: [{import_role: {name: a, tasks_from: instal}}]', { 'roles/a/tasks/install.yml': '' }, { code: 'file.missing', message: "the role 'a' has no tasks 'instal'", at: 'site.yaml:2:32', hint: /install/ }],
    ['an error in its tasks', 'roles: [a]', { 'roles/a/tasks/main.yml': '- pnig:\n' }, { code: 'module.unknown', message: "there is no module 'pnig'", at: 'main.yml:1:3' }],
  ])('%s', async (_name, play, files, expected) => {
    expectError((await errorsOf(`- hosts: all\n  ${play}\n`, files))[0], expected);
  });
});

describe('notifications', () => {
  const play = (notify: string, handlers: string): string => `- hosts: all\n  tasks:\n    - ping:\n      notify: ${notify}\n  handlers: ${handlers}\n`;
  it.each<[string, string, Expected]>([
    ['of no handler', play('restrat', '[{name: restart, ping: }]'), { code: structure, message: "no handler is called 'restrat' or listens to it", at: 'site.yaml:4:15', hint: /Did you mean 'restart'/ }],
    ['one of several', play('[restart, reload]', '[{name: restart, ping: }]'), { code: structure, message: "no handler is called 'reload' or listens to it", at: 'site.yaml:4:25' }],
    ['where there are none', play('x', ''), { code: structure, message: "no handler is called 'x' or listens to it", at: 'site.yaml:4:15', hint: /no handlers/ }],
  ])('%s', async (_name, yaml, expected) => {
    expectError((await errorsOf(yaml))[0], expected);
  });
  it.each([
    ['by topic', play('t', '[{name: restart, listen: t, ping: }]')],
    ['by a template', play('"{{ x }}"', '[]')],
    ['of a handler that an include may bring', play('later', '[]').replace('- ping:', '- include_role: {name: x}\n    - ping:')],
  ])('%s is right', async (_name, yaml) => {
    await expect(errorsOf(yaml)).rejects.toThrow('no error was found');
  });
});

it('reports all that is wrong, from top to bottom', async () => {
  const errors = await errorsOf('- hosts: all\n  handlers:\n    - pnig:\n  bcome: x\n  tasks:\n    - copy: {srcc: a}\n    - foo:\n');
  expect(errors.map(({ details }) => details.span!.line)).toEqual([3, 4, 6, 6, 7]);
});
