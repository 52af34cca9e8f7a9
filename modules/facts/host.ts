/** What Ansible's `setup` gathers, in one script: sh(1), procfs(5), ip(8), os-release(5). The names lack Ansible's prefix `ansible_`. */
import type { Fact } from '../../src/module.ts';
import { joinCommands, sh, type Command } from '../../src/shell.ts';
import { parseRecord } from '../shared/record.ts';
import { hardwareFacts } from './host-hardware.ts';
import { localFacts } from './host-local.ts';
import { networkFacts } from './host-network.ts';
import { systemFacts } from './host-system.ts';

/** Facts that are read by themselves, as what playbooks mostly ask for: the whole takes thirty programs on the host. */
interface Group {
  /** What it gives; nothing else is taken from what its script prints. */
  readonly names: readonly string[];
  readonly script: Command;
}

const functions = sh`LC_ALL=C; export LC_ALL
field() { n=$1; shift; printf '%s=' "$n"; "$@" 2>/dev/null; printf '\\0'; }
text() { for f do [ -r "$f" ] && cat "$f"; done; }`;

const kernel: Group = {
  names: ['system', 'nodename', 'hostname', 'kernel', 'kernel_version', 'machine', 'architecture', 'userspace_architecture', 'userspace_bits'],
  script: sh`field uname uname -snrvm`,
};
const distribution: Group = {
  names: ['distribution', 'os_family', 'distribution_version', 'distribution_major_version', 'distribution_release', 'lsb', 'pkg_mgr'],
  script: sh`field os-release text /etc/os-release
field debian_version text /etc/debian_version
for m in apt-get:apt dnf:dnf yum:yum zypper:zypper apk:apk pacman:pacman emerge:portage xbps-install:xbps; do command -v "\${m%:*}" >/dev/null 2>&1 && { printf 'pkg_mgr=%s\\0' "\${m#*:}"; break; }; done`,
};
const network: Group = {
  names: ['interfaces', 'all_ipv4_addresses', 'all_ipv6_addresses', 'default_ipv4', 'default_ipv6'],
  script: sh`field addresses ip -j -d address show
field route4 ip -j -4 route get 8.8.8.8
field route6 ip -j -6 route get 2404:6800:400a:800::1012`,
};

/** All facts of the host as the current user sees them. What can't be read is left out, or has Ansible's value for that. */
export const hostFacts: Fact<Record<string, unknown>> = {
  kind: 'host',
  key: '',
  read: sh`${joinCommands([functions, kernel.script, distribution.script, network.script], '\n')}
field fqdn timeout 2 hostname -f
field id id
field passwd getent passwd "$(id -un)"
field date date '+%Y %m %d %H %M %S %s %N %Z %z %A %w %W %V %j'
field init text /proc/1/comm
[ -d /run/systemd/system ] && printf 'systemd=1\\0'
field virt systemd-detect-virt
[ -e /.dockerenv ] && printf 'dockerenv=1\\0'
[ -e /run/.containerenv ] && printf 'containerenv=1\\0'
printf 'container=%s\\0' "$(tr '\\000' '\\n' </proc/1/environ 2>/dev/null | sed -n 's/^container=//p')"
field apparmor text /sys/module/apparmor/parameters/enabled
field selinux text /sys/fs/selinux/enforce
field fips text /proc/sys/crypto/fips_enabled
field machine_id text /etc/machine-id
field cmdline text /proc/cmdline
field uptime text /proc/uptime
field loadavg text /proc/loadavg
field resolv text /etc/resolv.conf
field meminfo text /proc/meminfo
field nproc nproc
field cpuinfo grep -E '^(processor|vendor_id|model name|physical id|siblings|cpu cores|core id|cpu MHz)' /proc/cpuinfo
for f in bios_date bios_vendor bios_version board_asset_tag board_name board_serial board_vendor board_version chassis_asset_tag chassis_serial chassis_vendor chassis_version product_name product_serial product_uuid product_version sys_vendor chassis_type; do [ -r /sys/class/dmi/id/$f ] && { read -r v </sys/class/dmi/id/$f || :; printf 'dmi_%s=%s\\0' $f "$v"; }; done 2>/dev/null
for f in /etc/ssh/ssh_host_*_key.pub; do [ -r "$f" ] && { read -r v <"$f" || :; printf 'sshkey_%s=%s\\0' "$f" "$v"; }; done
for f in /etc/ansible/facts.d/*.fact; do [ -r "$f" ] || continue; if [ -x "$f" ]; then field "local_$f" timeout 10 "$f"; else field "local_$f" cat "$f"; fi; done
set --; while read -r d m t o _; do case $d in /*|*:/*) printf 'mount=%s %s %s %s\\0' "$d" "$m" "$t" "$o"; set -- "$@" "$(printf '%b' "$m")" ;; esac; done </proc/self/mounts
[ $# = 0 ] || timeout 5 stat -f --printf 'statfs=%S %b %f %a %c %d %n\\0' "$@" 2>/dev/null
printf 'environment=\\0'; env -0`,
  domains: ['host', 'link'],
  parse({ stdout }) {
    const [described = '', environment = ''] = stdout.split(/(?<=\0)environment=\0/);
    const fields = parseRecord(described);
    return {
      ...systemFacts(fields),
      ...hardwareFacts(fields, described.split('\0')),
      ...networkFacts(fields),
      ...localFacts(fields),
      env: Object.fromEntries(parseRecord(environment)),
      gather_subset: ['all'],
      module_setup: true,
    };
  },
};

/** Groups of facts that can be read without the others. */
export const hostFactGroups: readonly Fact<Record<string, unknown>>[] = [kernel, distribution, network].map(({ names, script }) => ({
  kind: 'host',
  key: names.join(' '),
  read: joinCommands([functions, script], '\n'),
  domains: hostFacts.domains,
  parse: (result) => {
    const all = hostFacts.parse(result);
    return Object.fromEntries(names.filter((name) => name in all).map((name) => [name, all[name]]));
  },
}));

/** The least that has to be read to know the fact of this name; all where none is named. */
export function hostFactsWith(name: string | undefined): Fact<Record<string, unknown>> {
  return (name === undefined ? undefined : hostFactGroups.find(({ key }) => key.split(' ').includes(name))) ?? hostFacts;
}
