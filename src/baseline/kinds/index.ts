/** Every kind of state that a baseline records, in the order in which differences are told. */
import type { CaptureSettings, StateKind } from '../kind.ts';
import { cronKind } from './cron.ts';
import { dockerContainerKind } from './docker-container.ts';
import { dockerImageKind } from './docker-image.ts';
import { dockerNetworkKind } from './docker-network.ts';
import { dockerVolumeKind } from './docker-volume.ts';
import { fileKind } from './file.ts';
import { groupKind } from './group.ts';
import { lxcContainerKind } from './lxc-container.ts';
import { lxdContainerKind } from './lxd-container.ts';
import { mountKind } from './mount.ts';
import { packageKind } from './package.ts';
import { processKind } from './process.ts';
import { serviceKind } from './service.ts';
import { userKind } from './user.ts';

export function kindsOf(settings: CaptureSettings): readonly StateKind[] {
  return [
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
