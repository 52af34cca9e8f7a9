import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { Unrecorded } from './facts/reading.ts';
import { service, services, unitFilesChanged, type UnitProperties } from './facts/service.ts';
import { settled } from './facts/settled.ts';
import { managerOf, planService, revertService, serviceReturnValues, unitOf } from './shared/service.ts';

/** Units of systemd: state, enabling, masking, reading unit files again. */
export default defineModule({
  summary: 'Manage systemd units',
  description:
    '`restarted` and `reloaded` are done at every run: use them in handlers. `daemon_reload` is done only when unit files changed since systemd read them.',
  args: Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, aliases: ['unit', 'service'], description: 'The unit, such as `docker` or `docker.socket`.' })),
    state: Type.Optional(Type.Enum(['started', 'stopped', 'restarted', 'reloaded'], { description: '`started` and `stopped` do nothing when it is so already.' })),
    enabled: Type.Optional(Type.Boolean({ description: 'Whether it starts at boot.' })),
    masked: Type.Optional(Type.Boolean({ description: 'Whether it is impossible to start it.' })),
    daemon_reload: Type.Boolean({ default: false, aliases: ['daemon-reload'], description: 'Have systemd read the unit files again first.' }),
    daemon_reexec: Type.Boolean({ default: false, aliases: ['daemon-reexec'], description: 'Have systemd start itself anew first.' }),
    scope: Type.Enum(['system', 'user'], { default: 'system', description: "The system's manager, or that of the user who is logged in." }),
    force: Type.Boolean({ default: false, description: 'Replace links that are in the way when it is enabled.' }),
    no_block: Type.Boolean({ default: false, description: 'Do not wait until it has started or stopped.' }),
  }),
  returnValues: serviceReturnValues,
  examples: `- name: a unit that a copy task has just written
  systemd:
    name: tunnel.service
    daemon_reload: true
    enabled: true
    state: started
`,
  *validate(args) {
    if (args.name !== undefined) return;
    if (args.state !== undefined || args.enabled !== undefined || args.masked !== undefined) yield { path: [], message: '`state`, `enabled` and `masked` need the `name` of a unit' };
    else if (!args.daemon_reload && !args.daemon_reexec) yield { path: [], message: 'the task says nothing to do', hint: 'Give a `name` with `state`, `enabled` or `masked`, or `daemon_reload: true`.' };
  },
  subject: (args) => `unit ${args.name ?? '(all)'}`,
  facts: (args, _inputs, isLive = () => true) => ({
    ...(args.name === undefined ? { services: services([], args.scope), properties: settled<UnitProperties | undefined>(new Unrecorded({})) } : service(args.name, args.scope, isLive('status'))),
    changed: unitFilesChanged(args.scope),
  }),
  *plan(args, now) {
    if (managerOf(now.services) !== 'systemd') {
      throw new PreconditionError('systemd does not run on the host', { hint: 'Use the module `service`, which works with other init systems as well.' });
    }
    if (args.daemon_reexec) yield manage('daemon-reexec', args.scope);
    if (args.daemon_reload && now.changed) yield manage('daemon-reload', args.scope);
    if (args.name === undefined) return;
    yield* planService(args.name, { ...args, noBlock: args.no_block }, 'systemd', unitOf(now.services, args.name));
  },
  *revert(args, now, before) {
    if (args.name !== undefined) yield* revertService(args.name, args, now.services, before.services);
  },
  returns: (args, { now }) => ({
    ...(args.name === undefined ? {} : { name: args.name }),
    ...(args.state === undefined ? {} : { state: args.state === 'stopped' ? 'stopped' : 'started' }),
    ...(args.enabled === undefined ? {} : { enabled: args.enabled }),
    ...(now.properties === undefined ? {} : { status: now.properties.value }),
  }),
});

function manage(verb: 'daemon-reload' | 'daemon-reexec', scope: 'system' | 'user'): Change {
  return { action: verb === 'daemon-reload' ? 'update' : 'run', subject: `systemd: ${verb}`, commands: [sh`systemctl ${scope === 'user' ? sh`--user ` : nothing}${verb}`] };
}
