import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { awaited } from './facts/awaited.ts';

const args = Type.Object({
  host: Type.String({ default: '127.0.0.1', description: 'The address or name to connect to, from the host.' }),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'The TCP port to wait for.' })),
  path: Type.Optional(Type.String({ minLength: 1, description: 'The file to wait for.' })),
  search_regex: Type.Optional(Type.String({ description: 'A regular expression that must come from the port or stand in the file.' })),
  state: Type.Enum(['started', 'present', 'stopped', 'absent', 'drained'], {
    default: 'started',
    description: 'What to wait for: that the port answers or the file is there (`started`, `present`), that it is not so (`stopped`, `absent`), or that the port has no connections left (`drained`).',
  }),
  timeout: Type.Integer({ default: 300, minimum: 0, description: 'Seconds after which the task fails.' }),
  delay: Type.Integer({ default: 0, minimum: 0, description: 'Seconds to wait before looking at all.' }),
  connect_timeout: Type.Integer({ default: 5, minimum: 1, description: 'Seconds for one attempt to connect.' }),
  sleep: Type.Number({ default: 1, minimum: 0, description: 'Seconds between attempts.' }),
  active_connection_states: Type.Array(Type.Enum(['ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'SYN_RECV', 'SYN_SENT', 'TIME_WAIT']), { default: ['ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'SYN_RECV', 'SYN_SENT', 'TIME_WAIT'], description: 'With `drained`: what counts as a connection.' }),
  exclude_hosts: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'With `drained`: addresses whose connections do not count.' })),
  msg: Type.Optional(Type.String({ description: 'What to say instead when it does not come.' })),
});
type Args = Static<typeof args>;

/** A port or a file, waited for. */
export default defineModule({
  summary: 'Wait for a port or a file',
  description: 'The host looks by itself, so waiting costs no round trips. Without `port` and `path` it only waits, for `timeout` seconds.',
  args,
  returnValues: { state: 'the argument', port: 'the argument', path: 'the argument', search_regex: 'the argument', elapsed: 'how many seconds it took', match_groups: 'as in Ansible, but empty: groups of the expression are not returned', match_groupdict: 'the same: empty' },
  examples: `
- wait_for: {port: 22, timeout: 30}
- wait_for: {path: /run/openvswitch/db.sock}
`,
  readWhen: 'due',
  *validate({ port, path, state, search_regex, exclude_hosts }) {
    if (port !== undefined && path !== undefined) yield { path: ['path'], message: 'port and path exclude each other' };
    if (state === 'drained' && port === undefined) yield { path: ['state'], message: 'state: drained needs port' };
    if (exclude_hosts !== undefined && state !== 'drained') yield { path: ['exclude_hosts'], message: 'exclude_hosts goes with state: drained' };
    if (search_regex !== undefined && port === undefined && path === undefined) yield { path: ['search_regex'], message: 'search_regex needs port or path' };
  },
  subject: (given) => awaitedThing(given),
  facts: (given) => ({ awaited: awaited({ ...given, port: given.port, path: given.path, search_regex: given.search_regex, connection_states: given.active_connection_states, exclude_hosts: given.exclude_hosts ?? [] }) }),
  *plan(given, now) {
    if (now.awaited.lacks !== undefined) throw new PreconditionError(`${now.awaited.lacks} is not installed, so nobody can tell which connections there are`, { hint: 'Install the package iproute2.' });
    if (now.awaited.reached || (given.port === undefined && given.path === undefined)) return;
    const what = { started: 'did not answer', present: 'did not come', stopped: 'still answers', absent: 'is still there', drained: 'still has connections' }[given.state];
    const missing = given.state === 'started' && given.path !== undefined ? 'did not come' : what;
    throw new PreconditionError(given.msg ?? `${awaitedThing(given)} ${missing} within ${given.timeout} s`, { hint: 'A longer timeout, or a look at what should have brought it about.' });
  },
  returns: ({ state, port, path, search_regex }, { now }) => ({ state, port: port ?? null, path: path ?? null, search_regex: search_regex ?? null, elapsed: now.awaited.elapsed, match_groups: [], match_groupdict: {} }),
});

function awaitedThing({ host, port, path, search_regex }: Args): string {
  const thing = path ?? (port === undefined ? 'time' : `${host}:${port}`);
  return search_regex === undefined ? thing : `'${search_regex}' from ${thing}`;
}
