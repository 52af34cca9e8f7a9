/** Opening connections. ssh2 is loaded when the first host needs it. */
import type { Connect } from './types.ts';

export type * from './types.ts';

/**
 * Opens connections to hosts, each by its kind.
 * @param threads that SSH connections are spread over, 1 for none but this one; chosen by the number of hosts by default
 */
export function connector(threads?: number): Connect {
  let ssh: Promise<Connect> | undefined;
  const openSsh = async (): Promise<Connect> => {
    const { ThreadedConnector, threadOptions } = await import('./threads/connector.ts');
    return new ThreadedConnector(threadOptions(threads)).connect;
  };
  return async (target, options = {}) => {
    if (target.connection === 'local') {
      const { connectLocal } = await import('./local.ts');
      return connectLocal(target, options);
    }
    const connect = await (ssh ??= openSsh());
    return await connect(target, options);
  };
}
