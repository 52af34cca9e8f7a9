/** Opening connections. ssh2 is loaded when the first host needs it. */
import type { Connect } from './types.ts';

export type * from './types.ts';

export interface ConnectorSettings {
  /** That SSH connections are spread over, 1 for none but this one; chosen by the number of hosts by default. */
  readonly threads?: number | undefined;
  /** Whether it is known already that connections are to be kept after the run. */
  readonly keeps?: 'asked' | 'usual' | undefined;
}

/** Opens connections to hosts, each by its kind. */
export function connector({ threads, keeps }: ConnectorSettings = {}): Connect {
  const openSsh = async (): Promise<Connect> => {
    const { HoldingConnector, holdingOptions } = await import('./held/connector.ts');
    const connections = new HoldingConnector(holdingOptions(threads));
    if (keeps) connections.prepareToKeep(keeps === 'asked');
    return connections.connect;
  };
  let ssh = keeps ? openSsh() : undefined;
  return async (target, options = {}) => {
    if (target.connection === 'local') {
      const { connectLocal } = await import('./local.ts');
      return connectLocal(target, options);
    }
    const connect = await (ssh ??= openSsh());
    return await connect(target, options);
  };
}
