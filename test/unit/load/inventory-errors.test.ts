/** Everything wrong that a person may type into an inventory. */
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CtplayError, CtplayErrors } from '../../../src/errors.ts';
import { loadInventory } from '../../../src/load/inventory.ts';
import { folderWith } from './files.ts';

async function firstError(name: string, text: string, more: Readonly<Record<string, string>> = {}): Promise<CtplayError> {
  const folder = folderWith({ [name]: text, ...more });
  try {
    await loadInventory([path.join(folder, name)]);
  } catch (error) {
    const first = error instanceof CtplayErrors ? error.errors[0] : error;
    if (first instanceof CtplayError) return first;
    throw error;
  }
  throw new Error('no error was found');
}

describe.each<[string, string, string, { message: string | RegExp; line: number; column: number; hint?: RegExp; expected?: RegExp }]>([
  ['INI: a word behind a host', 'hosts', 'a\nweb1 foo bar=1\n', { message: "'foo' is no variable of the host 'web1'", line: 2, column: 6, expected: /name=value/ }],
  ['INI: a blank in a section', 'hosts', '[my group]\na\n', { message: "'[my group]' is no section", line: 1, column: 1, expected: /without blanks/ }],
  ['INI: an unknown kind of section', 'hosts', '[web:var]\na=1\n', { message: "a section can't be of the kind 'var'", line: 1, column: 1, hint: /Did you mean 'vars'/ }],
  ['INI: a child that is no group', 'hosts', '[web]\na\n[all:children]\nwbe\n', { message: "there is no group 'wbe'", line: 4, column: 1, hint: /Did you mean 'web'/ }],
  ['INI: variables of no group', 'hosts', '[web]\na\n[wbe:vars]\nx=1\n', { message: "there is no group 'wbe'", line: 3, column: 1, hint: /web/ }],
  ['INI: a host under children', 'hosts', 'host1\n[web:children]\nhost1\n', { message: "there is no group 'host1'", line: 3, column: 1, hint: /is a host/ }],
  ['INI: no assignment under vars', 'hosts', '[web]\na\n[web:vars]\n  b\n', { message: "'b' is no variable", line: 4, column: 3, hint: /put it under \[web\]/ }],
  ['INI: groups in a circle', 'hosts', '[a:children]\nb\n[b:children]\na\n', { message: "the groups 'b' and 'a' would contain each other", line: 4, column: 1 }],
  ['INI: an open quote', 'hosts', 'a x="1\n', { message: /quote .* never closed/, line: 1, column: 1 }],
  ['INI: a range that runs backwards', 'hosts', 'web[5:1]\n', { message: "in 'web[5:1]': the range '[5:1]' runs backwards", line: 1, column: 1 }],
  ['INI: a range of uneven width', 'hosts', 'web[01:100]\n', { message: "in 'web[01:100]': both ends of '[01:100]' must have the same number of digits", line: 1, column: 1 }],
  ['INI: a range of nothing', 'hosts', 'web[a:5]\n', { message: "in 'web[a:5]': '[a:5]' is no range", line: 1, column: 1 }],
  ['INI: a colon without a port', 'hosts', 'x=1\nweb:\n', { message: "'web:' ends with a colon", line: 2, column: 1 }],
  ['YAML: an unknown part of a group', 'hosts.yaml', 'all:\n  hots:\n    a:\n', { message: "a group has no 'hots'", line: 2, column: 3, hint: /Did you mean 'hosts'/ }],
  ['YAML: a variable in a group', 'hosts.yaml', 'all:\n  hosts: {a: }\n  port: 5\n', { message: "a group has no 'port'", line: 3, column: 3, hint: /vars/ }],
  ['YAML: a list of hosts', 'hosts.yaml', 'all:\n  hosts:\n    - a\n', { message: "'hosts' of 'all' is no mapping", line: 3, column: 5, hint: /'a:' instead of '- a'/ }],
  ['YAML: hosts outside a group', 'hosts.yaml', 'hosts:\n  a:\n', { message: "'hosts' stands outside a group", line: 1, column: 1, hint: /all:/ }],
  ['YAML: a host that is text', 'hosts.yaml', 'all:\n  hosts:\n    a: 10.0.0.1\n', { message: "the host 'a' is no mapping", line: 3, column: 8 }],
  ['YAML: a playbook', 'hosts.yaml', '- hosts: all\n', { message: 'a YAML inventory must be a mapping of groups', line: 1, column: 1, hint: /playbook/ }],
  ['YAML: groups in a circle', 'hosts.yaml', 'a:\n  children:\n    b:\n      children:\n        a:\n', { message: "the groups 'b' and 'a' would contain each other", line: 5, column: 9 }],
  ['YAML: malformed', 'hosts.yaml', 'all:\n\thosts:\n', { message: 'a tab is used for indentation', line: 2, column: 1 }],
  ['YAML without an ending', 'hosts', '---\nall:\n  hots: {}\n', { message: "a group has no 'hots'", line: 3, column: 3 }],
  ['a program that may not run', 'hosts', '#!/bin/sh\necho {}\n', { message: 'this is a program, and it is not executable', line: 1, column: 1, hint: /chmod/ }],
])('%s', (_name, file, text, { message, line, column, hint, expected }) => {
  it('is told with its place', async () => {
    const error = await firstError(file, text);
    expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect(error.details.span).toMatchObject({ line, column });
    if (hint) expect(error.details.hint).toMatch(hint);
    if (expected) expect(error.details.expected).toMatch(expected);
  });
});

describe('sources', () => {
  it('an inventory that is not there', async () => {
    await expect(loadInventory(['/nowhere/hosts'])).rejects.toMatchObject({ errors: [{ code: 'file.missing', details: { hint: "For the host 'hosts' itself write 'hosts,' with a comma." } }] });
  });
  it.each([['an empty file', '# nothing\n'], ['groups alone', '[web]\n[db]\n']])('%s holds no host', async (_name, text) => {
    expect(await firstError('hosts', text)).toMatchObject({ code: 'inventory.empty' });
  });
  it('broken group_vars', async () => {
    const error = await firstError('hosts', '[web]\na\n', { 'group_vars/web.yml': 'a: 1\na: 2\n' });
    expect(error).toMatchObject({ code: 'yaml.syntax', message: "the key 'a' is given twice in one mapping", details: { span: { line: 2 } } });
  });
  it.each<[string, string, { message: RegExp; details?: object }]>([
    ['that fails', '#!/bin/sh\necho oops >&2\nexit 3\n', { message: /^the inventory program .* failed$/, details: { found: 'exit status 3', detail: 'oops' } }],
    ['that prints no JSON', '#!/bin/sh\necho hello\n', { message: /printed no JSON$/ }],
    ['that prints another thing', '#!/bin/sh\necho \'{"web": 5}\'\n', { message: /something else than an inventory$/, details: { found: '5 (a number)' } }],
  ])('a program %s', async (_name, text, { message, details }) => {
    const folder = folderWith({ program: text });
    chmodSync(path.join(folder, 'program'), 0o755);
    await expect(loadInventory([path.join(folder, 'program')])).rejects.toMatchObject({ errors: [{ message: expect.stringMatching(message) as string, ...(details ? { details } : {}) }] });
  });
});

describe('patterns', () => {
  it.each<[string, string, RegExp]>([
    ['wbe', "neither a host nor a group 'wbe'", /Did you mean 'web'/],
    ['web:!bd', "neither a host nor a group 'bd'", /Did you mean 'db'/],
    ['zzzzzz', "neither a host nor a group 'zzzzzz'", /the groups web, db and the hosts a, b/],
    ['~web(', "'~web(' is no regular expression", /^$/],
    ['web[7]', "'web[7]' points outside of 'web'", /^$/],
    ['@/nowhere', "there is no file '/nowhere' with host patterns", /Without the @/],
  ])('%s', async (pattern, message, hint) => {
    const folder = folderWith({ hosts: '[web]\na\n[db]\nb\n' });
    const inventory = await loadInventory([path.join(folder, 'hosts')]);
    const select = (): unknown => inventory.select(pattern);
    expect(select).toThrow(expect.objectContaining({ message: expect.stringContaining(message) as string, details: expect.toSatisfy(({ hint: given = '' }: { hint?: string }) => hint.test(given)) as object }));
  });

  it('reads patterns from a file', async () => {
    const folder = folderWith({ hosts: 'a\nb\nc\n', retry: '# failed\na\n\nc\n' });
    const inventory = await loadInventory([path.join(folder, 'hosts')]);
    expect(inventory.select(`@${path.join(folder, 'retry')}`)).toEqual(['a', 'c']);
  });
});

describe('hosts and groups that a run adds', () => {
  it('takes part in patterns, groups and variables', async () => {
    const folder = folderWith({ hosts: '[web]\na\n', 'group_vars/new.yml': 'from: group_vars\n', 'host_vars/x.yml': 'own: host_vars\n' });
    const inventory = (await loadInventory([path.join(folder, 'hosts')])).withPlaybookFolder(folder);
    inventory.addGroup('new', ['web']);
    inventory.addHost('x', ['new'], { added: 1 });
    expect(inventory.select('web')).toEqual(['a', 'x']);
    expect(inventory.groupsOf('x')).toEqual(['new', 'web']);
    expect(inventory.variablesOf('x')).toMatchObject({ added: 1, from: 'group_vars', own: 'host_vars' });
  });
  it('knows localhost without being told', async () => {
    const inventory = await loadInventory([]);
    expect(inventory.select('localhost')).toEqual(['localhost']);
    expect(inventory.variablesOf('localhost')).toMatchObject({ ansible_connection: 'local' });
    expect(inventory.hostNames).toEqual([]);
  });
});

it('ranks variables beside the playbook above those beside the inventory', async () => {
  const folder = folderWith({
    'inventory/hosts': '[web]\na own=1\n[web:vars]\nv=ini\nw=ini\n',
    'inventory/group_vars/all.yml': 'v: inventory all\nx: inventory all\n',
    'inventory/group_vars/web.yml': 'y: inventory web\n',
    'play/group_vars/all.yml': 'x: play all\ny: play all\n',
    'play/host_vars/a.yml': 'own: 2\n',
  });
  const inventory = (await loadInventory([path.join(folder, 'inventory/hosts')])).withPlaybookFolder(path.join(folder, 'play'));
  expect(inventory.variablesOf('a')).toEqual({ own: 2, v: 'inventory all', w: 'ini', x: 'play all', y: 'inventory web', inventory_dir: path.join(folder, 'inventory'), inventory_file: path.join(folder, 'inventory/hosts') });
});

it('says that TOML is not read', async () => {
  expect((await firstError('hosts.toml', '[web.hosts]\na = {}\n')).message).toMatch(/hosts\.toml is TOML, which is not supported$/);
});
