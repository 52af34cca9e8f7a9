import { Type } from 'typebox';
import { defineModule, type Values } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { openvswitchTraces } from './facts/openvswitch-traces.ts';
import { installArguments, installFacts, planAbsent, planInstall, revertInstall, type Cleanup, type InstallArgs, type Software } from './shared/install.ts';

const openvswitch: Software = { title: 'Open vSwitch', services: ['openvswitch-switch'], units: ['ovsdb-server', 'ovs-vswitchd'] };

type Now = Values<ReturnType<typeof factsOf>>;

/** Open vSwitch from the distribution's packages. */
export default defineModule({
  summary: 'Install Open vSwitch and have it run',
  description: "Reset removes the packages that the installation brought, the switch's database, and the kernel's datapath if it wasn't there before.",
  args: Type.Object(installArguments(['openvswitch-switch'])),
  examples: '- name: Open vSwitch\n  install_openvswitch:\n',
  subject: () => 'Open vSwitch',
  facts: (args) => factsOf(args, args.state === 'absent'),
  *plan(args, now) {
    if (args.state === 'absent') yield* planAbsent(openvswitch, args, now, cleanup(now, undefined));
    else yield* planInstall(openvswitch, args, now);
  },
  revertFacts: (args) => factsOf(args, true),
  *revert(args, now, before) {
    yield* revertInstall(openvswitch, args, now, before, cleanup(now, before));
  },
});

function factsOf(args: InstallArgs, removing: boolean) {
  return { ...installFacts(openvswitch, args, removing), traces: openvswitchTraces() };
}

function cleanup(now: Now, before: Now | undefined): Cleanup {
  const hadModule = before?.traces.modules ?? now.traces.modules;
  const modules = now.traces.modules.filter((name) => !hadModule.includes(name));
  return {
    leftovers: [...now.traces.paths, ...now.traces.datapaths.map((name) => `link ${name}`), ...modules.map((name) => `kernel module ${name}`)],
    // The daemons' end leaves the links of bridges in user space.
    running: [sh`! command -v ovs-vsctl >/dev/null || for b in $(ovs-vsctl --timeout=10 list-br 2>/dev/null); do ovs-vsctl --timeout=10 del-br "$b" || exit; done`],
    before: [
      // And the kernel's datapath with its links.
      sh`! command -v ovs-dpctl >/dev/null || for d in $(ovs-dpctl dump-dps 2>/dev/null); do ovs-dpctl del-dp "$d" || exit; done`,
      // Another user of the module keeps it, and that is right.
      ...(modules.length === 0 ? [] : [sh`modprobe -r ${modules} 2>/dev/null || :`]),
    ],
    after: [sh`rm -rf /etc/openvswitch /var/lib/openvswitch /var/log/openvswitch /run/openvswitch`],
  };
}
