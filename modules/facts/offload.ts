/**
 * Transmit checksum offload of interfaces. A veth leaves the checksum to be filled in by hardware; a switch in user space takes
 * the packet as it is, and TCP dies while ping works. By an ioctl of perl, which every Debian has and which asks about any number of
 * interfaces at once, or by ethtool(8) of the host.
 */
import { sh, type Command } from '../../src/shell.ts';

/** `struct ifreq` with a pointer to `struct ethtool_value`, for SIOCETHTOOL (linux/ethtool.h: GTXCSUM 0x16, STXCSUM 0x17). */
const ioctl = (command: '0x16' | '0x17'): string => `socket(S,2,2,0); for (@ARGV) { $v = pack("LL", ${command}, 0); $r = pack("a16 P8 x16", $_, $v); ioctl(S, 0x8946, $r) or next;`;

/** Prints `offload NAME on|off` for each interface of the namespace that it runs in. */
export const readOffload: Command = sh`names=
while read -r name rest; do case $name in *:*) names="$names \${name%%:*}" ;; esac; done </proc/net/dev
if command -v perl >/dev/null; then perl -e ${`${ioctl('0x16')} printf "offload %s %s\\n", $_, (unpack("LL", $v))[1] ? "on" : "off" }`} $names
else for name in $names; do ethtool -k "$name" | sed -n "s/^tx-checksumming: \\(o[nf]*\\).*/offload $name \\1/p"; done; fi`;

/** Makes the kernel fill in checksums itself on an interface of the namespace that it runs in. */
export function offloadOff(name: string, ethtool: boolean): Command {
  return ethtool ? sh`ethtool -K ${name} tx off` : sh`perl -e ${`${ioctl('0x17')} exit 0 } exit 1`} ${name}`;
}
