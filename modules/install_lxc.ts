import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Values } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { lxcTraces } from './facts/lxc-traces.ts';
import { packetFilter } from './facts/packet-filter.ts';
import { valueOf } from './facts/reading.ts';
import { dropEmptyTables } from './shared/docker-rules.ts';
import { installArguments, installFacts, planAbsent, planInstall, revertInstall, type Cleanup, type InstallArgs, type Software } from './shared/install.ts';

const lxc: Software = { title: 'LXC', services: ['lxc-net', 'lxc'] };

type Now = Values<ReturnType<typeof factsOf>>;

/** LXC from the distribution's packages. */
export default defineModule({
  summary: 'Install LXC and have it run',
  description:
    'With what its bridge lxcbr0 needs (dnsmasq, iptables) and a static busybox, of which `lxc_container` makes containers without a download. Reset removes the packages that the installation brought and lxcbr0. When there are containers that ctplay did not make, LXC stays.',
  args: Type.Object(installArguments(['lxc', 'dnsmasq-base', 'iptables', 'busybox-static'])),
  examples: '- name: LXC\n  install_lxc:\n',
  subject: () => 'LXC',
  facts: (args) => factsOf(args, args.state === 'absent'),
  *plan(args, now) {
    if (args.state !== 'absent') yield* planInstall(lxc, args, now);
    else if (now.traces.containers.length === 0 || args.force) yield* planAbsent(lxc, args, now, cleanup(now, undefined));
    else {
      throw new PreconditionError('LXC still has containers', { found: now.traces.containers.join(', '), hint: 'Remove them first, or add `force: true`.' });
    }
  },
  revertFacts: (args) => factsOf(args, true),
  *revert(args, now, before) {
    // Containers of others are somebody's work; ctplay's own go before.
    if (now.traces.foreignContainers.length === 0) yield* revertInstall(lxc, args, now, before, cleanup(now, before));
  },
});

function factsOf(args: InstallArgs, removing: boolean) {
  return { ...installFacts(lxc, args, removing), traces: lxcTraces(), filter: packetFilter() };
}

function cleanup(now: Now, before: Now | undefined): Cleanup {
  return {
    leftovers: now.traces.leftovers,
    before: before === undefined ? [] : [dropEmptyTables(valueOf(before.filter) ?? {})],
    after: [
      sh`for d in /var/lib/lxc /var/cache/lxc; do [ ! -d "$d" ] || { find "$d" -mindepth 1 -delete && { rmdir "$d" 2>/dev/null || :; }; }; done; rm -rf /run/lxc`,
      ...(before?.traces.forwarding === false && now.traces.forwarding ? [sh`echo 0 >/proc/sys/net/ipv4/ip_forward`] : []),
    ],
  };
}
