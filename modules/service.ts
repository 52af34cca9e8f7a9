import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { service } from './facts/service.ts';
import { each } from './shared/refusals.ts';
import { managerOf, planService, revertService, serviceReturnValues, unitOf } from './shared/service.ts';

/** Services, whatever manages them. */
export default defineModule({
  summary: 'Start, stop and enable services',
  description:
    'Works under systemd and under sysvinit. `restarted` and `reloaded` are done at every run: use them in handlers. Things that only systemd has (masking, reading unit files again) are in `systemd`.',
  args: Type.Object({
    name: Type.String({ minLength: 1, description: 'The service, such as `docker`.' }),
    state: Type.Optional(
      Type.Enum(['started', 'stopped', 'restarted', 'reloaded'], { description: '`started` and `stopped` do nothing when it is so already. `reloaded` starts a service that does not run.' }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: 'Whether it starts at boot.' })),
    sleep: Type.Optional(Type.Integer({ minimum: 0, description: 'With `restarted`: seconds between stop and start.' })),
    use: Type.String({ default: 'auto', description: 'As in Ansible; what manages the services is found by itself.' }),
    runlevel: Type.String({ default: 'default', description: 'As in Ansible; it is about OpenRC.' }),
  }),
  refuses: {
    ...each(['arguments', 'args'], 'Put them where the service has its options: its file in /etc/default, or a drop-in of its unit.'),
    pattern: 'Whether it runs is asked of what manages the services; write a unit or an init script with `status`.',
  },
  returnValues: serviceReturnValues,
  examples: `- name: Docker runs, now and after a boot
  service:
    name: docker
    state: started
    enabled: true
`,
  *validate(args) {
    if (args.state === undefined && args.enabled === undefined) yield { path: [], message: 'the task says neither `state` nor `enabled`, so there is nothing to do' };
  },
  subject: (args) => `service ${args.name}`,
  facts: (args, _inputs, isLive = () => true) => service(args.name, 'system', isLive('status')),
  *plan(args, now) {
    yield* planService(args.name, args, managerOf(now.services), unitOf(now.services, args.name));
  },
  *revert(args, now, before) {
    yield* revertService(args.name, args, now.services, before.services);
  },
  returns: (args, { now }) => ({
    name: args.name,
    ...(args.state === undefined ? {} : { state: args.state === 'stopped' ? 'stopped' : 'started' }),
    ...(args.enabled === undefined ? {} : { enabled: args.enabled }),
    ...(now.properties === undefined ? {} : { status: now.properties.value }),
  }),
});
