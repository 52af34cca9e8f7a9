/** What templates ask of the controller beyond its files: settings, web servers, vaults. */
import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Templar, nodeLookups } from '../../../src/template/index.ts';
import { scopeOf } from './scope.ts';

const templar = new Templar(scopeOf({}), { lookups: nodeLookups({ basedir: '/', settings: { DEFAULT_BECOME_USER: 'root', DEFAULT_ROLES_PATH: ['/a', '/b'] } }) });

describe('the lookup config', () => {
  it.each([
    ["{{ lookup('config', 'DEFAULT_BECOME_USER') }}", 'root'],
    ["{{ query('config', 'DEFAULT_BECOME_USER', 'DEFAULT_ROLES_PATH') }}", ['root', ['/a', '/b']]],
    ["{{ query('config', 'NO_SUCH', on_missing='skip') }}", []],
  ])('%s', (template, expected) => {
    expect(templar.render(template)).toEqual(expected);
  });

  it('names the nearest setting', () => {
    expect(() => templar.render("{{ lookup('config', 'DEFAULT_BECOME_USR') }}")).toThrow(expect.objectContaining({ message: expect.stringContaining("no setting 'DEFAULT_BECOME_USR'") as string }));
  });
});

describe('the filters vault and unvault', () => {
  const salt = '0123456789abcdef0123456789abcdef';

  it.each([
    [`{{ 'hello' | vault('pw', salt='${salt}') }}`, /^\$ANSIBLE_VAULT;1\.2;AES256;filter_default\n[0-9a-f]{1,80}\n/],
    [`{{ 'hello' | vault('pw', vault_id='prod') }}`, /^\$ANSIBLE_VAULT;1\.2;AES256;prod\n/],
    [`{{ 'hello' | vault('pw') | unvault('pw') }}`, /^hello$/],
    [`{{ 'no vault' | unvault('pw') }}`, /^no vault$/],
  ])('%s', (template, expected) => {
    expect(templar.render(template)).toMatch(expected);
  });

  it('gives the same envelope for the same salt', () => {
    const template = `{{ 'hello' | vault('pw', salt='${salt}') }}`;
    expect(templar.render(template)).toBe(templar.render(template));
  });

  it('refuses a wrong password', () => {
    expect(() => templar.render("{{ 'hello' | vault('pw') | unvault('other') }}")).toThrow('the vault password is wrong');
  });
});

describe('the lookup url', () => {
  // Templates wait for the answer, and with them this process: the server needs one of its own.
  const serving = `
    const server = require('node:http').createServer(({ url, headers }, response) => {
      if (url === '/missing') response.statusCode = 404;
      if (url === '/old') response.writeHead(302, { location: '/lines' });
      response.end(url === '/headers' ? JSON.stringify([headers['user-agent'], headers['x-one'], headers.authorization]) : 'one\\ntwo\\n');
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  let server: ChildProcess;
  let base = '';

  beforeAll(async () => {
    server = spawn(process.execPath, ['-e', serving], { stdio: ['ignore', 'pipe', 'inherit'] });
    base = await new Promise((resolve) => server.stdout!.once('data', (port: Buffer) => resolve(`http://127.0.0.1:${port.toString().trim()}`)));
  });
  afterAll(() => void server.kill());

  it.each([
    ["{{ lookup('url', base ~ '/lines') }}", 'one,two'],
    ["{{ query('url', base ~ '/old') }}", ['one', 'two']],
    ["{{ query('url', base ~ '/lines', split_lines=False) }}", ['one\ntwo\n']],
    ["{{ lookup('url', base ~ '/headers', headers={'X-One': 1}, username='bob', password='pw', http_agent='me') | from_json }}", ['me', '1', 'Basic Ym9iOnB3']],
  ])('%s', (template, expected) => {
    expect(new Templar(scopeOf({ base }), { lookups: nodeLookups({ basedir: '/' }) }).render(template)).toEqual(expected);
  });

  it.each([
    ['/missing', 'HTTP status 404 Not Found'],
    ['/old', 'unexpected redirect', ", follow_redirects='none'"],
  ])('says what went wrong with %s', (path, found, more = '') => {
    const render = (): unknown => new Templar(scopeOf({ base }), { lookups: nodeLookups({ basedir: '/' }) }).render(`{{ lookup('url', base ~ '${path}'${more}) }}`);
    expect(render).toThrow(expect.objectContaining({ details: expect.objectContaining({ found: expect.stringContaining(found) as string }) as object }));
  });
});
