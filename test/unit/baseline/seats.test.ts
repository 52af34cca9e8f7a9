import { describe, expect, it } from 'vitest';
import { baselineName, chooseKinds, folderList } from '../../../src/baseline/choice.ts';
import { SeatWatch, seatsFile } from '../../../src/baseline/seats.ts';
import { duration } from '../../../src/cli/duration.ts';
import type { EventBody, HostProof, SeatView } from '../../../src/events.ts';
import { driftJson, driftLines } from '../../../src/report/drift.ts';
import { proofLines, seatLines } from '../../../src/report/seats.ts';
import { createStyle } from '../../../src/report/style.ts';
import { thingKind } from './machinery.ts';

const style = createStyle(false);
const left = { kind: 'link', key: 'br0', subject: 'bridge br0', words: ['was added', 'is up'], by: 'hand', why: 'it carries the\nmanagement session' } as const;
const proof: HostProof = { host: 'h1', baseline: 'default', capturedAt: '2026-03-01T08:00:00.000Z', state: 'clean', changes: 3, passes: 1, left: [], kept: [], durationMs: 1200 };

describe('the watch of seats', () => {
  const task = { id: 't', name: 't', module: 'm', span: { file: 'f', line: 1, column: 1 }, handler: false };
  const ended = (host: string, status: 'changed' | 'failed', ignored = false): EventBody => ({ type: 'task-end', host, task, status, changes: [], result: {}, durationMs: 0, ...(ignored ? { ignored } : {}), ...(status === 'failed' ? { error: { code: 'task.failed', message: 'it broke' } } : {}) });
  const end: EventBody = { type: 'host-end', host: 'h1', counters: { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 } };
  const seats = (events: readonly EventBody[], { check = false, interrupted = false } = {}): SeatView[] => {
    const told: EventBody[] = [];
    const watch = new SeatWatch((event) => told.push(event));
    const all: EventBody[] = [
      { type: 'run-start', runId: 'r', verb: 'reset', check, diff: false, files: [] },
      { type: 'play-start', play: 'reset', hosts: ['h1'], tasks: 0 },
      ...events,
      { type: 'run-end', exitStatus: 0, counters: {}, durationMs: 0, roundTrips: {}, interrupted },
    ];
    for (const event of all) watch.emit(event);
    expect(told.map(({ type }) => type)).toEqual([...all.slice(0, -1).map(({ type }) => type), 'seats', 'run-end']);
    const event = told.at(-2)!;
    return event.type === 'seats' ? [...event.seats] : [];
  };

  it.each<[what: string, events: EventBody[], seat: Partial<SeatView>, how?: { check?: boolean; interrupted?: boolean }]>([
    ['a clean one', [ended('h1', 'changed'), ended('h1', 'failed', true), { type: 'host-proof', ...proof }], { state: 'clean', changes: 1, left: 0 }],
    ['one that differs still', [{ type: 'host-proof', ...proof, state: 'left', left: [left] }], { state: 'left', left: 1, why: 'bridge br0 was added, is up: it carries the\nmanagement session' }],
    ['one that was stopped', [{ type: 'host-proof', ...proof, state: 'left', left: [left] }], { state: 'interrupted' }, { interrupted: true }],
    ['one that had no turn', [], { state: 'interrupted' }, { interrupted: true }],
    ['one whose run broke off', [ended('h1', 'changed')], { state: 'interrupted' }],
    ['one in check mode', [end], { state: 'planned' }, { check: true }],
    ['one by its ledger', [ended('h1', 'changed'), end], { state: 'reset', changes: 1 }],
    ['one by its ledger, with a failure', [ended('h1', 'failed')], { state: 'failed', why: 'it broke' }],
    ['one that is locked', [{ type: 'host-unreachable', host: 'h1', error: { code: 'host.locked', message: 'locked' } }], { state: 'failed', why: 'locked' }],
    ['one that is off', [{ type: 'host-unreachable', host: 'h1', error: { code: 'ssh.unreachable', message: 'no route' } }], { state: 'unreachable', why: 'no route' }],
  ])('knows %s', (_what, events, seat, how) => expect(seats(events, how)).toMatchObject([{ host: 'h1', ...seat }]));
});

const table: SeatView[] = [
  { host: 'h1', state: 'clean', changes: 12, left: 0, durationMs: 4100 },
  { host: 'host10', state: 'unreachable', changes: 0, why: 'no "route", to\nhost', durationMs: 61_000 },
];

describe('the table of seats', () => {
  it('is drawn in columns', () => {
    expect(seatLines(table, style)).toEqual([
      'HOST    STATE        CHANGES  LEFT   TIME',
      'h1      clean             12     0   4.1s',
      'host10  unreachable        0     -  1m01s  no "route", to host',
    ]);
  });
  it('is written as JSON', () => expect(JSON.parse(seatsFile('x.JSON', table))).toEqual(table));
  it('is written as CSV', () => expect(seatsFile('x.csv', [...table, { host: '=1+1', state: 'failed', changes: 0, why: '-x', durationMs: 0 }])).toBe('host,state,changes,left,seconds,why\r\nh1,clean,12,0,4.1,\r\nhost10,unreachable,0,,61.0,"no ""route"", to\nhost"\r\n\'=1+1,failed,0,,0.0,\'-x\r\n'));
});

describe('the proof of a host', () => {
  it.each<[proof: Partial<HostProof>, lines: string[]]>([
    [{}, ["h1  clean    as in the baseline 'default' of 2026-03-01 08:00"]],
    [{ kept: [{ ...left, why: '--keep br0 names it' }] }, ["h1  clean    as in the baseline 'default' of 2026-03-01 08:00, but for 1 thing that --keep names", '    bridge br0 was added, is up, by hand: --keep br0 names it']],
    [{ state: 'left', passes: 2, left: [left] }, ["h1  left     1 difference from the baseline 'default' of 2026-03-01 08:00 after 2 passes", '    bridge br0 was added, is up, by hand: it carries the management session']],
    [{ state: 'planned' }, ["h1  planned  3 changes back to the baseline 'default' of 2026-03-01 08:00"]],
  ])('%j', (more, lines) => expect(proofLines({ ...proof, ...more }, 2, style)).toEqual(lines));
});

describe('drift', () => {
  const baseline = { format: 1, id: 'i', name: 'default', host: 'h1', machineId: 'm', capturedAt: '2026-03-01T08:00:00.000Z', capturedBy: 'ann@desk', settings: { folders: ['/etc'] }, states: '', contents: '' } as const;
  const differing = { host: 'h1', baseline, differences: [{ kind: 'link', key: 'br1', subject: 'bridge br1', words: ['was added'], origin: { by: 'hand' as const }, now: 1 }], incomparable: [{ kind: 'thing', why: 'it sleeps' }], notes: ['look'] };

  it('is told in lines', () => {
    expect(driftLines([differing, { host: 'h2', baseline, differences: [], incomparable: [], notes: [] }, { host: 'h3', differences: [], incomparable: [], notes: [], error: { code: 'baseline.missing', message: 'none' } }], style)).toEqual([
      "h1: 1 difference from the baseline 'default' of 2026-03-01 08:00",
      '  note: look',
      '  bridge br1 was added, by hand',
      "  thing can't be compared: it sleeps",
      "h2: as in the baseline 'default' of 2026-03-01 08:00",
    ]);
  });

  it('is one JSON object', () => {
    expect(JSON.parse(driftJson('default', [differing]))).toEqual({
      schema: 'ctplay.drift/1',
      name: 'default',
      hosts: { h1: { baseline: { id: 'i', capturedAt: baseline.capturedAt, capturedBy: 'ann@desk', settings: { folders: ['/etc'] } }, differences: differing.differences, incomparable: differing.incomparable, notes: ['look'] } },
    });
  });
});

describe('what the command line says', () => {
  it.each<[text: string, milliseconds: number]>([['90', 90_000], ['90s', 90_000], ['10m', 600_000], ['1h30m', 5_400_000], ['0.5m', 30_000]])('%s is %d ms', (text, milliseconds) => expect(duration(text, '--deadline')).toBe(milliseconds));
  it.each(['', 'soon', '10 m', '-5', '5d', 'm'])('%j is no length of time', (text) => expect(() => duration(text, '--deadline')).toThrow(/--deadline takes a length of time/));
  it.each(['default', 'term-1', 'a.b_c'])('%s can name a baseline', (name) => expect(baselineName(name)).toBe(name));
  it.each(['', '.', '../x', 'a b', '-x', 'a/b'])('%j can not', (name) => expect(() => baselineName(name)).toThrow(/can't name a baseline/));
  it('folders are absolute, and each is named once', () => {
    expect(folderList('/home/,/etc, /home,/')).toEqual(['/', '/etc', '/home']);
    expect(() => folderList('/etc,home')).toThrow(/absolute/);
  });
  it('kinds are known', () => {
    expect(chooseKinds([thingKind], undefined)).toEqual([thingKind]);
    expect(chooseKinds([thingKind], ['thing'])).toEqual([thingKind]);
    expect(() => chooseKinds([thingKind], ['thin'])).toThrow(expect.objectContaining({ details: expect.objectContaining({ hint: "Did you mean 'thing'?" }) }));
  });
});
