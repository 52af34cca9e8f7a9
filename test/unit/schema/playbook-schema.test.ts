import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkArguments } from '../../../src/load/bind.ts';
import { loadPlaybook } from '../../../src/load/playbook.ts';
import type { Entry } from '../../../src/load/tree.ts';
import { Registry } from '../../../src/registry.ts';
import { playbookSchema } from '../../../src/schema/playbook-schema.ts';

const root = path.join(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

let playbook: ValidateFunction;
let tasks: ValidateFunction;
beforeAll(async () => {
  // What the playbooks below name.
  for (const role of ['a', 'b', 'web']) mkdirSync(path.join(folder, 'roles', role, 'tasks'), { recursive: true });
  writeFileSync(path.join(folder, 'other.yaml'), '- hosts: all\n');
  const registry = new Registry();
  const modules = await Promise.all(registry.names().map(async (name) => [name, await registry.load(name)] as const));
  const compile = (what: 'playbook' | 'tasks'): ValidateFunction => new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, strictTuples: false }).compile(playbookSchema(what, modules));
  playbook = compile('playbook');
  tasks = compile('tasks');
});

/** What ctplay itself says about a playbook before it makes any connection. */
async function problems(yaml: string): Promise<unknown[]> {
  const file = path.join(folder, 'playbook.yaml');
  writeFileSync(file, yaml);
  try {
    const registry = new Registry();
    const found: unknown[] = [];
    const visit = async (entries: readonly Entry[]): Promise<void> => {
      for (const entry of entries) {
        if (entry.kind === 'task') found.push(...checkArguments(await registry.load(entry.module), entry));
        if (entry.kind === 'block') await visit([...entry.block, ...entry.rescue, ...entry.always]);
      }
    };
    for (const play of (await loadPlaybook(file, { registry })).plays) await visit([...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks, ...play.handlers]);
    return found;
  } catch (error) {
    return [error];
  }
}

const accepted = (validate: ValidateFunction, yaml: string): unknown => (validate(parse(yaml)) ? [] : validate.errors);
const inPlay = (task: string): string => `- hosts: all\n  handlers:\n    - name: Restart\n      ping:\n  tasks:\n${task.replace(/^/gm, '    ')}`;

describe('the playbooks of the tree', () => {
  it.each(readdirSync(path.join(root, 'playbooks')).filter((name) => /\.ya?ml$/.test(name)))('%s is as the schema says, and names it', (name) => {
    const text = readFileSync(path.join(root, 'playbooks', name), 'utf8');
    expect(accepted(playbook, text)).toEqual([]);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=ctplay.schema.json');
  });
});

describe('the examples of the modules', () => {
  it.each(new Registry().names())('of %s are as the schema says', async (name) => {
    const { examples = '' } = await new Registry().load(name);
    const parsed = parse(examples) as unknown;
    if (parsed !== null) expect(tasks(parsed) ? [] : tasks.errors).toEqual([]);
  });
});

describe('accepts', () => {
  it.each([
    ['a full name', '- ansible.builtin.ping:'],
    ['arguments as a string', '- command: ls creates=/x'],
    ['a template for a number', '- create_bridge: {name: br0, mtu: "{{ mtu }}"}'],
    ['a template for a boolean', '- create_bridge: {name: br0, stp: "{{ stp }}"}'],
    ['a template for a choice', '- create_bridge: {name: br0, type: "{{ kind }}"}'],
    ['a template for a list', '- create_bridge: {name: br0, ports: "{{ ports }}"}'],
    ['a template for all arguments', '- create_bridge: "{{ bridge }}"'],
    ['a number as text', '- create_bridge: {name: br0, mtu: "1450"}'],
    ['yes for true', '- create_bridge: {name: br0, stp: yes}'],
    ['one word for a list', '- create_bridge: {name: br0, addresses: 10.0.0.1/24}'],
    ['keywords', '- ping:\n  when: [a, b is defined]\n  loop: [1]\n  register: x\n  tags: a,b\n  become: yes\n  retries: "{{ n }}"\n  notify: Restart\n  loop_control: {label: x}'],
    ['keywords with nothing', '- ping:\n  tags:\n  when:'],
    ['with_ loops', '- ping:\n  with_items: [a]\n- ping:\n  with_community.general.flattened: [a]'],
    ['a block', '- block:\n    - ping:\n  rescue:\n    - ping:\n  always: []\n  when: x'],
    ['includes', '- include_tasks: a.yaml\n- import_role: {name: web}\n- ansible.builtin.include_role: {role: web, public: yes}\n- meta: flush_handlers'],
    ['action', '- action: ping\n- local_action: {module: ping}'],
  ])('%s', async (_what, task) => {
    expect(accepted(playbook, inPlay(task))).toEqual([]);
    expect(accepted(tasks, task)).toEqual([]);
    expect(await problems(inPlay(task))).toEqual([]);
  });

  it.each([
    ['plays with everything', '- name: x\n  hosts: [a, b]\n  vars: {a: 1}\n  vars_files: [a, [b, c]]\n  serial: [1, "30%"]\n  strategy: linear\n  roles: [a, {role: b, tags: x, param: 1}]\n  pre_tasks: []\n  handlers:\n    - name: h\n      listen: t\n      ping:\n    - block:\n        - ping:\n          listen: u'],
    ['imports', '- import_playbook: other.yaml\n  when: x\n- hosts: all'],
  ])('%s', async (_what, yaml) => {
    expect(accepted(playbook, yaml)).toEqual([]);
    expect(await problems(yaml)).toEqual([]);
  });
});

describe('refuses', () => {
  it.each([
    ['an unknown module', '- creat_bridge: {name: br0}'],
    ['an unknown argument', '- create_bridge: {name: br0, mut: 1450}'],
    ['a missing argument', '- create_bridge: {mtu: 1450}'],
    ['a wrong type', '- create_bridge: {name: br0, mtu: big}'],
    ['a number out of range', '- create_bridge: {name: br0, mtu: 1}'],
    ['a wrong choice', '- create_bridge: {name: br0, type: ows}'],
    ['a wrong item', '- create_bridge: {name: br0, ports: [{name: a, tug: 1}]}'],
    ['a misspelt keyword', '- ping:\n  wen: x'],
    ['a keyword of a play', '- ping:\n  hosts: all'],
    ['a keyword that ctplay refuses', '- ping:\n  debugger: always'],
    ['a listen outside handlers', '- ping:\n  listen: x'],
    ['a name that is no variable', '- ping:\n  register: a-b'],
    ['an unknown meta action', '- meta: flush'],
    ['an unknown argument of an include', '- include_role: {name: a, task_from: b}'],
  ])('%s', async (_what, task) => {
    expect(accepted(playbook, inPlay(task))).not.toEqual([]);
    expect(accepted(tasks, task)).not.toEqual([]);
    expect(await problems(inPlay(task))).not.toEqual([]);
  });

  it.each([
    ['a play without hosts', '- name: x\n  tasks: []'],
    ['a misspelt keyword of a play', '- hosts: all\n  task: []'],
    ['a wrong strategy', '- hosts: all\n  strategy: fast'],
    ['a mapping', 'hosts: all'],
    ['an empty file', ''],
  ])('%s', async (_what, yaml) => {
    expect(accepted(playbook, yaml)).not.toEqual([]);
    expect(await problems(yaml)).not.toEqual([]);
  });
});

it('describes every keyword and argument', () => {
  const undescribed: string[] = [];
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('properties' in value) {
      for (const [name, property] of Object.entries(value.properties as Record<string, object>)) if (!('description' in property) && !('$ref' in property)) undescribed.push(`${place}.${name}`);
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, `${place}.${key}`);
  };
  visit(playbook.schema, '');
  expect(undescribed).toEqual([]);
});
