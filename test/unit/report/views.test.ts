import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { ErrorView, Event, EventBody, Reporter, TaskEndEvent, TaskItemEvent } from '../../../src/events.ts';
import { eventSchema } from '../../../src/report/event-schema.ts';
import { createReporter, defaultKind, type ReportOptions, type ReporterKind } from '../../../src/report/index.ts';
import { wantsColor } from '../../../src/report/style.ts';
import { play, simulate } from '../../harness/events.ts';

/** What a view prints, as lines. */
async function print(kind: ReporterKind, events: readonly EventBody[], options: Partial<ReportOptions> = {}): Promise<string[]> {
  let text = '';
  const output = { write: (part: string) => (text += part) !== '', on: () => undefined, off: () => undefined };
  const reporter: Reporter = await createReporter(kind, { stdout: output, stderr: output, verbosity: 0, diff: false, check: false, color: false, ...options });
  for (const event of events) reporter.handle({ time: 0, ...event });
  await reporter.close();
  return text.replace(/\n$/, '').split('\n');
}

const task = { id: '1', name: 'Create bridge br0', module: 'create_bridge', span: { file: '/nowhere/lab.yaml', line: 4, column: 7 }, handler: false };
const end = (given: Partial<TaskEndEvent> = {}): TaskEndEvent => ({ type: 'task-end', host: 'host1', task, status: 'ok', changes: [], result: {}, durationMs: 340, ...given });
const item = (label: string, given: Partial<TaskItemEvent> = {}): TaskItemEvent => ({ ...end(), type: 'task-item', item: label, label, ...given }) as TaskItemEvent;
const error: ErrorView = { code: 'task.failed', message: 'ip ended with exit status 2', span: task.span, hint: 'Look at it.', detail: 'RTNETLINK answers: File exists' };

describe('plain lines', () => {
  it.each<[string, EventBody[], Partial<ReportOptions>, string[]]>([
    ['a task that was ok', [end()], {}, ['host1  ok       Create bridge br0  0.3s']],
    ['a change', [end({ status: 'changed', changes: [{ action: 'update', subject: 'bridge br0: mtu', from: 1500, to: 1450, commands: ['ip link set br0 mtu 1450'] }] })], {}, ['host1  changed  Create bridge br0  0.3s', '    update bridge br0: mtu: 1500 → 1450']],
    ['a change to come', [end({ status: 'changed' })], { check: true }, ['host1  would change  Create bridge br0  0.3s']],
    ['what is known after apply', [end({ knownAfterApply: true })], { check: true }, ['host1  ok            Create bridge br0 (known after apply)  0.3s']],
    ['a skipped task', [end({ status: 'skipped', skipReason: "x == 'y'" })], {}, ["host1  skipped  Create bridge br0 (x == 'y')  0.3s"]],
    ['a handler on another host', [end({ task: { ...task, handler: true }, delegatedTo: 'host2' })], {}, ['host1 -> host2  ok       Create bridge br0 (handler)  0.3s']],
    ['a name of two lines', [end({ task: { ...task, name: 'a\nb\x1b[2J' } })], {}, ['host1  ok       a b  0.3s']],
    ['a result with -v', [end({ result: { changed: false, name: 'br0', stdout_lines: ['x'] } })], { verbosity: 1 }, ['host1  ok       Create bridge br0  0.3s', '    result:', '      name: br0']],
    ['arguments with -vv', [end({ args: { name: 'br0' } })], { verbosity: 2 }, ['host1  ok       Create bridge br0  0.3s', '    args:', '      name: br0']],
    ['the SSH layer with -vvv', [{ type: 'log', level: 3, host: 'host1', message: 'key exchange done' }], { verbosity: 3 }, ['host1  key exchange done']],
    ['no SSH layer with -vv', [{ type: 'log', level: 3, host: 'host1', message: 'key exchange done' }], { verbosity: 2 }, ['']],
    ['a warning', [{ type: 'warning', message: 'this matches nothing', span: task.span }], {}, ['warning: this matches nothing (/nowhere/lab.yaml:4)']],
    ['a retry', [{ type: 'task-retry', host: 'host1', task, attempt: 2, retries: 3 }], {}, ['host1  retry    Create bridge br0 (2 of 3)']],
    ['a lock', [{ type: 'host-waiting', host: 'host1', reason: 'kim runs ctplay since 12:00' }], {}, ['host1  waits  kim runs ctplay since 12:00']],
    ['an unreachable host', [{ type: 'host-unreachable', host: 'host1', error: { code: 'ssh.unreachable', message: 'no route to 10.0.0.3' } }], {}, ['host1  unreachable', '    error: no route to 10.0.0.3 [ssh.unreachable]']],
    [
      'why a host is unreachable once',
      [end({ status: 'unreachable', error: { code: 'ssh.unreachable', message: 'gone' } }), { type: 'host-unreachable', host: 'host1', error: { code: 'ssh.unreachable', message: 'gone' } }],
      {},
      ['host1  unreachable  Create bridge br0  0.3s', '    error: gone [ssh.unreachable]'],
    ],
  ])('show %s', async (_what, events, options, expected) => expect(await print('plain', events, options)).toEqual(expected));

  it.each<[string, object, string[]]>([
    ['a message', { msg: 'hello\nworld', changed: false }, ['    hello', '    world']],
    ['a variable', { addresses: ['10.0.0.1'], changed: false }, ['    addresses:', '      - 10.0.0.1']],
  ])('show %s of debug without -v, and with it not twice', async (_what, result, expected) => {
    const event = end({ task: { ...task, module: 'debug' }, result: result as TaskEndEvent['result'] });
    expect((await print('plain', [event])).slice(1)).toEqual(expected);
    expect((await print('plain', [event], { verbosity: 1 })).slice(1)).toEqual(expected);
  });

  it('show a failure with its place, what to do, the host’s output and the arguments', async () => {
    const stdout = Array.from({ length: 30 }, (_, line) => `line ${line + 1}`).join('\n');
    expect(await print('plain', [end({ status: 'failed', error, result: { stdout, stderr: 'RTNETLINK answers: File exists\n' }, args: { name: 'br0' } })])).toEqual([
      'host1  failed   Create bridge br0  0.3s',
      '    /nowhere/lab.yaml:4:7: ip ended with exit status 2 [task.failed]',
      '      hint      Look at it.',
      '        RTNETLINK answers: File exists',
      '    stdout:',
      '      … 10 more lines with -v',
      ...Array.from({ length: 20 }, (_, line) => `      line ${line + 11}`),
      '    args:',
      '      name: br0',
    ]);
  });

  it.each([
    ['ignored', { ignored: true }],
    ['rescued', { rescued: true }],
  ])('show a failure that is %s in short', async (word, given) => {
    expect(await print('plain', [end({ status: 'failed', error, args: { name: 'br0' }, ...given })])).toEqual([`host1  failed   Create bridge br0 (${word})  0.3s`, '    ip ended with exit status 2']);
  });

  it('show what a loop did item by item, and once', async () => {
    const change = { action: 'create' as const, subject: 'bridge', to: 'br0', commands: [] };
    expect(await print('plain', [item('br0', { status: 'changed', changes: [change] }), item('br1', { status: 'failed', error }), end({ status: 'failed', changes: [change], error: { ...error, message: 'one item of two failed' }, args: { name: 'br1' } }), end()])).toEqual([
      'host1  changed  Create bridge br0 (item=br0)  0.3s',
      '    create bridge: br0',
      'host1  failed   Create bridge br0 (item=br1)  0.3s',
      '    /nowhere/lab.yaml:4:7: ip ended with exit status 2 [task.failed]',
      '      hint      Look at it.',
      '        RTNETLINK answers: File exists',
      'host1  failed   Create bridge br0  0.3s',
      '    error: one item of two failed [task.failed]',
      'host1  ok       Create bridge br0  0.3s',
    ]);
  });

  it('line up the hosts’ names', async () => {
    expect(await print('plain', [{ type: 'play-start', play: 'Lab', hosts: ['host1', 'host10'], tasks: 1 }, end(), end({ host: 'host10' })])).toEqual(['PLAY Lab (2 hosts)', 'host1   ok       Create bridge br0  0.3s', 'host10  ok       Create bridge br0  0.3s']);
  });

  it('are the same for the same run, whatever the colors', async () => {
    const events = simulate({ hosts: 3, failing: [2], diff: true });
    const plain = await print('plain', events, { diff: true, verbosity: 2 });
    const colored = await print('plain', events, { diff: true, verbosity: 2, color: true });
    expect(colored.join('\n')).toContain('\x1b[31mfailed');
    expect(colored.join('\n').replace(/\x1b\[\d+m/g, '')).toBe(plain.join('\n'));
  });
});

describe('JSON', () => {
  const events: Event[] = [
    ...simulate({ hosts: 3, failing: [1], unreachable: [2], check: true }),
    ...([
      { type: 'task-retry', host: 'a', task, attempt: 1, retries: 3 },
      { type: 'host-waiting', host: 'a', reason: 'lock' },
      { type: 'log', level: 0, message: 'm' },
      { type: 'warning', message: 'm', span: { ...task.span, endLine: 4, endColumn: 9 } },
      { ...end({ status: 'failed', error, ignored: true, delegatedTo: 'b', args: {} }) },
    ] satisfies EventBody[]).map((event) => ({ time: 1, ...event })),
  ];

  it('is one event a line, each as the schema says and with nothing else', async () => {
    const lines = await print('json', events);
    expect(lines).toHaveLength(events.length);
    const validate = new Ajv({ strict: false, allErrors: true, discriminator: false }).compile(closed(eventSchema));
    for (const line of lines) expect(validate(JSON.parse(line)) ? [] : [line, validate.errors]).toEqual([]);
    expect(JSON.parse(lines[0]!)).toEqual({ schema: 'ctplay.events/1', ...events[0]! });
  });

  it('has a schema that refuses other things', () => {
    const validate = new Ajv({ strict: false }).compile(eventSchema);
    expect(validate({ schema: 'ctplay.events/1', time: 1, type: 'play-end', play: 'x' })).toBe(true);
    expect(validate({ schema: 'ctplay.events/1', time: 1, type: 'play-end' })).toBe(false);
    expect(validate({ schema: 'ctplay.events/2', time: 1, type: 'play-end', play: 'x' })).toBe(false);
    expect(validate({ schema: 'ctplay.events/1', time: 1, type: 'play-over', play: 'x' })).toBe(false);
  });

  it('leaves out what -v asks for', async () => {
    const log: EventBody = { type: 'log', level: 3, message: 'm' };
    expect(await print('json', [log])).toEqual(['']);
    expect(await print('json', [log], { verbosity: 3 })).toHaveLength(1);
  });
});

/** The schema, with every object closed to fields that it doesn't name. */
function closed(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema as unknown as object;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema ? { ...inner, additionalProperties: false } : inner;
}

describe('JUnit', () => {
  it('has a suite for each host and a case for each task', async () => {
    expect(
      await print('junit', [
        { type: 'run-start', runId: 'x', verb: 'run', check: false, diff: false, files: [] },
        { type: 'play-start', play: 'Lab <1>', hosts: ['host1', 'host2'], tasks: 1 },
        end(),
        end({ status: 'skipped', skipReason: 'a < b' }),
        end({ status: 'failed', error: { code: 'task.failed', message: 'say "no"', detail: '\x1b[31m<nothing>\x00' } }),
        end({ status: 'failed', error, ignored: true }),
        { type: 'host-unreachable', host: 'host2', error: { code: 'ssh.unreachable', message: 'gone' } },
        { type: 'run-end', exitStatus: 2, counters: {}, durationMs: 1234, roundTrips: {}, interrupted: false },
      ]),
    ).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="ctplay" tests="5" failures="1" errors="1" skipped="2" time="1.234">',
      '  <testsuite name="host1" tests="4" failures="1" errors="0" skipped="2" time="1.360" timestamp="1970-01-01T00:00:00.000Z">',
      '    <testcase name="Create bridge br0" classname="Lab &lt;1&gt;" time="0.340" file="/nowhere/lab.yaml" line="4"/>',
      '    <testcase name="Create bridge br0" classname="Lab &lt;1&gt;" time="0.340" file="/nowhere/lab.yaml" line="4"><skipped message="a &lt; b"/></testcase>',
      '    <testcase name="Create bridge br0" classname="Lab &lt;1&gt;" time="0.340" file="/nowhere/lab.yaml" line="4"><failure message="say &quot;no&quot;">error: say "no" [task.failed]',
      '    &lt;nothing&gt;\uFFFD</failure></testcase>',
      '    <testcase name="Create bridge br0" classname="Lab &lt;1&gt;" time="0.340" file="/nowhere/lab.yaml" line="4"><skipped message="ip ended with exit status 2">/nowhere/lab.yaml:4:7: ip ended with exit status 2 [task.failed]',
      '  hint      Look at it.',
      '    RTNETLINK answers: File exists</skipped></testcase>',
      '  </testsuite>',
      '  <testsuite name="host2" tests="1" failures="0" errors="1" skipped="0" time="0.000" timestamp="1970-01-01T00:00:00.000Z">',
      '    <testcase name="connect" classname="Lab &lt;1&gt;" time="0.000"><error message="gone">error: gone [ssh.unreachable]</error></testcase>',
      '  </testsuite>',
      '</testsuites>',
    ]);
  });
});

describe('the choice', () => {
  const output = (isTTY: boolean) => ({ write: () => true, on: () => undefined, off: () => undefined, isTTY });
  it.each([
    [true, {}, 'live', true],
    [true, { TERM: 'dumb' }, 'plain', false],
    [true, { NO_COLOR: '1' }, 'live', false],
    [true, { NO_COLOR: '' }, 'live', true],
    [false, {}, 'plain', false],
    [false, { FORCE_COLOR: '1' }, 'plain', true],
    [false, { FORCE_COLOR: '0' }, 'plain', false],
  ] as const)('terminal: %s, %j: %s, colors: %s', (isTTY, env, kind, color) => {
    expect(defaultKind(output(isTTY), env)).toBe(kind);
    expect(wantsColor(output(isTTY), env)).toBe(color);
  });
});

it('a simulated run in real time ends with its last event', async () => {
  const seen: string[] = [];
  await play(simulate({ hosts: 2, converged: true }), { handle: (event) => void seen.push(event.type), close: () => undefined }, 10);
  expect(seen.at(0)).toBe('run-start');
  expect(seen.at(-1)).toBe('run-end');
});
