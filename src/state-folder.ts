/** Where a host keeps what ctplay remembers of it: the ledger, and what was there before. */
import { sh, type Command } from './shell.ts';

/**
 * Shell words that set a variable to the folder: root's is /var/lib/ctplay, other users have theirs in their own state folder (XDG Base
 * Directory: XDG_STATE_HOME), and users such as nobody, who have no home to put it in, below /var/tmp.
 */
export function stateFolder(variable: string): Command {
  return sh`${variable}=/var/lib/ctplay; [ -w /var/lib ] || ${variable}=\${XDG_STATE_HOME:-$HOME/.local/state}/ctplay; [ -w /var/lib ] || [ -w "\${XDG_STATE_HOME:-$HOME}" ] || ${variable}=/var/tmp/ctplay-$(id -u)`;
}
