/** Files below folders: type, mode, owner, digest, link target, less what changes by itself or what other kinds tell. */
import type { Fact, Reading } from '../../module.ts';
import { joinCommands, sh, type Command } from '../../shell.ts';
import { present } from '../../../modules/facts/reading.ts';

export type FileItem = {
  readonly type: 'file' | 'directory' | 'link';
  /** Octal; of links none. */
  readonly mode?: string;
  /** `UID:GID`. */
  readonly owner: string;
  /** Bytes, of files; not of the databases of users, whose content other kinds tell. */
  readonly size?: number;
  readonly sha256?: string;
  /** Seconds since the epoch, of files that are too large for a digest. */
  readonly modified?: number;
  /** Where a link leads. */
  readonly target?: string;
};

/** Bytes up to which a file's digest is taken; of a larger one its time counts. */
const digestLimit = 64 << 20;
/** Bytes up to which a file's content is kept, and of all that is kept. */
export const keptSize = 256 << 10;
const keptTotal = 64 << 20;

/** Of these the content is told as users and groups. */
const accounts = ['/etc/passwd', '/etc/shadow', '/etc/group', '/etc/gshadow'];

/** Below these nothing is looked at. */
const unwatched = {
  paths: [
    // Told otherwise.
    ...accounts, '/etc/mtab',
    // Written by daemons and tools in their own time.
    '/etc/.pwd.lock', '/etc/.updated', '/etc/ld.so.cache', '/etc/adjtime', '/etc/openvswitch', '/etc/lvm/archive', '/etc/lvm/backup', '/etc/lvm/cache', '/etc/lvm/devices', '/etc/cups/subscriptions.conf', '/etc/printcap', '/etc/blkid.tab',
    '/var/lib/ctplay',
    // What starts at boot is told of services.
    '/etc/systemd/system/*.wants', '/etc/systemd/system/*.requires', '/etc/rc?.d/*',
  ],
  names: [
    // Copies that tools leave of what they wrote anew.
    'passwd-', 'shadow-', 'group-', 'gshadow-', 'subuid-', 'subgid-', '*.dpkg-old', '*.dpkg-dist', '*.dpkg-new', '*.dpkg-tmp', '*.ucf-old', '*.ucf-dist', '.*.swp',
    // Histories, caches and sockets of logins.
    '.*_history', '.lesshst', '.viminfo', '.wget-hsts', '.Xauthority', '.ICEauthority', '.sudo_as_admin_successful', '.cache', '.dbus', '.gnupg', '.sudo_history',
  ],
  // What runtimes without root, desktops and ctplay keep in homes.
  ends: [
    '/.mozilla', '/.thunderbird', '/.config/chromium', '/.config/google-chrome', '/.config/dconf', '/.config/pulse', '/.local/share/gvfs-metadata', '/.local/share/recently-used.xbel', '/.xsession-errors*', '/.vscode-server', '/.npm/_logs',
    '/.local/share/containers', '/.local/share/docker', '/.local/share/lxc', '/.local/share/Trash', '/.local/state/ctplay', '/.ansible/tmp', '/.ssh/agent',
  ],
};

const pruned: Command = joinCommands(
  [...unwatched.paths.map((path) => sh`-path ${path}`), ...unwatched.names.map((name) => sh`-name ${name}`), ...unwatched.ends.map((end) => sh`-path ${`*${end}`}`)].map((test, index) => (index === 0 ? test : sh`-o ${test}`)),
  ' ',
);

/** Masked units are told of services, too. */
const masks: Command = sh`-path '/etc/systemd/system/*' -lname /dev/null`;

/** `find` over all that is watched below the folders, on their own file systems. */
function find(folders: readonly string[], action: Command): Command {
  return sh`find ${folders} -xdev \\( ${pruned} -o ${masks} \\) -prune -o ${action} 2>/dev/null`;
}

export function watchedFiles(folders: readonly string[]): Fact<Reading<Readonly<Record<string, FileItem>>>> {
  const databases = folders.includes('/etc') ? sh`find ${accounts} -maxdepth 0 -type f -printf '%p\\0%y\\0%m\\0%U:%G\\0\\0\\0\\0' 2>/dev/null; ` : sh``;
  return {
    kind: 'watched-files',
    key: folders.join(' '),
    read: sh`export LC_ALL=C; ${find(folders, sh`-type d,f,l -printf '%p\\0%y\\0%m\\0%U:%G\\0%s\\0%T@\\0%l\\0'`)}; ${databases}printf '//digests\\0'; ${find(folders, sh`-type f -size ${`-${digestLimit + 1}c`} -exec sha256sum -z {} +`)}; :`,
    domains: ['file'],
    parse: ({ stdout }) => present(parseFiles(stdout)),
  };
}

function parseFiles(text: string): Record<string, FileItem> {
  // A link may lead to anything, even to what parts the two lists; in the second there are no links.
  const middle = text.lastIndexOf('//digests\0');
  const digests = new Map(text.slice(middle).split('\0').map((line) => [line.slice(66), line.slice(0, 64)]));
  const fields = text.slice(0, middle).split('\0');
  const files: Record<string, FileItem> = {};
  for (let at = 0; at + 7 <= fields.length; at += 7) {
    const [path, type, mode, owner, size, modified, target] = fields.slice(at, at + 7) as [string, string, string, string, string, string, string];
    if (type === 'l') files[path] = { type: 'link', owner, target };
    else if (type === 'd') files[path] = { type: 'directory', mode: mode.padStart(4, '0'), owner };
    else if (size === '') files[path] = { type: 'file', mode: mode.padStart(4, '0'), owner };
    else {
      const sha256 = digests.get(path);
      files[path] = { type: 'file', mode: mode.padStart(4, '0'), owner, size: Number(size), ...(sha256 === undefined ? { modified: Math.trunc(Number(modified)) } : { sha256 }) };
    }
  }
  return files;
}

/** The archive of contents in the folder of a baseline. */
export function archiveOf(folder: string): string {
  return `${folder}/files.tar.gz`;
}

/** Writes the contents of all small files into the archive. To awk, which goes by lines, an end of line in a name is a character of its own. */
export function keepFiles(folders: readonly string[], target: string): Command {
  const list = find(folders, sh`-type f -size ${`-${keptSize + 1}c`} -printf '%s %p\\0'`);
  const chosen = sh`tr '\\n\\0' '\\1\\n' | LC_ALL=C awk '{ total += $1 } total <= ${keptTotal} { sub(/^[0-9]+ \\//, ""); print }' | tr '\\n\\1' '\\0\\n'`;
  return sh`${list} | ${chosen} | tar -C / -czf ${archiveOf(target)} --numeric-owner --no-recursion --null --no-unquote -T - 2>/dev/null || [ $? = 1 ]`;
}
