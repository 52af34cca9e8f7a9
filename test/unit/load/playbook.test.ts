/** Playbooks, roles and imports become the tree that the engine walks. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPlaybook, loadRole, loadTasks } from '../../../src/load/playbook.ts';
import type { Block, Entry, Play, Task } from '../../../src/load/tree.ts';
import { Registry } from '../../../src/registry.ts';
import { folderWith } from './files.ts';

const registry = new Registry();

async function playsOf(playbook: string, files: Readonly<Record<string, string>> = {}): Promise<readonly Play[]> {
  const folder = folderWith({ 'site.yaml': playbook, ...files });
  return (await loadPlaybook(path.join(folder, 'site.yaml'), { registry })).plays;
}

/** The entries of the tasks section of a play that runs them. */
async function entriesOf(tasks: string, files?: Readonly<Record<string, string>>): Promise<readonly Entry[]> {
  const [play] = await playsOf(`- hosts: all\n  handlers: [{name: h, listen: restart, ping: }]\n  tasks:\n${tasks.replace(/^/gm, '    ')}\n`, files);
  return play!.tasks;
}

/** What matters of an entry: no places, no empty parts. */
function outline(entry: Entry): unknown {
  if (entry.kind === 'block') {
    const part = (name: string, entries: readonly Entry[]): Record<string, unknown> => (entries.length === 0 ? {} : { [name]: entries.map(outline) });
    return { ...(entry.role ? { role: entry.role.name } : {}), ...(Object.keys(entry.keywords).length > 0 ? { keywords: entry.keywords } : {}), ...part('block', entry.block), ...part('rescue', entry.rescue), ...part('always', entry.always) };
  }
  if (entry.kind === 'meta') return entry.action;
  return entry.kind === 'include' ? { include: entry.what, ...entry.args } : `${entry.module}${entry.name === undefined ? '' : ` ${entry.name}`}`;
}

describe('the ways to write a task', () => {
  it.each<[string, string, Partial<Task>]>([
    ['a mapping', '- copy: {src: a, dest: /b}', { module: 'copy', args: { src: 'a', dest: '/b' }, argsPath: ['copy'] }],
    ['words', '- copy: src=a dest="/b c"', { module: 'copy', args: { src: 'a', dest: '/b c' } }],
    ['a long name', '- ansible.builtin.copy: {src: a, dest: /b}', { module: 'copy', argsPath: ['ansible.builtin.copy'] }],
    ['nothing', '- ping:', { module: 'ping', args: {} }],
    ['a command line', '- command: ls -l creates=/x', { module: 'command', args: { creates: '/x', _raw_params: 'ls -l' } }],
    ['a command line with args', '- command: ls\n  args: {chdir: /tmp}', { module: 'command', args: { chdir: '/tmp', _raw_params: 'ls' } }],
    ['action', '- action: copy src=a dest=/b', { module: 'copy', args: { src: 'a', dest: '/b' }, argsPath: ['action'] }],
    ['action as a mapping', '- action: {module: copy, src: a, dest: /b}', { module: 'copy', args: { src: 'a', dest: '/b' } }],
    ['local_action', '- local_action: command true', { module: 'command', args: { _raw_params: 'true' }, keywords: { delegateTo: 'localhost', connection: 'local' } }],
    ['a template for all arguments', '- copy:\n  args: "{{ a }}"', { module: 'copy', args: {}, argsTemplate: '{{ a }}' }],
  ])('%s', async (_name, yaml, expected) => {
    expect((await entriesOf(yaml))[0]).toMatchObject(expected);
  });
});

describe('keywords', () => {
  it.each<[string, string, Partial<Task>]>([
    ['one condition', 'when: x', { keywords: { when: ['x'] } }],
    ['conditions', 'when: [x, y is defined]', { keywords: { when: ['x', 'y is defined'] } }],
    ['a condition that is a boolean', 'when: no', { keywords: { when: [false] } }],
    ['tags with commas', 'tags: a, b', { keywords: { tags: ['a', 'b'] } }],
    ['tags as a list', 'tags: [a, "b,c"]', { keywords: { tags: ['a', 'b', 'c'] } }],
    ['notify', 'notify: restart', { notify: ['restart'] }],
    ['loop', 'loop: [1, 2]\nloop_control: {loop_var: n, index_var: i, label: "{{ n }}"}', { loop: { items: [1, 2], control: { loopVar: 'n', indexVar: 'i', label: '{{ n }}' } } }],
    ['with_items', 'with_items: "{{ l }}"', { loop: { lookup: 'items', items: '{{ l }}', control: { loopVar: 'item' } } }],
    ['until', 'until: r is success\nretries: 5\ndelay: 2\nregister: r', { until: ['r is success'], retries: 5, delay: 2, register: 'r' }],
    ['changed_when and failed_when', 'changed_when: false\nfailed_when: [a, b]', { changedWhen: [false], failedWhen: ['a', 'b'] }],
    ['become', 'become: yes\nbecome_user: bob', { keywords: { become: true, becomeUser: 'bob' } }],
    ['environment', 'environment: {A: b}', { keywords: { environment: [{ A: 'b' }] } }],
    ['templates instead of values', 'become: "{{ b }}"\nretries: "{{ r }}"', { keywords: { become: '{{ b }}' }, retries: '{{ r }}' }],
    ['async', 'async: 60\npoll: 0', { async: 60, poll: 0 }],
    ['nothing is as if not written', 'when:\nbecome:', { keywords: { when: [] } }],
    ['module_defaults of a group', 'module_defaults: {group/community.docker.docker: {driver: macvlan}}', { keywords: { moduleDefaults: { 'group/docker': { driver: 'macvlan' } } } }],
    ['module_defaults by short name', 'module_defaults: {ansible.builtin.copy: {owner: bob}}', { keywords: { moduleDefaults: { copy: { owner: 'bob' } } } }],
  ])('%s', async (_name, yaml, expected) => {
    expect((await entriesOf(`- ping:\n${yaml.replace(/^/gm, '  ')}`))[0]).toMatchObject(expected);
  });
});

describe('plays', () => {
  it('carries what the play says', async () => {
    const [play] = await playsOf(`
- name: one
  hosts: [web, "!db"]
  gather_facts: no
  strategy: linear
  serial: [1, 50%]
  order: sorted
  max_fail_percentage: 30
  force_handlers: true
  vars: {a: 1}
  vars_files: [x.yml, [y.yml, z.yml]]
  vars_prompt:
    - name: pw
      prompt: Password
    - {name: who, private: no, default: me}
  pre_tasks: [{ping: }]
  tasks: [{meta: flush_handlers}]
  post_tasks: [{ping: }]
  handlers:
    - name: h
      listen: [t1, t2]
      ping:
`);
    expect(play).toMatchObject({
      name: 'one', hosts: ['web', '!db'], gatherFacts: false, strategy: 'linear', serial: [1, '50%'], order: 'sorted', maxFailPercentage: 30, forceHandlers: true,
      keywords: { vars: { a: 1 } }, varsFiles: ['x.yml', ['y.yml', 'z.yml']],
      varsPrompt: [{ name: 'pw', prompt: 'Password', private: true, confirm: false }, { name: 'who', prompt: 'who', private: false, default: 'me' }],
      preTasks: [{ module: 'ping' }], tasks: [{ kind: 'meta', action: 'flush_handlers' }], postTasks: [{ module: 'ping' }], handlers: [{ name: 'h', listen: ['t1', 't2'] }],
    });
  });

  it('splices imported playbooks in, with what stands at the import', async () => {
    const plays = await playsOf('- hosts: a\n- import_playbook: sub/two.yaml\n  when: x\n  tags: t\n  vars: {v: 2}\n- hosts: c\n', { 'sub/two.yaml': '- hosts: b\n  tags: own\n  vars: {v: 1, w: 1}\n' });
    expect(plays.map(({ hosts, keywords }) => ({ hosts, keywords }))).toEqual([
      { hosts: 'a', keywords: {} },
      { hosts: 'b', keywords: { when: ['x'], tags: ['own', 't'], vars: { v: 2, w: 1 } } },
      { hosts: 'c', keywords: {} },
    ]);
  });
});

describe('blocks, imports and includes', () => {
  it('nests blocks', async () => {
    const [block] = await entriesOf('- block:\n    - ping:\n    - block: [{ping: }]\n  rescue: [{debug: }]\n  always: [{meta: noop}]\n  when: x\n  notify: h');
    expect(outline(block!)).toEqual({ keywords: { when: ['x'] }, block: ['ping', { block: ['ping'] }], rescue: ['debug'], always: ['noop'] });
    expect((block as Block).block[0]).toMatchObject({ notify: ['h'] });
  });

  it('splices imported tasks in', async () => {
    const entries = await entriesOf('- import_tasks: sub/a.yml\n  when: x\n- import_tasks: {file: b.yml}', { 'sub/a.yml': '- ping:\n- import_tasks: c.yml\n', 'sub/c.yml': '- debug:\n', 'b.yml': '- meta: noop\n' });
    expect(entries.map(outline)).toEqual([{ keywords: { when: ['x'] }, block: ['ping', { block: ['debug'] }] }, { block: ['noop'] }]);
  });

  it('keeps includes for later', async () => {
    const entries = await entriesOf('- include_tasks: "{{ f }}.yml"\n  loop: [1]\n- include_role: {name: r, tasks_from: x, apply: {tags: t}}\n- include_tasks: {file: a.yml, apply: {become: true}}');
    expect(entries.map(outline)).toEqual([
      { include: 'tasks', file: '{{ f }}.yml' },
      { include: 'role', name: 'r', tasks_from: 'x', apply: { tags: 't' } },
      { include: 'tasks', file: 'a.yml', apply: { become: true } },
    ]);
  });
});

describe('roles', () => {
  const files = {
    'roles/base/tasks/main.yml': '- ping:\n  name: base\n',
    'roles/base/defaults/main.yml': 'color: red\n',
    'roles/web/tasks/main.yml': '- import_tasks: more.yml\n- debug:\n',
    'roles/web/tasks/more.yml': '- ping:\n',
    'roles/web/tasks/other.yml': '- meta: noop\n',
    'roles/web/handlers/main.yml': '- name: restart\n  debug:\n',
    'roles/web/vars/main/a.yml': 'port: 80\n',
    'roles/web/vars/main/b.yml': 'host: x\n',
    'roles/web/meta/main.yml': 'allow_duplicates: true\ndependencies:\n  - role: base\n    color: blue\n',
    'roles/spec/tasks/main.yml': '- ping:\n',
    'roles/spec/meta/argument_specs.yml': 'argument_specs:\n  main:\n    short_description: A role\n    options:\n      size: {type: int, required: true}\n',
  };

  it('runs dependencies first, inside the role', async () => {
    const [play] = await playsOf('- hosts: all\n  roles:\n    - base\n    - {role: web, when: x, tags: t, vars: {v: 1}, extra: 2}\n', files);
    expect(play!.roles.map(outline)).toEqual([
      { role: 'base', block: ['ping base'] },
      { role: 'web', keywords: { when: ['x'], tags: ['t'], vars: { v: 1 } }, block: [{ role: 'base', block: ['ping base'] }, { block: ['ping'] }, 'debug'] },
    ]);
    expect(play!.roles[1]!.role).toMatchObject({ name: 'web', vars: { port: 80, host: 'x' }, params: { extra: 2 }, allowDuplicates: true, handlers: [{ name: 'restart' }] });
    expect((play!.roles[1]!.block[0] as Block).role).toMatchObject({ defaults: { color: 'red' }, params: { color: 'blue' }, allowDuplicates: false });
  });

  it('imports other entry points', async () => {
    const [block] = await entriesOf('- import_role: {name: web, tasks_from: other}', files);
    expect(outline(block!)).toMatchObject({ role: 'web', block: [{ role: 'base' }, 'noop'] });
  });

  it('checks the role’s arguments before its tasks', async () => {
    const [block] = await entriesOf('- import_role: {name: spec}', files);
    expect((block as Block).block[0]).toMatchObject({
      module: 'validate_argument_spec',
      name: "Validating arguments against arg spec 'main' - A role",
      keywords: { tags: ['always'] },
      args: { argument_spec: { size: { type: 'int', required: true } }, provided_arguments: { size: '{{ size | default(omit) }}' } },
    });
    const [without] = await entriesOf('- import_role: {name: spec, rolespec_validate: false}', files);
    expect((without as Block).block).toHaveLength(1);
  });

  it('loads what is included while running', async () => {
    const folder = folderWith(files);
    const source = { file: path.join(folder, 'site.yaml'), span: { file: path.join(folder, 'site.yaml'), line: 1, column: 1 }, at: () => ({ file: '', line: 1, column: 1 }), keyAt: () => ({ file: '', line: 1, column: 1 }) };
    const role = await loadRole('web', { args: { tasks_from: 'other' }, source }, { registry, playbookFolder: folder });
    expect(role).toMatchObject({ kind: 'block', role: { name: 'web', path: path.join(folder, 'roles/web') } });
    const entries = await loadTasks(path.join(folder, 'roles/web/tasks/main.yml'), { registry, playbookFolder: folder, role: { name: 'web', path: path.join(folder, 'roles/web') } });
    expect(entries.map(outline)).toEqual([{ block: ['ping'] }, 'debug']);
  });
});

describe('imports by variables of -e', () => {
  it('are read before the run, as is where the playbook and the role are', async () => {
    const folder = folderWith({
      'site.yaml': '- import_playbook: "{{ which }}.yaml"\n',
      'one.yaml': '- hosts: all\n  roles: ["{{ kind }}"]\n  tasks:\n    - import_tasks: "{{ playbook_dir }}/{{ which }}-tasks.yaml"\n    - import_role: {name: "{{ kind }}", tasks_from: more}\n',
      'one-tasks.yaml': '- debug: {msg: here}\n',
      'roles/web/tasks/main.yml': '- import_tasks: "{{ role_path }}/tasks/other.yml"\n',
      'roles/web/tasks/other.yml': '- ping:\n',
      'roles/web/tasks/more.yml': '- fail:\n',
    });
    const { plays } = await loadPlaybook(path.join(folder, 'site.yaml'), { registry, extraVars: { which: 'one', kind: 'web' } });
    expect([...plays[0]!.roles, ...plays[0]!.tasks].map(outline)).toEqual([{ role: 'web', block: [{ block: ['ping'] }] }, { block: ['debug'] }, { role: 'web', block: ['fail'] }]);
  });
});
