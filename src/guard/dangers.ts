/**
 * Which changes may cut off the session that makes them. Judged by their commands, so that it holds for every module and for a user's own
 * scripts; in doubt a change counts as dangerous, which costs it one more login.
 */
import type { ManagementPath } from '../baseline/kind.ts';
import type { Change } from '../module.ts';
import { contains, parseAddress, parseCidr } from '../../modules/shared/address.ts';
import { commandsOf, type SimpleCommand } from './command-words.ts';
import { firewallDanger, isHarmless } from './firewall-dangers.ts';

/** Why a change is dangerous, as a clause: `ip names eth0`. */
export type Danger = string;

/** Who logs in, where that is known: the user's authorized_keys are part of the way in. */
export interface Login {
  readonly user?: string;
}

/** Programs that change interfaces, addresses or routes; naming an interface of the path to one of them is dangerous. */
const network = new Set(['ip', 'ifconfig', 'route', 'brctl', 'bridge', 'ovs-vsctl', 'ovs-ofctl', 'ovs-dpctl', 'ovs-appctl', 'ifup', 'ifdown', 'ifreload', 'dhclient', 'dhcpcd', 'udhcpc', 'nmcli', 'networkctl', 'netplan', 'ethtool', 'tc', 'iw', 'iwconfig', 'ifenslave', 'teamdctl', 'vconfig', 'wg', 'wg-quick', 'netctl', 'rmmod', 'modprobe', 'arp']);
const firewall = /^(?:(?:ip6?tables|ebtables|arptables)(?:-legacy|-nft)?(?:-restore)?|nft|ufw|firewall-cmd|ipset|netfilter-persistent|shorewall)$/;
/** Units that, when they start or stop, change addresses, routes or the packet filter. */
const networkUnits = /^(?:networking|systemd-networkd|NetworkManager|network|network-manager|dhcpcd|connman|nftables|iptables|ip6tables|netfilter-persistent|firewalld|ufw|shorewall|sockets\.target|network\.target|network-online\.target|multi-user\.target)(?:\.service)?$/;
const packages = /^(?:openssh-server|ssh|dropbear|ifupdown2?|netplan\.io|network-manager|systemd-networkd|nftables|ufw|firewalld|iptables-persistent|shorewall|iproute2|sudo)(?:=.*)?$/;
const packagers = /^(?:apt-get|apt|dpkg|dnf|yum|apk)$/;
const managers = /^(?:systemctl|service|invoke-rc\.d|rc-service|initctl)$/;
const targets = /^(?:isolate|rescue|emergency|default)$/;
const reading = /^(?:show|list|ls|lst|get|monitor|status|save|help|dump|-L|-S|--list|--list-rules|--check|--state|list-.*|--list-.*|get-.*|br-exists|port-to-br|iface-to-br|br-to-.*|is-active|is-enabled|cat|find|dump-.*)$/;
const readers = new Set(['cat', 'grep', 'egrep', 'ls', 'stat', 'test', '[', 'head', 'tail', 'sha256sum', 'md5sum', 'wc', 'find', 'diff', 'cmp', 'echo', 'printf', 'less', 'base64', 'readlink', 'basename', 'dirname', 'id', 'ss', 'netstat', 'ping', 'true']);
const loginFiles = /\/etc\/(?:ssh\/(?!ssh_known_hosts|ssh_config)|sudoers|hosts\.(?:allow|deny)|nologin|pam\.d\/sshd|default\/ssh)|\bsshd_config\b/;

/** Whether the changes may need a look at the management path; false costs nothing and is certain. */
export function mayEndanger(changes: readonly Change[]): boolean {
  return commandsOf(changes.filter(isGuardable)).some(isSuspicious);
}

function isSuspicious(simple: SimpleCommand): boolean {
  const { program, words } = simple;
  if (network.has(program)) return !readsNetwork(program, words);
  if (firewall.test(program)) return !words.some((word) => reading.test(word)) && !isHarmless(program, words);
  if (program === 'kill' || unitsOf(simple)) return [program, ...words].some((word) => /ssh|dropbear|\$|^-?\d+$/.test(word) || networkUnits.test(word) || targets.test(word));
  if (packagers.test(program)) return words.some((word) => packages.test(word));
  return /^(?:sysctl|sshd|pkill|killall|init|telinit)$/.test(program) || words.some((word) => loginFiles.test(word) || /\/proc\/sys\/net\/|\/\.ssh\b|^\/etc\/init\.d\//.test(word));
}

function readsNetwork(program: string, words: readonly string[]): boolean {
  if (words.some((word) => /^-b(?:atch)?$/.test(word))) return false;
  return words.slice(1).some((word) => reading.test(word)) || (program === 'ip' && words.slice(1).filter((word) => !word.startsWith('-')).length <= 1);
}

/** A host that starts anew has nothing left of a guard, and all that a guard puts back is as it starts with. */
function isGuardable({ reconnect }: Change): boolean {
  return reconnect === undefined;
}

/** What may cut off the session; empty when nothing does. Pure. */
export function dangersOf(changes: readonly Change[], path: ManagementPath, login: Login = {}): readonly Danger[] {
  const dangers = changes.filter(isGuardable).flatMap((change) => commandsOf([change]).map((command) => dangerOf(command, path, login, change.touches !== undefined)));
  return [...new Set(dangers.filter((danger) => danger !== undefined))];
}

function dangerOf(simple: SimpleCommand, path: ManagementPath, login: Login, declared: boolean): Danger | undefined {
  const { program, words } = simple;
  const readsOnly = readers.has(program) && !simple.writes;
  if (firewall.test(program)) return words.some((word) => reading.test(word)) ? undefined : firewallDanger(program, words, path);
  return (
    (network.has(program) ? networkDanger(simple, path, declared) : undefined) ??
    serviceDanger(simple, path, declared) ??
    settingDanger(simple, path, declared) ??
    (readsOnly ? undefined : fileDanger(words, login)) ??
    (packagers.test(program) && words.some((word) => packages.test(word)) ? `${program} is about ${words.find((word) => packages.test(word))!}` : undefined)
  );
}

function networkDanger({ program, words }: SimpleCommand, path: ManagementPath, declared: boolean): Danger | undefined {
  if (readsNetwork(program, words)) return undefined;
  const named = words.find((word, index) => path.links.includes(word.replace(/@.*/, '')) && !isNewLink(program, words, index));
  if (named !== undefined) return `${program} names ${named}, which carries the session`;
  if (program === 'ip' && words.some((word) => /^(?:rule|ru|nexthop|xfrm|-b|-batch|-force)$/.test(word))) return 'ip changes the rules by which routes are chosen';
  if (words.some((word) => /^(?:flush|default|0\.0\.0\.0\/0|::\/0)$/.test(word)) && (program === 'route' || (program === 'ip' && words.some((word) => /^(?:r|ro|route)$/.test(word))))) return `${program} changes the default route`;
  const ends = [path.clientAddress, path.serverAddress, path.gateway].flatMap((one) => (one === undefined ? [] : [one.replace(/%.*/, '')]));
  const covering = words.find((word) => ends.some((end) => covers(word, end)));
  if (covering !== undefined) return `${program} is about ${covering}, where the session comes from or goes to`;
  // Modules build their commands of values; what their variables hold they have made themselves.
  if (!declared && words.some((word) => word.includes('$'))) return `${program} is about what only the host knows`;
  if (/^(?:netplan|networkctl|nmcli|ifreload|netctl|rmmod)$/.test(program) || (program === 'modprobe' && words.includes('-r')) || words.some((word) => word === '-a' && /^if(?:up|down)$/.test(program))) return `${program} may change any interface`;
  return undefined;
}

/** Whether a word is the name that `ip link add` gives: it fails where an interface has it, so what has it is in another namespace. */
function isNewLink(program: string, words: readonly string[], index: number): boolean {
  return program === 'ip' && words[index - 1] === 'name' && /^l(?:i(?:nk?)?)?$/.test(words[1] ?? '') && /^a(?:dd?)?$/.test(words[2] ?? '');
}

/** Whether a word is this address, or a network that holds it. */
function covers(word: string, address: string): boolean {
  const inside = parseAddress(address);
  if (inside === undefined) return false;
  if (word === address) return true;
  const network = parseCidr(word);
  return network !== undefined && contains(network, inside);
}

function serviceDanger(simple: SimpleCommand, path: ManagementPath, declared: boolean): Danger | undefined {
  const { program, words } = simple;
  const unknown = !declared && [program, ...words.slice(1)].some((word) => word.includes('$'));
  if (/^(?:pkill|killall)$/.test(program)) return words.some((word) => /sshd|dropbear|dhclient|networkd|NetworkManager/.test(word)) ? `${program} ends ${words.at(-1)!}` : undefined;
  if (program === 'kill') return words.some((word) => path.processes.includes(Number(word.replace(/^-/, ''))) && Number(word) > 1) ? 'kill ends the session itself' : unknown ? 'kill is about what only the host knows' : undefined;
  if (program === 'sshd') return words.some((word) => /^-[tTV]/.test(word)) ? undefined : 'sshd is started by itself';
  if (/^(?:init|telinit)$/.test(program)) return 'init changes the runlevel';
  const units = unitsOf(simple);
  if (!units) return undefined;
  if (words.some((word) => targets.test(word))) return `${program} changes the target`;
  if (!words.some((word) => /^(?:start|stop|restart|reload|try-restart|reload-or-restart|force-reload|kill|mask|disable|enable|clean|freeze|revert)$/.test(word))) return undefined;
  const unit = units.find((word) => isServerUnit(word, path) || networkUnits.test(word));
  const who = managers.test(program) ? program : 'an init script';
  return unit !== undefined ? `${who} is about ${unit}` : unknown ? `${who} is about what only the host knows` : undefined;
}

/** The words by which a service manager or an init script is told which units it is about; undefined for other programs. */
function unitsOf({ program, words }: SimpleCommand): readonly string[] | undefined {
  if (words[0]?.startsWith('/etc/init.d/')) return [program];
  return managers.test(program) ? words.slice(1) : undefined;
}

/** Whether a command has a service manager or an init script do something to the SSH server's service: its name for it, if so. */
export function serverUnitOf(simple: SimpleCommand, path: ManagementPath): string | undefined {
  return unitsOf(simple)?.find((word) => isServerUnit(word, path));
}

/** Whether a word names the SSH server's service, with or without its suffix. */
function isServerUnit(word: string, { services }: ManagementPath): boolean {
  return services.includes(word) || services.includes(`${word}.service`) || /^(?:ssh|sshd|dropbear)(?:\.service|\.socket)?$/.test(word);
}

function settingDanger({ program, words, writes }: SimpleCommand, path: ManagementPath, declared: boolean): Danger | undefined {
  const name = words.map((word) => word.replaceAll('/', '.').replace(/^\.proc\.sys\./, '')).find((word) => new RegExp(`^net\\.ipv[46]\\.(?:conf\\.(?:all|default|${path.links.map(escaped).join('|')})\\.(?!forwarding|mc_forwarding)|tcp_|route|icmp|xfrm)`).test(word) || word.startsWith('net.mptcp'));
  if (program === 'sysctl') {
    if (name !== undefined && words.some((word) => word.includes('='))) return `sysctl sets ${name.replace(/=.*/, '')}`;
    // What a declared task loads is the file that it wrote itself.
    return !declared && words.some((word) => /^(?:-p|--load|--system)/.test(word)) ? 'sysctl loads a file of settings' : undefined;
  }
  return name !== undefined && (writes || program === 'tee') ? `${program} sets ${name}` : undefined;
}

/** Whether a file may decide on who can log in. */
export function decidesOnLogins(path: string): boolean {
  return loginFiles.test(path) || /\/\.ssh(?:\/|$)/.test(path);
}

function fileDanger(words: readonly string[], { user }: Login): Danger | undefined {
  const home = user === undefined ? undefined : user === 'root' ? '/root' : `/home/${user}`;
  const file = words.find((word) => loginFiles.test(word) || (home !== undefined && (word.includes(`${home}/.ssh`) || word.includes(`~${user}/.ssh`))));
  return file === undefined ? undefined : `it is about ${file.replace(/^[^/~]*=/, '')}, which decides on logins`;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
