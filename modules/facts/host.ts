/** What Ansible's `setup` gathers, in one script: sh(1), procfs(5), ip(8), os-release(5). The names lack Ansible's prefix `ansible_`. */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { parseRecord } from '../shared/record.ts';
import { hardwareFacts } from './host-hardware.ts';
import { localFacts } from './host-local.ts';
import { networkFacts } from './host-network.ts';
import { systemFacts } from './host-system.ts';

/** All facts of the host as the current user sees them. What can't be read is left out, or has Ansible's value for that. */
export const hostFacts: Fact<Record<string, unknown>> = {
  kind: 'host',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL
field() { n=$1; shift; printf '%s=' "$n"; "$@" 2>/dev/null; printf '\\0'; }
text() { for f do [ -r "$f" ] && cat "$f"; done; }
field uname uname -snrvm
field fqdn timeout 2 hostname -f
field os-release text /etc/os-release
field debian_version text /etc/debian_version
field id id
field passwd getent passwd "$(id -un)"
field date date '+%Y %m %d %H %M %S %s %N %Z %z %A %w %W %V %j'
field init text /proc/1/comm
[ -d /run/systemd/system ] && printf 'systemd=1\\0'
for m in apt-get:apt dnf:dnf yum:yum zypper:zypper apk:apk pacman:pacman emerge:portage xbps-install:xbps; do command -v "\${m%:*}" >/dev/null 2>&1 && { printf 'pkg_mgr=%s\\0' "\${m#*:}"; break; }; done
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
field addresses ip -j -d address show
field route4 ip -j -4 route get 8.8.8.8
field route6 ip -j -6 route get 2404:6800:400a:800::1012
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
