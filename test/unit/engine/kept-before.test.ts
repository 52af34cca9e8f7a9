import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepBeforeCommand, keptIntents, readKeptCommand, withKept } from '../../../src/engine/kept-before.ts';
import type { Intent, LedgerRecord } from '../../../src/engine/ledger.ts';
import type { Command } from '../../../src/shell.ts';

const intent = (id: string, kept: boolean): Intent => ({ type: 'intent', id, run: 'r', at: '', module: 'sysctl', subject: id, args: {}, before: {}, changes: [], revertible: true, ...(kept ? { kept } : {}) });
const first = intent('1', true);
const second = intent('2', true);

it.each<[string, LedgerRecord[], Intent[]]>([
  ['of secrets', [first, second], [first, second]],
  ['of nothing secret', [intent('3', false)], []],
  ['that was taken back', [first, second, { type: 'reverted', ids: ['1'], run: 'r', at: '' }], [second]],
])('the kept files %s', (_, records, expected) => {
  expect(keptIntents(records)).toEqual(expected);
});

// Run as a user who can't write /var/lib, so that it all lies in a home folder of the test's own.
describe('what is kept on a host', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'ctplay-kept-'));
    if (process.getuid?.() === 0) spawnSync('chown', ['65534:65534', home]);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function run(command: Command): { status: number | null; stdout: string } {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', command.text], { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home }, ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}) });
    return { status, stdout };
  }

  it('comes back as it was, is for its owner alone, and is not shown', () => {
    const before = { value: "it's\na $SECRET" };
    expect(keepBeforeCommand('1', before).display).not.toContain('SECRET');
    expect(run(keepBeforeCommand('1', before)).status).toBe(0);
    expect(run(keepBeforeCommand('2', {})).status).toBe(0);
    const { stdout } = run(readKeptCommand([first, second]));
    expect(withKept([first, intent('3', false), second], [first, second], stdout, 'web1')).toEqual([{ ...first, before }, intent('3', false), second]);
    const folder = path.join(home, '.local/state/ctplay/backup/before');
    expect(readdirSync(folder)).toEqual(['1', '2']);
    expect(statSync(path.join(folder, '1')).mode & 0o777).toBe(0o600);
  });

  it('is missed when somebody removed it', () => {
    expect(run(readKeptCommand([first])).status).not.toBe(0);
    expect(() => withKept([first], [first], 'hello\n', 'web1')).toThrow(expect.objectContaining({ code: 'ledger.unreadable' }));
  });
});
