import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Values } from '../src/module.ts';
import { sh, type Command } from '../src/shell.ts';
import { lxdClient, lxdInstances, lxdPools } from './facts/lxd.ts';
import { lxdFolders, lxdTraces } from './facts/lxd-traces.ts';
import { valueOf } from './facts/reading.ts';
import { installArguments, installFacts, planAbsent, planInstall, revertInstall, type Cleanup, type InstallArgs, type Software } from './shared/install.ts';

// systemd starts the daemon when its socket is first used.
const lxd: Software = { title: 'LXD', services: ['lxd.socket'] };

type Now = Values<ReturnType<typeof factsOf>>;

/** LXD from the distribution's packages. */
export default defineModule({
  summary: 'Install LXD and have it ready for containers',
  description:
    'When LXD has no storage pool yet, it is set up with one in a folder of the host (`default`, driver dir), on which the profile `default` puts the root file systems of containers. No network is made: give containers a `network`, or plug them in with `attach_veth`.\n\nA static busybox comes along, of which `lxd_container` makes containers without a download. Needs systemd. Reset removes the packages that the installation brought and the folders of the daemon. When there are containers that ctplay did not make, LXD stays.',
  args: Type.Object(installArguments(['lxd', 'lxd-client', 'busybox-static'])),
  examples: '- name: LXD\n  install_lxd:\n',
  subject: () => 'LXD',
  facts: (args) => factsOf(args, args.state === 'absent'),
  *plan(args, now) {
    const instances = valueOf(now.instances) ?? [];
    if (args.state !== 'absent') yield* planPresent(args, now);
    else if (instances.length === 0 || args.force) yield* planAbsent(lxd, args, now, cleanup(now, undefined));
    else throw new PreconditionError('LXD still has containers', { found: instances.map(({ name }) => name).join(', '), hint: 'Remove them first, or add `force: true`.' });
  },
  revertFacts: (args) => factsOf(args, true),
  *revert(args, now, before) {
    // Containers of others are somebody's work; ctplay's own go before.
    if (!(valueOf(now.instances) ?? []).some(({ owned }) => !owned)) yield* revertInstall(lxd, args, now, before, cleanup(now, before));
  },
});

function factsOf(args: InstallArgs, removing: boolean) {
  return { ...installFacts(lxd, args, removing), instances: lxdInstances(), pools: lxdPools(), traces: lxdTraces() };
}

function* planPresent(args: InstallArgs, now: Now): Generator<Change> {
  const changes = [...planInstall(lxd, args, now)];
  const setUp = valueOf(now.pools)?.length !== 0 && now.pools.state === 'present';
  yield* changes.map((change) => (change.action !== 'create' ? change : { ...change, commands: [...change.commands, setUpOnce], typed: [...(change.typed ?? []), sh`lxd init --minimal`] }));
  if (setUp || changes.some(({ action }) => action === 'create')) return;
  yield { action: 'create', subject: 'storage of LXD', to: 'default', commands: [setUpOnce], typed: [sh`lxd init --minimal`], touches: ['lxd'] };
}

const preseed = JSON.stringify({ storage_pools: [{ name: 'default', driver: 'dir' }], profiles: [{ name: 'default', devices: { root: { type: 'disk', path: '/', pool: 'default' } } }] });

/** An LXD that was removed before may have left its pool. */
const setUpOnce: Command = lxdClient(sh`lxd waitready --timeout 60 && p=$(lxc query /1.0/storage-pools) || exit; case $p in *default*) ;; *) printf '%s' ${preseed} | lxd init --preseed ;; esac`);

function cleanup(now: Now, before: Now | undefined): Cleanup {
  // Without `before` (the user asked for it) nobody knows whose they are.
  const ours = (setting: string) => before !== undefined && !before.traces.settings.includes(setting);
  return {
    leftovers: now.traces.leftovers,
    before: [
      sh`! systemctl --quiet is-active lxd lxd-containers lxcfs 2>/dev/null || systemctl stop lxd lxd-containers lxcfs`,
      sh`for m in devlxd shmounts; do ! mountpoint -q "/var/lib/lxd/$m" || umount "/var/lib/lxd/$m"; done`,
    ],
    // The folder itself may be a mount.
    after: [
      sh`for d in ${lxdFolders}; do [ ! -d "$d" ] || { find "$d" -xdev -mindepth 1 -delete && { rmdir "$d" 2>/dev/null || :; }; }; done`,
      ...(ours('dnsmasq.d') ? [sh`rmdir /etc/dnsmasq.d 2>/dev/null || :`] : []),
      ...['subuid', 'subgid'].filter(ours).map((file) => sh`sed -i '/^root:/d' ${`/etc/${file}`}`),
    ],
  };
}
