/** Every kind of state that a baseline records, in the order in which differences are told. */
import type { CaptureSettings, StateKind } from '../kind.ts';
import { addressKind } from './address.ts';
import { cronKind } from './cron.ts';
import { dockerContainerKind } from './docker-container.ts';
import { dockerImageKind } from './docker-image.ts';
import { dockerNetworkKind } from './docker-network.ts';
import { dockerSwarmKind } from './docker-swarm.ts';
import { dockerVolumeKind } from './docker-volume.ts';
import { fileKind } from './file.ts';
import { groupKind } from './group.ts';
import { iptablesKind } from './iptables.ts';
import { linkKind } from './link.ts';
import { lxcContainerKind } from './lxc-container.ts';
import { lxdContainerKind } from './lxd-container.ts';
import { mountKind } from './mount.ts';
import { namespaceKind } from './namespace.ts';
import { nftablesKind } from './nftables.ts';
import { openvswitchKind } from './openvswitch.ts';
import { packageKind } from './package.ts';
import { processKind } from './process.ts';
import { routeKind } from './route.ts';
import { ruleKind } from './rule.ts';
import { serviceKind } from './service.ts';
import { socketKind } from './socket.ts';
import { sysctlKind } from './sysctl.ts';
import { userKind } from './user.ts';

export function kindsOf(settings: CaptureSettings): readonly StateKind[] {
  return [
    linkKind,
    addressKind,
    routeKind,
    ruleKind,
    namespaceKind,
    openvswitchKind,
    iptablesKind,
    nftablesKind,
    sysctlKind,
    socketKind,
    dockerSwarmKind,
    dockerContainerKind,
    dockerNetworkKind,
    dockerVolumeKind,
    dockerImageKind,
    lxcContainerKind,
    lxdContainerKind,
    processKind,
    serviceKind,
    packageKind,
    userKind,
    groupKind,
    mountKind,
    cronKind,
    fileKind(settings),
  ];
}
