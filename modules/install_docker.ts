import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Values } from '../src/module.ts';
import { sh, type Command } from '../src/shell.ts';
import { dockerConfiguration, dockerFolders, dockerTraces } from './facts/docker-traces.ts';
import { file } from './facts/file.ts';
import { packetFilter } from './facts/packet-filter.ts';
import { valueOf } from './facts/reading.ts';
import type { ServiceState } from './facts/service.ts';
import { withKeys } from './shared/docker-config.ts';
import { dropEmptyTables, restoreRules, withoutDockerRules } from './shared/docker-rules.ts';
import { installArguments, installFacts, planAbsent, planInstall, revertInstall, type Cleanup, type InstallArgs, type Software } from './shared/install.ts';
import { placeFile, revertFile } from './shared/place-file.ts';
import { serviceCommand } from './shared/service.ts';

const docker: Software = { title: 'Docker', services: ['docker'] };
const configurationLimit = 64 * 1024;

type Args = InstallArgs & { readonly daemon?: Record<string, unknown> };
type Now = Values<ReturnType<typeof factsOf>>;

/** Docker from the distribution's packages, with its daemon's configuration. */
export default defineModule({
  summary: 'Install Docker, have its daemon run, and configure it',
  description: `\`daemon\` holds keys of ${dockerConfiguration} (dockerd(8)); keys that are not named stay as they are. The daemon is restarted when its configuration changed, which stops its containers unless \`live-restore\` is set.

Two hosts whose docker0 bridges are joined need one subnet with a different \`bip\` and \`fixed-cidr\` on each.

Reset removes the packages that the installation brought, docker0, the iptables rules and the folders of the daemon. When there are still containers that ctplay did not make, Docker stays.`,
  args: Type.Object({
    ...installArguments(['docker.io', 'iptables']),
    daemon: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: `Keys of ${dockerConfiguration} and their values; null removes a key.` }),
    ),
  }),
  examples: `- name: Docker, with docker0 as one end of a bridge across hosts
  install_docker:
    daemon:
      bip: 172.15.42.1/24
      fixed-cidr: 172.15.42.128/26
      mtu: 1462
`,
  subject: () => 'Docker',
  facts: (args) => factsOf(args, args.state === 'absent'),
  *plan(args, now) {
    if (args.state === 'absent') {
      yield* now.traces.containers > 0 && !args.force ? refuse(now) : planAbsent(docker, args, now, cleanup(now, undefined));
      return;
    }
    refuseOtherDocker(args, now);
    const configuring = [...planConfiguration(args, now)];
    // Before the installation, so that the daemon's first start finds it.
    yield* configuring;
    yield* planInstall(docker, args, now);
    const unit = unitOf(now);
    if (args.daemon !== undefined && unit?.active === true && (configuring.length > 0 || now.traces.outdated)) yield restart(now);
  },
  revertFacts: (args, before) => factsOf(args, true, before.configuration.state === 'present' ? (before.configuration.value.sha256 ?? '') : ''),
  *revert(args, now, before) {
    const restored = [...revertFile(now.configuration, before.configuration)];
    const restarts = restored.length > 0 && now.record.state !== 'present' && unitOf(now) !== undefined;
    const readdressed = restarts ? readdress(now, before) : undefined;
    if (readdressed !== undefined) yield readdressed;
    yield* restored;
    // Containers of others are somebody's work; ctplay's own go before.
    if (now.traces.foreignContainers === 0) yield* revertInstall(docker, args, now, before, cleanup(now, before));
    // Without a configuration it runs on as it has just been started.
    if (restarts && (readdressed === undefined || before.configuration.state !== 'absent')) yield restart(now);
  },
});

/** `kept`: the digest of the configuration to go back to, empty when there was none. */
function factsOf(args: Args, removing: boolean, kept?: string) {
  return {
    ...installFacts(docker, args, removing),
    configuration: file(dockerConfiguration, { digest: true, content: { limit: configurationLimit }, ...(kept === undefined ? {} : { kept }) }),
    traces: dockerTraces(),
    filter: packetFilter(),
  };
}

function* planConfiguration(args: Args, now: Now): Generator<Change> {
  if (args.daemon === undefined) return;
  const old = now.configuration.state === 'present' ? now.configuration.value.content?.text : undefined;
  if (now.configuration.state === 'present' && old === undefined) throw new PreconditionError(`${dockerConfiguration} can not be read`, { hint: 'Use become.' });
  const content = withKeys(old, args.daemon);
  if (content === undefined) return;
  // placeFile wants the folder to be there; the first command makes it.
  const located = { ...now.configuration, existing: '/etc/docker' };
  for (const change of placeFile(located, content, { text: content.text, mode: valueOf(now.configuration)?.mode ?? '0644' })) {
    const folder = sh`mkdir -p /etc/docker`;
    yield { ...change, commands: [folder, ...change.commands], ...(change.typed === undefined ? {} : { typed: [folder, ...change.typed] }) };
  }
}

function unitOf(now: Now): ServiceState | undefined {
  const unit = valueOf(now.services)?.units.docker;
  return unit?.state === 'present' ? unit.value : undefined;
}

/** Debian's packages and those of Docker's own archive exclude each other, and apt would remove the others to install its own. */
function refuseOtherDocker(args: Args, now: Now): void {
  const ours = valueOf(now.packages)?.packages['docker.io'];
  if (!args.packages.includes('docker.io') || unitOf(now) === undefined || (ours !== undefined && ours.status !== 'config-files')) return;
  throw new PreconditionError('the host has a Docker that is not from the package docker.io, which would have to go', {
    hint: 'Name the package that it is from: `packages: [docker-ce]`, which is then taken as it is.',
  });
}

function restart(now: Now): Change {
  return {
    action: 'update',
    subject: 'service docker: configuration',
    from: 'as of its last start',
    to: `as of ${dockerConfiguration}`,
    commands: restartCommands(now),
    why: 'the daemon reads its configuration only when it starts',
  };
}

function restartCommands(now: Now): Command[] {
  const manager = valueOf(now.services)?.manager ?? 'systemd';
  // systemd refuses a service that was started thrice in a minute, unless the count is reset.
  return [...(manager === 'systemd' ? [sh`systemctl reset-failed -- docker`] : []), serviceCommand(manager, 'restart', 'docker')];
}

/**
 * Without a `bip` the daemon keeps the address that docker0 had at its last end. So it is started once with the old one in its
 * configuration, before the configuration goes back to what it was.
 */
function readdress(now: Now, before: Now): Change | undefined {
  const { address } = before.traces;
  const text = now.configuration.state === 'present' ? now.configuration.value.content?.text : undefined;
  if (address === undefined || now.traces.address === address) return undefined;
  const between = before.configuration.state === 'absent' ? withKeys(undefined, { bip: address }) : withKeys(text, { bip: address, 'fixed-cidr': null });
  if (between === undefined) return undefined;
  return {
    action: 'update',
    subject: 'link docker0: address',
    from: now.traces.address,
    to: address,
    commands: [sh`cat >${dockerConfiguration}`.withInput(between.text), ...restartCommands(now)],
    why: 'the daemon would keep the address that docker0 has',
  };
}

function refuse(now: Now): never {
  throw new PreconditionError(`Docker still has containers, ${now.traces.containers} of them, which removing it would destroy`, { hint: 'Remove them first, or add `force: true`.' });
}

/** Without `before` (the user asked for it) what was there then is not known, and only what is surely Docker's goes. */
function cleanup(now: Now, before: Now | undefined): Cleanup {
  const filter = valueOf(now.filter);
  const filterBefore = before === undefined ? undefined : (valueOf(before.filter) ?? {});
  const rules = filter === undefined ? undefined : withoutDockerRules(filter, filterBefore ?? {});
  const links = now.traces.links.filter((link) => before?.traces.links.includes(link) !== true);
  const folders = dockerFolders.filter((path) => before?.traces.paths.includes(path) !== true);
  const left = (paths: readonly string[]) => paths.filter((path) => now.traces.paths.includes(path));
  return {
    leftovers: [...links.map((link) => `link ${link}`), ...(rules === undefined ? [] : ['iptables rules of Docker']), ...left(folders)],
    before: [
      sh`! systemctl --quiet is-active docker.socket containerd 2>/dev/null || systemctl stop docker.socket containerd`,
      ...(rules === undefined ? [] : [restoreRules(rules)]),
      ...(filterBefore === undefined ? [] : [dropEmptyTables(filterBefore)]),
    ],
    after: [
      ...links.map((link) => sh`[ ! -e /sys/class/net/${link} ] || ip link delete ${link}`),
      ...(before?.traces.group === false ? [sh`! getent group docker >/dev/null || groupdel docker`] : []),
      // The folder itself may be a mount.
      sh`for d in ${folders}; do [ ! -d "$d" ] || { find "$d" -mindepth 1 -delete && { rmdir "$d" 2>/dev/null || :; }; }; done`,
      sh`rm -f /etc/docker/key.json /run/docker.sock; rmdir /etc/docker /etc/cni/net.d /etc/cni 2>/dev/null || :`,
      ...(before?.traces.forwarding === false && now.traces.forwarding ? [sh`echo 0 >/proc/sys/net/ipv4/ip_forward`] : []),
    ],
  };
}
