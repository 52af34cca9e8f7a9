/** Options of ssh(1) in variables such as ansible_ssh_common_args, as far as they mean something to a connection of our own. */
import { CtplayError } from '../errors.ts';
import { controlMaster, controlPersist } from '../transport/ssh/sharing.ts';
import { splitWords } from './inventory/words.ts';

export interface SshOptions {
  user?: string;
  port?: number;
  hostname?: string;
  identityfile?: string;
  userknownhostsfile?: string;
  stricthostkeychecking?: string;
  proxyjump?: string;
  connecttimeout?: number;
  controlmaster?: boolean;
  controlpersist?: number;
}

/** Options without a meaning for one kept connection of our own. */
const harmless = new Set(['controlpath', 'forwardagent', 'serveraliveinterval', 'serveralivecountmax', 'loglevel', 'compression', 'batchmode', 'preferredauthentications', 'tcpkeepalive', 'connectionattempts', 'requesttty', 'updatehostkeys', 'identitiesonly', 'passwordauthentication', 'kbdinteractiveauthentication', 'gssapiauthentication', 'pubkeyauthentication', 'hashknownhosts', 'addkeystoagent', 'visualhostkey', 'checkhostip', 'globalknownhostsfile']);
const flags = new Set(['-C', '-4', '-6', '-q', '-v', '-vv', '-vvv', '-A', '-a', '-T', '-t', '-x', '-X', '-k', '-K']);

/** Options as for ssh(1): `-o Name=value`, -i, -p, -l, -J. Throws ssh.config for those that ctplay can't honour. */
export function sshOptions(text: string, host: string): SshOptions {
  const words = splitWords(text);
  const options: SshOptions = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (flags.has(word)) continue;
    const letter = word.slice(0, 2);
    const value = word.length > 2 ? word.slice(2) : words[++i];
    if (value === undefined || !/^-[oipJlF]$/.test(letter)) throw new CtplayError('ssh.config', `the ssh option '${word}' of the host '${host}' is not supported`, { expected: '-o Name=value, -i, -p, -l or -J', hint: 'What ~/.ssh/config says for the host is honoured, too.' });
    if (letter === '-i') options.identityfile = value;
    else if (letter === '-p') options.port = Number(value);
    else if (letter === '-J') options.proxyjump = value;
    else if (letter === '-l') options.user = value;
    else if (letter === '-o') setOption(options, value, host);
    else throw new CtplayError('ssh.config', `ssh's option -F of the host '${host}' is not supported`, { hint: 'Put what the file says into ~/.ssh/config or into inventory variables.' });
  }
  return options;
}

/**
 * Whether connections seem to be kept by options of ssh(1), asked for or as usual: enough to get ready for it before they are read for a host.
 * @param usually whether they are where the options say nothing of it
 */
export function keepingBy(text = '', usually = false): 'asked' | 'usual' | undefined {
  const [, value] = /controlpersist[=\s]\s*(\w+)/i.exec(text) ?? [];
  if (value !== undefined) return /^(?:no|false)$/i.test(value) ? undefined : 'asked';
  return usually && !/controlmaster[=\s]\s*(?:no|false|ask|autoask)\b/i.test(text) ? 'usual' : undefined;
}

function setOption(options: SshOptions, text: string, host: string): void {
  const [, name = '', value = ''] = /^\s*([A-Za-z0-9]+)\s*[=\s]\s*(.*)$/.exec(text) ?? [];
  switch (name.toLowerCase()) {
    case 'port':
    case 'connecttimeout':
      options[name.toLowerCase() as 'port' | 'connecttimeout'] = Number(value);
      break;
    case 'controlmaster':
      options.controlmaster = known(controlMaster(value), name, value, host, 'yes, no or auto');
      break;
    case 'controlpersist':
      options.controlpersist = known(controlPersist(value), name, value, host, 'yes, no or a time such as 60s');
      break;
    case 'user':
    case 'hostname':
    case 'identityfile':
    case 'userknownhostsfile':
    case 'stricthostkeychecking':
    case 'proxyjump':
      options[name.toLowerCase() as 'user' | 'hostname' | 'identityfile' | 'userknownhostsfile' | 'stricthostkeychecking' | 'proxyjump'] = value;
      break;
    default:
      if (harmless.has(name.toLowerCase())) return;
      throw new CtplayError('ssh.config', `ssh's option '${name === '' ? text : name}' of the host '${host}' is not supported`, { hint: name.toLowerCase() === 'proxycommand' ? 'Use ProxyJump: -J user@bastion' : undefined });
  }
}

function known<T>(parsed: T | undefined, name: string, value: string, host: string, expected: string): T {
  if (parsed === undefined) throw new CtplayError('ssh.config', `wrong value for ssh's option '${name}' of the host '${host}'`, { expected, found: value });
  return parsed;
}
