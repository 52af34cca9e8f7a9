import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostFlags } from '../../../src/cli/host-options.ts';
import { setUp } from '../../../src/cli/settings.ts';
import { RunContext } from '../../../src/engine/run-context.ts';
import { loadInventory } from '../../../src/load/inventory.ts';
import { loadPlaybook } from '../../../src/load/playbook.ts';
import type { Task } from '../../../src/load/tree.ts';
import { Registry } from '../../../src/registry.ts';
import { connector } from '../../../src/transport/index.ts';
import { folderWith } from '../load/files.ts';

const values = ['stat.exists', 'stat.checksum', 'stat.mimetype'];
const x = 'x';
const ofMotd = { register: 'motd' };

type Files = Readonly<Record<string, string>>;

/** The context of a run of site.yaml. */
async function runOf(files: Files, { showsResults = false, flags = {} }: { readonly showsResults?: boolean; readonly flags?: HostFlags } = {}): Promise<RunContext> {
  const folder = folderWith({ 'hosts.ini': 'h0\nh1\n', ...files });
  const { settings, sources } = await setUp({ inventory: [path.join(folder, 'hosts.ini')], ...flags }, { warnings: [], inventory: [], rolesPath: [], collectionsPath: [] });
  const registry = new Registry([path.join(folder, 'modules')]);
  const playbook = await loadPlaybook(path.join(folder, 'site.yaml'), { registry });
  const never = new AbortController().signal;
  return new RunContext({ settings, inventory: await loadInventory(sources), registry, connect: connector(), emit: () => undefined, stop: never, kill: never, showsResults }, [playbook]);
}

const liveIn = (run: RunContext, task: Pick<Task, 'register' | 'async'> = ofMotd): string[] => values.filter(run.liveReturns.of(task));

/** A playbook of one play on all hosts. */
const site = (play: object): string => JSON.stringify([{ hosts: 'all', ...play }]);
const look = { stat: { path: '/etc/motd' }, register: 'motd' };
/** One that looks at a file and then does this. */
const then = (...tasks: object[]): Files => ({ 'site.yaml': site({ tasks: [look, ...tasks] }) });

const nothing: string[] = [];
const existence = ['stat.exists'];

describe('what is seen of a result', () => {
  it.each<[string, Files, string[]]>([
    ['nothing', then({ debug: { msg: 'motd' } }), nothing],
    ['an assertion', then({ assert: { that: ['motd.stat.exists', 'motd.stat.size == 6'] } }), existence],
    ['a condition', then({ ping: {}, when: 'motd.stat.exists and not motd is failed' }), existence],
    ['a condition of a block', then({ block: [{ ping: {} }], when: ['motd.stat.checksum != "x"'] }), ['stat.checksum']],
    ['a message', then({ debug: { msg: "{{ motd['stat'].mimetype }}" } }), ['stat.mimetype']],
    ['a message for another result', then({ command: 'true', register: 'other' }, { debug: { msg: '{{ other }}' } }), nothing],
    ['whether it is there', then({ ping: {}, when: 'motd is defined and motd.stat is defined' }), nothing],
    ['whether a part is there', then({ ping: {}, when: 'motd.stat.checksum is defined' }), ['stat.checksum']],
    ["the task's own conditions", { 'site.yaml': site({ tasks: [{ ...look, changed_when: 'motd.stat.checksum == "x"', failed_when: 'motd.stat.mimetype == "y"' }] }) }, ['stat.checksum', 'stat.mimetype']],
    ['its own repetition', { 'site.yaml': site({ tasks: [{ ...look, until: 'motd.stat.exists' }] }) }, existence],
    ['a variable of the play', { 'site.yaml': site({ vars: { kind: '{{ motd.stat.mimetype }}' }, tasks: [look] }) }, ['stat.mimetype']],
    ['a variable of a task, deep within', then({ ping: {}, vars: { a: [{ b: '{{ motd.stat.checksum }}' }] } }), ['stat.checksum']],
    ['a loop', then({ debug: { msg: x }, loop: '{{ [motd.stat.checksum] }}' }), ['stat.checksum']],
    ['a label', then({ debug: { msg: x }, loop: [1], loop_control: { label: '{{ motd.stat.checksum }}' } }), ['stat.checksum']],
    ['an environment', then({ command: 'true', environment: { SUM: '{{ motd.stat.checksum }}' } }), ['stat.checksum']],
    ['a name', then({ name: 'it is {{ motd.stat.mimetype }}', ping: {} }), ['stat.mimetype']],
    ['a handler', { 'site.yaml': site({ tasks: [look], handlers: [{ name: 'h', debug: { msg: '{{ motd.stat.checksum }}' } }] }) }, ['stat.checksum']],
    ['a later play', { 'site.yaml': JSON.stringify([{ hosts: 'all', tasks: [look] }, { hosts: 'all', tasks: [{ debug: { msg: '{{ motd.stat.checksum }}' } }] }]) }, ['stat.checksum']],
    ['an imported file', { ...then({ import_tasks: 'more.yaml' }), 'more.yaml': '- debug: {msg: "{{ motd.stat.checksum }}"}\n' }, ['stat.checksum']],
    ["a role's tasks, handlers, defaults and variables", { ...then({ import_role: { name: 'r' } }), 'roles/r/tasks/main.yaml': '- ping:\n  when: motd.stat.exists\n', 'roles/r/defaults/main.yaml': 'a: "{{ motd.stat.checksum }}"\n', 'roles/r/handlers/main.yaml': '- debug: {msg: "{{ motd.stat.mimetype }}"}\n' }, values],
    ["a role's variables", { 'site.yaml': site({ roles: ['r'], tasks: [look] }), 'roles/r/vars/main.yaml': 'a: "{{ motd.stat.checksum }}"\n' }, ['stat.checksum']],
    ['group variables', { ...then(), 'group_vars/all.yaml': 'a: "{{ motd.stat.checksum }}"\n' }, ['stat.checksum']],
    ["another host's variables", { ...then(), 'host_vars/h1.yaml': 'a: "{{ motd.stat.checksum }}"\n' }, ['stat.checksum']],
    ["the implicit localhost's variables", { ...then(), 'host_vars/localhost.yaml': 'a: "{{ motd.stat.checksum }}"\n' }, ['stat.checksum']],
    ['variables of a group without hosts', { ...then(), 'hosts.ini': 'h0\n[none]\n', 'group_vars/none.yaml': 'a: "{{ motd.stat.checksum }}"\n' }, ['stat.checksum']],
    ['variables of the inventory', { ...then(), 'hosts.ini': 'h0 a="{{ motd.stat.checksum }}"\nh1\n' }, ['stat.checksum']],
    ['a file of variables', { 'site.yaml': site({ vars_files: ['v.yaml'], tasks: [look] }), 'v.yaml': 'a: "{{ motd.stat.checksum }}"\n' }, ['stat.checksum']],
    ['each of several files of variables', { 'site.yaml': site({ vars_files: [['no.yaml', 'v.yaml', 'w.yaml']], tasks: [look] }), 'v.yaml': 'b: 1\n', 'w.yaml': 'a: "{{ motd.stat.checksum }}"\n', 'no.yaml': 'c: 1\n' }, ['stat.checksum']],
    ['a template', { ...then({ template: { src: 't.j2', dest: '/t' } }), 'templates/t.j2': '{% if motd.stat.checksum %}{% endif %}' }, ['stat.checksum']],
    ['a template that hides behind another one', { ...then({ template: { src: 't.j2', dest: '/t' } }), 'templates/t.j2': 'nothing', 't.j2': '{{ motd.stat.checksum }}' }, ['stat.checksum']],
    ["a role's template", { ...then({ import_role: { name: 'r' } }), 'roles/r/tasks/main.yaml': '- template: {src: t.j2, dest: /t}\n', 'roles/r/templates/t.j2': '{{ motd.stat.checksum }}' }, ['stat.checksum']],
    ['a template that says nothing of it', { ...then({ template: { src: 't.j2', dest: '/t' } }), 't.j2': 'from {{ other }}, include vars' }, nothing],
    ['its variable on any host', then({ debug: { msg: '{{ hostvars["h1"].motd.stat.checksum }}' } }), ['stat.checksum']],
    ['its variable by name', then({ debug: { msg: '{{ vars["motd"].stat.checksum }}' } }), ['stat.checksum']],
    ['another fact', then({ set_fact: { sum: '{{ motd.stat.checksum }}' } }), ['stat.checksum']],
  ])('by %s', async (_what, files, expected) => expect(liveIn(await runOf(files))).toEqual(expected));

  it('by variables of the command line', async () => expect(liveIn(await runOf(then(), { flags: { extraVars: ['a={{motd.stat.checksum}}'] } }))).toEqual(['stat.checksum']));
});


describe('all of a result counts', () => {
  it.each<[string, Files]>([
    ['shown by debug', then({ debug: { var: 'motd' } })],
    ['used as a whole', then({ set_fact: { a: '{{ motd }}' } })],
    ['given to a filter', then({ debug: { msg: '{{ motd.stat | to_json }}' } })],
    ['given to a filter by name', then({ debug: { msg: '{{ [motd] | map(attribute="stat") | list }}' } })],
    ['asked by a variable key', then({ debug: { msg: '{{ motd.stat[key] }}' }, vars: { key: 'mimetype' } })],
    ['a loop of all items', then({ debug: { msg: '{{ item }}' }, loop: '{{ motd.results }}' })],
    ['a loop with_items', then({ debug: { msg: '{{ item.stat }}' }, with_items: '{{ motd.results }}' })],
    ['a variable that stands for it', { 'site.yaml': site({ vars: { same: '{{ motd }}' }, tasks: [look, { debug: { msg: '{{ same.stat.checksum }}' } }] }) }],
    ['hosts as a whole', then({ debug: { msg: '{{ hostvars | to_json }}' } })],
    ['a host as a whole', then({ debug: { msg: '{{ hostvars[inventory_hostname] }}' } })],
    ['what a delegated task knows of the other host', then({ debug: { msg: '{{ ansible_delegated_vars[name] }}' }, delegate_to: 'h1' })],
    ['all variables', then({ debug: { var: 'vars' } })],
    ['a variable by a name that is worked out', then({ debug: { msg: "{{ lookup('vars', 'mo' ~ 'td') }}" } })],
    ['a loop over variables by name', then({ debug: { msg: '{{ item }}' }, with_vars: ['motd'] })],
    ['a template by a lookup', then({ debug: { msg: "{{ lookup('template', 't.j2') }}" } })],
    ['a condition that is worked out', then({ assert: { that: '{{ "motd.stat.mimetype" }}' } })],
    ['an expression that is worked out', then({ debug: { var: '{{ name }}' } })],
    ['arguments that are worked out', then({ debug: {}, args: '{{ given }}' })],
    ['an argument whose name is worked out', { 'site.yaml': site({ module_defaults: { debug: { '{{ name }}': 'motd' } }, tasks: [look] }) }],
    ['defaults of modules that are worked out', { 'site.yaml': site({ module_defaults: { debug: '{{ given }}' }, tasks: [look] }) }],
    ['tasks that come later', then({ include_tasks: 'more.yaml' })],
    ['a role that comes later', then({ include_role: { name: 'r' } })],
    ['tasks that come later by a handler', { 'site.yaml': site({ tasks: [look], handlers: [{ name: 'h', include_tasks: 'more.yaml' }] }) }],
    ['variables that come later', then({ include_vars: 'more.yaml' })],
    ['hosts that come later', then({ add_host: { name: 'x' } })],
    ['groups that come later', then({ group_by: { key: 'x' } })],
    ['an inventory that is read again', then({ meta: 'refresh_inventory' })],
    ["a user's module", { ...then({ mine: {} }), 'modules/mine.mjs': 'export default {kind: "action", summary: "", args: {type: "object", properties: {}}, run: () => ({})}' }],
    ['a file of variables with a name that is worked out', { 'site.yaml': site({ vars_files: ['{{ kind }}.yaml'], tasks: [look] }) }],
    ['a file of variables that is missing', { 'site.yaml': site({ vars_files: [['v.yaml', 'w.yaml']], tasks: [look] }), 'v.yaml': 'a: 1\n' }],
    ['a template with a name that is worked out', then({ template: { src: '{{ kind }}.j2', dest: '/t' } })],
    ['a template that is missing', then({ template: { src: 't.j2', dest: '/t' } })],
    ['a template that includes another', { ...then({ template: { src: 't.j2', dest: '/t' } }), 't.j2': '{% include "u.j2" %}' }],
    ['a template with other delimiters', { ...then({ template: { src: 't.j2', dest: '/t', variable_start_string: '[[', variable_end_string: ']]' } }), 't.j2': '[[ motd ]]' }],
    ['a template with other delimiters by default', { 'site.yaml': site({ module_defaults: { template: { variable_start_string: '[[' } }, tasks: [look, { template: { src: 't.j2', dest: '/t' } }] }), 't.j2': '[[ motd ]]' }],
    ['a template that a play may make here', { 'site.yaml': JSON.stringify([{ hosts: 'localhost', tasks: [{ ping: {} }] }, { hosts: 'all', tasks: [look, { template: { src: 't.j2', dest: '/t' } }] }]), 't.j2': '' }],
    ['a template that a task may make here', { ...then({ command: 'true', delegate_to: 'localhost' }, { template: { src: 't.j2', dest: '/t' } }), 't.j2': '' }],
    ['a template that may be fetched', { ...then({ fetch: { src: '/t', dest: '.' } }, { template: { src: 't.j2', dest: '/t' } }), 't.j2': '' }],
    ['what a rescue knows', { 'site.yaml': site({ tasks: [{ block: [look], rescue: [{ debug: { msg: '{{ ansible_failed_result.msg }}' } }] }] }) }],
    ['a template that makes no sense', then({ debug: { msg: '{{ motd.stat. }}' } })],
  ])('%s', async (_what, files) => expect(liveIn(await runOf(files))).toEqual(values));

  it('where results are shown', async () => expect(liveIn(await runOf(then(), { showsResults: true }))).toEqual(values));
  it('where tasks may come from elsewhere', async () => {
    const { settings, inventory, registry } = await runOf(then());
    const never = new AbortController().signal;
    expect(liveIn(new RunContext({ settings, inventory, registry, connect: connector(), emit: () => undefined, stop: never, kill: never, showsResults: false }))).toEqual(values);
  });
  it('of a job in the background', async () => expect(liveIn(await runOf(then()), { register: 'motd', async: 10 })).toEqual(values));
});

it('of a result without a name nothing is seen', async () => {
  expect(liveIn(await runOf(then({ debug: { var: 'motd' } })), {})).toEqual(nothing);
  expect(liveIn(await runOf(then({ include_tasks: 'x' })), {})).toEqual(values);
});
