/** How init scripts are run: by service(8)'s rules, without the three processes and the shell that it takes to follow them. */
import { sh, type Command } from '../../src/shell.ts';

/** What service(8) of Debian's init-system-helpers leaves of the environment. */
const kept = ['LANG', 'LANGUAGE', 'LC_CTYPE', 'LC_NUMERIC', 'LC_TIME', 'LC_COLLATE', 'LC_MONETARY', 'LC_MESSAGES', 'LC_PAPER', 'LC_NAME', 'LC_ADDRESS', 'LC_TELEPHONE', 'LC_MEASUREMENT', 'LC_IDENTIFICATION', 'LC_ALL', 'PATH', 'TERM'];
const environment: Command = sh`${kept.map((name) => sh`${name}="$${sh`${name}`}"`)}`;

/** One action of a service's init script, in the root directory. OpenRC has books of its own about what was started: there service(8) is asked. */
export function initScript(name: string, action: string): Command {
  return sh`if [ -d /run/openrc ]; then service ${name} ${action}; else ( cd / && exec env -i ${environment} ${`/etc/init.d/${name}`} ${action} ); fi`;
}
