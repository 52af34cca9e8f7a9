import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { intentCommand, openSubjects, outcomeCommand, parseLedger, readLedgerCommand, removeLedgerCommand, revertedCommand, type Intent, type LedgerRecord } from '../../../src/engine/ledger.ts';
import { sh, type Command } from '../../../src/shell.ts';

function intent(id: string, subject: string, before: Record<string, unknown> = {}, more: Partial<Intent> = {}): Intent {
  return { type: 'intent', id, run: 'run-1', at: '2026-01-01T00:00:00.000Z', module: 'create_bridge', subject, args: { name: subject }, before, changes: [], revertible: true, ...more };
}

describe('openSubjects', () => {
  it('orders subjects by their first intent', () => {
    const records: LedgerRecord[] = [intent('1', 'br0'), intent('2', 'gre0'), intent('3', 'br0')];
    expect(openSubjects(records).map((one) => one.subject)).toEqual(['br0', 'gre0']);
  });

  it('keeps the oldest reading of each fact and the newest arguments', () => {
    const [subject] = openSubjects([intent('1', 'br0', { link: 'absent' }, { args: { mtu: 1 } }), intent('2', 'br0', { link: 'present', ovs: 'x' }, { args: { mtu: 2 } })]);
    expect(subject).toMatchObject({ before: { link: 'absent', ovs: 'x' }, args: { mtu: 2 } });
  });

  it('forgets what was reverted and starts anew with what came after', () => {
    const records: LedgerRecord[] = [intent('1', 'br0', { link: 'old' }), { type: 'reverted', ids: ['1'], run: 'r', at: '' }, intent('2', 'br0', { link: 'new' })];
    expect(openSubjects(records)).toMatchObject([{ before: { link: 'new' }, intents: [{ id: '2' }] }]);
  });

  it.each([
    [[], true],
    [[{ type: 'outcome', id: '1', failed: '' }], false],
    [[{ type: 'outcome', id: '1', failed: '2:1' }], true],
  ] as [LedgerRecord[], boolean][])('with outcomes %j half made is %s', (outcomes, halfMade) => {
    expect(openSubjects([intent('1', 'br0'), ...outcomes])[0]?.halfMade).toBe(halfMade);
  });
});

describe('parseLedger', () => {
  it('leaves out a torn line wherever it is', () => {
    const text = `${JSON.stringify(intent('1', 'br0'))}\n{"type":"inte\n${JSON.stringify(intent('2', 'br1'))}\n{"ty`;
    expect(parseLedger(text, 'h').map((record) => 'id' in record && record.id)).toEqual(['1', '2']);
  });

  it("says where somebody else's text stands", () => {
    expect(() => parseLedger('hello\n', 'web1')).toThrow(expect.objectContaining({ code: 'ledger.unreadable', message: 'line 1 of the ledger on web1 is not a record of ctplay\'s' }));
  });
});

// Run as a user who can't write /var/lib, so that the ledger lies in a home folder of the test's own.
describe('the ledger on a host', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'ctplay-ledger-'));
    if (process.getuid?.() === 0) spawnSync('chown', ['65534:65534', home]);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function run(command: Command, failed = ''): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command.text], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, CTPLAY_FAILED: failed },
      ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
    });
    return { status, stdout, stderr };
  }
  const file = (): string => path.join(home, '.local/state/ctplay/ledger.jsonl');

  it('is written, read back and removed', () => {
    const one = intent('1', "it's $HOME `x`", { text: 'line\nbreak' });
    expect(run(sh`${intentCommand(one)} && ${outcomeCommand('1')}`, '1:2')).toMatchObject({ status: 0, stderr: '' });
    expect(run(revertedCommand({ type: 'reverted', ids: ['1'], run: 'r', at: 'now' }))).toMatchObject({ status: 0 });
    expect(parseLedger(run(readLedgerCommand).stdout, 'h')).toEqual([one, { type: 'outcome', id: '1', failed: '1:2' }, { type: 'reverted', ids: ['1'], run: 'r', at: 'now' }]);
    expect(run(removeLedgerCommand).status).toBe(0);
    expect(run(readLedgerCommand)).toMatchObject({ status: 0, stdout: '' });
  });

  it('holds no outcome of what was not begun in the same batch', () => {
    expect(run(sh`${intentCommand(intent('1', 'br0'))}; ${outcomeCommand('1')}; ${outcomeCommand('2')}`)).toMatchObject({ status: 0, stderr: '' });
    expect(run(outcomeCommand('1'))).toMatchObject({ status: 0, stderr: '' });
    expect(parseLedger(readFileSync(file(), 'utf8'), 'h').map((record) => `${record.type} ${'id' in record ? record.id : ''}`)).toEqual(['intent 1', 'outcome 1']);
  });

  it('starts a new line after a torn one', () => {
    run(intentCommand(intent('1', 'br0')));
    writeFileSync(file(), '{"type":"int', { flag: 'a' });
    run(intentCommand(intent('2', 'br1')));
    expect(parseLedger(readFileSync(file(), 'utf8'), 'h').map((record) => 'id' in record && record.id)).toEqual(['1', '2']);
  });

  it('fails when it cannot be written, so that no change is made', () => {
    rmSync(home, { recursive: true });
    writeFileSync(home, 'a file where the folder should be', { mode: 0o666 });
    chmodSync(home, 0o666);
    expect(run(intentCommand(intent('1', 'br0'))).status).not.toBe(0);
  });

  it('lies in /var/tmp for a user without a home', () => {
    rmSync(home, { recursive: true });
    expect(run(intentCommand(intent('1', 'br0')))).toMatchObject({ status: 0, stderr: '' });
    expect(parseLedger(run(readLedgerCommand).stdout, 'h')).toHaveLength(1);
    expect(run(removeLedgerCommand).status).toBe(0);
    expect(run(readLedgerCommand).stdout).toBe('');
  });

  it('keeps what others put into its folder', () => {
    run(intentCommand(intent('1', 'br0')));
    const stranger = path.join(path.dirname(file()), 'stranger');
    writeFileSync(stranger, '');
    expect(run(removeLedgerCommand).status).toBe(0);
    expect(readFileSync(stranger, 'utf8')).toBe('');
  });
});
