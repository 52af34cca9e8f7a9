/** Opening connections. ssh2 is loaded when the first host needs it. */
import type { Connect } from './types.ts';

export type * from './types.ts';

/** Opens a connection to a host by its kind. Throws CtplayError ssh.unreachable, ssh.auth, ssh.host-key or ssh.config. */
export const connect: Connect = async (target, options = {}) => {
  if (target.connection === 'local') {
    const { connectLocal } = await import('./local.ts');
    return connectLocal(target, options);
  }
  const { defaultConnector } = await import('./ssh/connector.ts');
  return await defaultConnector().connect(target, options);
};
