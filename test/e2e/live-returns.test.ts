/** Return values that nobody looks at are not read: seen by what the host starts for them. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1, base: 'full' });
// Larger than what is sent as it is, without any digest.
const content = (letter: string): string => letter.repeat(2000);
const digest = (algorithm: string, letter: string): string => createHash(algorithm).update(content(letter)).digest('hex');
const costly = ['lsattr', 'md5sum', 'sha1sum'];
let files: Workspace;
beforeAll(async () => {
  files = workspace();
  await lab().output('host1', `printf %s ${content('a')} >/root/a; for tool in ${costly.join(' ')}; do command -v $tool >/dev/null || exit 1; printf '#!/bin/sh\\necho %s >>/root/started\\nexec %s "$@"\\n' $tool $(command -v $tool) >/usr/local/bin/$tool; chmod +x /usr/local/bin/$tool; done`);
});
afterAll(() => files.dispose());

/** Runs tasks; gives how it ended, and which of the costly programs the host started. */
async function run(tasks: string, ...flags: string[]): Promise<Ended & { readonly started: string[] }> {
  await lab().output('host1', ': >/root/started');
  const ended = await startCtplay(['run', files.write('play.yaml', `- hosts: all\n  tasks:\n${tasks}`), '-i', lab().inventory, '--flush-cache', ...flags], { env: { XDG_CACHE_HOME: files.folder } }).ended;
  if (ended.status !== 0) throw new Error(ended.stdout + ended.stderr);
  return { ...ended, started: (await lab().output('host1', 'cat /root/started')).split('\n').filter((line) => line !== '').sort() };
}

const look = '    - stat: { path: /root/a }\n      register: found\n';
const exists = '    - assert: { that: [found.stat.exists, found.stat.size == 2000] }\n';
const kind = "    - debug: { msg: '{{ found.stat.attributes is defined }} {{ found.stat.checksum }}' }\n";
const shown = (letter: string): string => `True ${digest('sha1', letter)}`;

describe('of a file that is looked at', () => {
  it('only what is there is read where nobody asks for more', async () => expect((await run(look + exists)).started).toEqual([]));

  it('all that is asked for is read', async () => {
    const { stdout, started } = await run(look + exists + kind);
    expect(started).toEqual(['lsattr', 'sha1sum']);
    expect(stdout).toContain(shown('a'));
  });

  it('all is read again where a change came between', async () => {
    const made = (letter: string): string => `    - copy: { dest: /root/a, content: "{{ '${letter}' * 2000 }}" }\n${look}${kind}`;
    const { stdout } = await run(made('b') + made('a'));
    expect(stdout).toContain(shown('b'));
    expect(stdout).toContain(shown('a'));
  });

  it.each([['-v'], ['--output', 'json']])('all is read where results are shown: %s', async (...flags) => {
    const { stdout, started } = await run(look + exists, ...flags);
    expect(started).toEqual(['lsattr', 'sha1sum']);
    expect(stdout).toContain(digest('sha1', 'a'));
  });
});

describe('of a file that is fetched', () => {
  const fetch = (): string => `    - fetch: { src: /root/a, dest: ${files.folder}/got/ }\n`;

  it('no digest is taken for results alone', async () => expect((await run(fetch())).started).toEqual([]));

  it('those that are asked for are', async () => {
    const { stdout, started } = await run(`${fetch()}      register: got\n    - debug: { msg: '{{ got.md5sum }}' }\n`);
    expect(started).toEqual(['md5sum']);
    expect(stdout).toContain(digest('md5', 'a'));
  });
});

describe('of a service', () => {
  const started = '    - service: { name: dbus, state: started }\n';

  it('its state is known without all its properties', async () => expect((await run(started)).stdout).toMatch(/ok=1 +changed=0/));

  it('those that are asked for are there', async () =>
    expect((await run(`${started}      register: bus\n    - debug: { msg: '{{ bus.status.ActiveState }} as {{ bus.status.Id }}' }\n`)).stdout).toContain('active as dbus.service'));
});
