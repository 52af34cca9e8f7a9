/** The schema of what `--output json` prints, one object a line. The compiler holds it and src/events.ts together. */
import { Type, type Static, type TObject, type TProperties } from 'typebox';
import type { EventBody } from '../events.ts';
import { eventSchemaName } from './json.ts';

const host = Type.String({ description: 'The host’s name in the inventory.' });
const milliseconds = (description: string) => Type.Number({ description });
const optional = Type.Optional;

const span = Type.Object(
  {
    file: Type.String(),
    line: Type.Integer({ description: 'From 1, as the column.' }),
    column: Type.Integer(),
    endLine: optional(Type.Integer()),
    endColumn: optional(Type.Integer({ description: 'The column after the last character.' })),
  },
  { title: 'span', description: 'A place in a file of the user.' },
);

const error = Type.Object(
  {
    code: Type.String({ description: 'Stable, such as `task.failed` or `ssh.unreachable`.' }),
    message: Type.String(),
    span: optional(span),
    expected: optional(Type.String()),
    found: optional(Type.String()),
    hint: optional(Type.String({ description: 'What the person can do about it.' })),
    detail: optional(Type.String({ description: 'Further lines, such as a command’s stderr.' })),
  },
  { title: 'error', description: 'What went wrong, as a person is told.' },
);

const task = Type.Object(
  {
    id: Type.String({ description: 'The same for all hosts.' }),
    name: Type.String(),
    module: Type.String(),
    span,
    handler: Type.Boolean(),
  },
  { title: 'task', description: 'A task of the playbook.' },
);

const change = Type.Object(
  {
    action: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('replace'), Type.Literal('delete'), Type.Literal('run')]),
    subject: Type.String({ description: 'What it concerns: `bridge br0: mtu`.' }),
    from: optional(Type.Unknown({ description: 'Left out where there is nothing, as before a create.' })),
    to: optional(Type.Unknown({ description: 'Left out where there is nothing, as after a delete.' })),
    text: optional(Type.Object({ label: Type.String(), from: Type.String(), to: Type.String() }, { description: 'Contents of a file, for a unified diff.' })),
    commands: Type.Array(Type.String(), { description: 'What runs on the host; secrets are `***`.' }),
    typed: optional(Type.Array(Type.String(), { description: 'What a person would type for the same, where that is something else.' })),
    why: optional(Type.String()),
  },
  { title: 'change', description: 'A step from what is to what should be.' },
);

const counters = Type.Object(
  { ok: Type.Integer(), changed: Type.Integer(), unreachable: Type.Integer(), failed: Type.Integer(), skipped: Type.Integer(), rescued: Type.Integer(), ignored: Type.Integer() },
  { title: 'counters', description: 'Ansible’s counters; what changed also counts as ok.' },
);

const left = Type.Object(
  {
    kind: Type.String({ description: 'The kind of state, such as `link`.' }),
    key: Type.String({ description: 'Which one of its kind.' }),
    subject: Type.String({ description: '`bridge br1`.' }),
    words: Type.Array(Type.String(), { description: 'What became of it: `was added`.' }),
    by: Type.Union([Type.Literal('ctplay'), Type.Literal('hand')], { description: 'Who made it so.' }),
    why: Type.String({ description: 'Why it was left.' }),
  },
  { title: 'left', description: 'Something that isn’t as the baseline has it.' },
);

const seat = Type.Object(
  {
    host,
    state: Type.Union([Type.Literal('clean'), Type.Literal('left'), Type.Literal('planned'), Type.Literal('reset'), Type.Literal('failed'), Type.Literal('unreachable'), Type.Literal('interrupted')], { description: '`clean`: proven to be as the baseline has it; `reset`: taken back by the ledger alone; `planned`: in check mode.' }),
    changes: Type.Integer(),
    left: optional(Type.Integer({ description: 'How many things differ still; left out where that isn’t known.' })),
    why: optional(Type.String({ description: 'The first of them, or why the host failed.' })),
    durationMs: milliseconds('How long it took.'),
  },
  { title: 'seat', description: 'How a host ended.' },
);

const ended = {
  host,
  task,
  status: Type.Union([Type.Literal('ok'), Type.Literal('changed'), Type.Literal('failed'), Type.Literal('skipped'), Type.Literal('unreachable'), Type.Literal('interrupted')]),
  knownAfterApply: optional(Type.Boolean({ description: 'In check mode: an earlier pending change decides.' })),
  ignored: optional(Type.Boolean({ description: 'Failed, and `ignore_errors` goes on.' })),
  rescued: optional(Type.Boolean({ description: 'Failed, and a rescue goes on.' })),
  skipReason: optional(Type.String({ description: 'The condition that did not hold.' })),
  changes: Type.Array(change),
  result: Type.Record(Type.String(), Type.Unknown(), { description: 'Return values as `register` sees them; censored with no_log.' }),
  error: optional(error),
  args: optional(Type.Record(Type.String(), Type.Unknown(), { description: 'The arguments after templating that differ from their defaults; left out with no_log.' })),
  delegatedTo: optional(Type.String({ description: 'The host that the task acted on instead.' })),
  durationMs: milliseconds('How long it took.'),
};

/** What every line begins with. */
const common = {
  schema: Type.Literal(eventSchemaName),
  time: milliseconds('Since the epoch.'),
};

/** Types that fields of several events have. */
export const sharedTypes = [task, change, error, span, left, seat, counters] as const;

const bodies = {
  'run-start': {
    description: 'The first event.',
    fields: { runId: Type.String(), verb: Type.Union([Type.Literal('run'), Type.Literal('reset'), Type.Literal('undo'), Type.Literal('ledger'), Type.Literal('exec')]), check: Type.Boolean({ description: 'Nothing is changed.' }), diff: Type.Boolean(), files: Type.Array(Type.String(), { description: 'The playbooks.' }) },
  },
  'play-start': {
    description: 'A play begins on its hosts.',
    fields: { play: Type.String(), hosts: Type.Array(Type.String()), span: optional(span), tasks: Type.Integer({ description: 'Tasks for each host, as far as known before includes are reached.' }) },
  },
  'play-end': { description: 'All hosts are through with the play.', fields: { play: Type.String() } },
  'host-connect': { description: 'A connection is being made.', fields: { host, address: Type.String() } },
  'host-connected': { description: 'The connection stands.', fields: { host, retries: Type.Integer(), durationMs: milliseconds('How long it took.') } },
  'host-unreachable': { description: 'The host could not be reached, or the connection was lost; it drops out.', fields: { host, error } },
  'host-waiting': { description: 'The host waits for another run’s lock.', fields: { host, reason: Type.String() } },
  'host-proof': {
    description: 'What a reset to the baseline came to on a host, by what was read there afterwards.',
    fields: {
      host,
      baseline: Type.String({ description: 'Its name.' }),
      capturedAt: Type.String({ description: 'ISO 8601.' }),
      state: Type.Union([Type.Literal('clean'), Type.Literal('left'), Type.Literal('planned')], { description: '`planned` in check mode.' }),
      changes: Type.Integer(),
      passes: Type.Integer({ description: 'How often changes were planned and made.' }),
      left: Type.Array(left),
      kept: Type.Array(left, { description: 'What --keep names; the host may be clean all the same.' }),
      durationMs: milliseconds('How long it took.'),
    },
  },
  'host-end': { description: 'The host has nothing more to do in this play.', fields: { host, counters } },
  'task-start': { description: 'A task begins on a host.', fields: { host, task } },
  'task-retry': { description: 'Before each further attempt of `until`.', fields: { host, task, attempt: Type.Integer(), retries: Type.Integer() } },
  'task-item': { description: 'One item of a loop has ended; the task’s own end follows after the last.', fields: { ...ended, item: Type.Unknown(), label: Type.String({ description: 'What stands for the item.' }) } },
  'task-end': { description: 'A task has ended on a host.', fields: ended },
  log: { description: 'What -v levels show besides results.', fields: { level: Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(3)]), host: optional(host), message: Type.String() } },
  warning: { description: 'Something that is likely to be a mistake.', fields: { message: Type.String(), host: optional(host), span: optional(span) } },
  seats: { description: 'How each host ended, after a reset.', fields: { seats: Type.Array(seat) } },
  'run-end': {
    description: 'The last event.',
    fields: {
      exitStatus: Type.Integer(),
      counters: Type.Record(Type.String(), counters, { description: 'By host.' }),
      durationMs: milliseconds('How long the run took.'),
      roundTrips: Type.Record(Type.String(), Type.Integer(), { description: 'How often ctplay and the host took turns, by host.' }),
      interrupted: Type.Boolean({ description: 'Ended by Ctrl-C.' }),
    },
  },
} as const;

// Neither side may say what the other doesn't: a type of event or a field that is on one side alone, or differs, is a compile error.
type AsJson<T> = T extends object ? { -readonly [K in keyof T]: AsJson<Exclude<T[K], undefined>> } : T;
type Written<K extends EventBody['type']> = AsJson<Omit<Extract<EventBody, { type: K }>, 'type'>>;
type Described<K extends keyof typeof bodies> = AsJson<Static<TObject<(typeof bodies)[K]['fields']>>>;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? TProperties : 'src/events.ts differs';
type Agreeing = { readonly [K in EventBody['type']]: { readonly description: string; readonly fields: Same<Written<K>, Described<K>> } };

/** The types of events by name, in the order in which they may happen. */
export const eventTypes: Agreeing & Readonly<Record<EventBody['type'], { readonly fields: TProperties }>> = bodies;

export const eventSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'ctplay event',
  description: 'One line of `ctplay run --output json`. Programs should pass over fields and types that they do not know.',
  anyOf: Object.entries(eventTypes).map(([type, { description, fields }]) => Type.Object({ ...common, type: Type.Literal(type), ...fields }, { description })),
};
