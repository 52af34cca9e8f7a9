/** A link over a login of an earlier run, which gives way to one over a new login where that would be another. */
import type { HostLink } from '../channels.ts';
import { OUTDATED, loginCheck } from './login-check.ts';

/**
 * @param user who has logged in
 * @param anew logs in and gives a link over that
 */
export function checkedLink(link: HostLink, user: string, anew: (signal: AbortSignal | undefined) => Promise<HostLink>): HostLink {
  let outdated = false;
  return {
    ...link,
    entry: loginCheck(user),
    start: async (commandLine) => {
      const process = await link.start(commandLine);
      void process.ended.then(({ status }) => (outdated ||= status === OUTDATED));
      return process;
    },
    replace: async (signal) => {
      if (!outdated) return undefined;
      await link.close();
      return await anew(signal);
    },
  };
}
