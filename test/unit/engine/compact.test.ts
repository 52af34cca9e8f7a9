import { describe, expect, it } from 'vitest';
import { compact, compactLedger, runsKept } from '../../../src/engine/compact.ts';
import { openSubjects, type Intent, type LedgerRecord } from '../../../src/engine/ledger.ts';
import { runsOf } from '../../../src/engine/ledger-runs.ts';

let made = 0;

/** One change of a subject by a run, complete unless told otherwise. */
function change(run: string, subject: string, more: Partial<Intent> = {}, failed: string | null = ''): LedgerRecord[] {
  const id = `id-${++made}`;
  const intent: Intent = { type: 'intent', id, run, at: '2026-01-01T00:00:00.000Z', module: 'create_bridge', subject, args: {}, before: {}, changes: [], revertible: true, ...more };
  return failed === null ? [intent] : [intent, { type: 'outcome', id, failed }];
}

const newerRuns = (): LedgerRecord[] => Array.from({ length: runsKept }, (_, index) => change(`new-${index}`, `link ${index}`)).flat();
const ofSubject = (records: readonly LedgerRecord[], subject: string) => openSubjects(records).find((one) => one.subject === subject);

describe('compact', () => {
  it('makes one record of what many runs changed, with the first reading and the last arguments', () => {
    const records = [
      ...change('old-1', 'br0', { before: { link: 'absent' }, args: { mtu: 1 } }),
      ...change('old-2', 'br0', { before: { link: 'present', ovs: 'none' }, args: { mtu: 2 } }),
      ...newerRuns(),
    ];
    const compacted = compact(records);
    expect(compacted).toHaveLength(records.length - 2);
    expect(ofSubject(compacted, 'br0')).toMatchObject({ before: { link: 'absent', ovs: 'none' }, args: { mtu: 2 }, halfMade: false, intents: [{ run: 'old-2' }] });
  });

  it('leaves the newest runs as they are', () => {
    const records = [...change('old', 'br0'), ...newerRuns(), ...change('newest', 'br0'), ...change('newest', 'br0')];
    expect(runsOf(compact(records)).find(({ run }) => run === 'newest')?.entries).toHaveLength(2);
  });

  it('forgets what old runs made and others took back, and remembers it of new ones', () => {
    const old = change('old', 'br0');
    const young = change('young', 'br1');
    const reverted: LedgerRecord = { type: 'reverted', ids: [old[0], young[0]].map((record) => (record as Intent).id), run: 'undo', at: '' };
    const compacted = compact([...old, ...newerRuns(), ...young, reverted]);
    expect(runsOf(compacted).map(({ run }) => run)).not.toContain('old');
    expect(runsOf(compacted).find(({ run }) => run === 'young')).toMatchObject({ entries: [{ state: 'taken-back', takenBackBy: 'undo' }] });
    expect(compacted.at(-1)).toEqual({ ...reverted, ids: [(young[0] as Intent).id] });
  });

  it.each([
    ['failed', '1:2'],
    ['was cut off', null],
  ])('keeps in mind that one of the changes %s', (_what, failed) => {
    const records = [...change('old-1', 'br0', {}, failed), ...change('old-2', 'br0'), ...newerRuns()];
    expect(ofSubject(compact(records), 'br0')).toMatchObject({ halfMade: true });
  });

  it('keeps of what has no way back the last', () => {
    const run = (name: string): LedgerRecord[] => change(name, 'command', { module: 'command', revertible: false });
    const compacted = compact([...run('old-1'), ...run('old-2'), ...run('old-3'), ...newerRuns()]);
    expect(ofSubject(compacted, 'command')).toMatchObject({ revertible: false, intents: [{ run: 'old-3' }] });
  });

  it('does not merge what was read into files of its own', () => {
    const records = [...change('old-1', 'file /a', { kept: true }), ...change('old-2', 'file /a', { kept: true }), ...newerRuns()];
    expect(compact(records)).toEqual(records);
  });

  it('says the same once more', () => {
    const records = compact([...change('old-1', 'br0'), ...change('old-2', 'br0'), ...newerRuns()]);
    expect(compact(records)).toEqual(records);
  });
});

describe('compactLedger', () => {
  const text = (records: readonly LedgerRecord[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

  it('is not worth it where little would go', () => {
    expect(compactLedger(text([...change('old-1', 'br0'), ...newerRuns()]), 'h')).toBeUndefined();
  });

  it('leaves out torn lines', () => {
    const many = Array.from({ length: 100 }, (_, index) => change(`old-${index}`, 'br0')).flat();
    expect(compactLedger(`{"type":"int\n${text([...many, ...newerRuns()])}`, 'h')).toHaveLength(2 + 2 * runsKept);
  });
});
