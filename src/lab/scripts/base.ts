/** What turns a bare Debian tree into that of a lab host. */

/**
 * Units that look after hardware, or that would change or wait for what belongs to the machine. logind stays: reboot(8)
 * asks it.
 */
const maskedUnits = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'console-getty.service',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty.target',
  'getty@.service',
  'kmod-static-nodes.service',
  'logrotate.timer',
  'man-db.timer',
  'serial-getty@.service',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-hwdb-update.service',
  'systemd-modules-load.service',
  'systemd-networkd.service',
  'systemd-pstore.service',
  'systemd-remount-fs.service',
  'systemd-resolved.service',
  'systemd-timesyncd.service',
  'systemd-udev-settle.service',
  'systemd-udev-trigger.service',
  'systemd-udevd-control.socket',
  'systemd-udevd-kernel.socket',
  'systemd-udevd.service',
];

/**
 * Run after ovs-vswitchd starts. Where the kernel has no Open vSwitch, tunnels end in user space, which has to be shown
 * the underlay: a bridge 'br-phy' takes the tunnel packets (GRE, VXLAN, Geneve) out of eth1, which keeps its address for
 * everything else. br-phy must not have eth1's MAC address (duplicate packets, or none), so it gets one made from the
 * last two octets of the IP address; the peers' are known in the same way. See ovs-vswitchd.conf.db(5) and
 * https://docs.openvswitch.org/en/latest/howto/userspace-tunneling/. With the word 'neighbours' it tells of the peers alone: Open
 * vSwitch forgets what it was told after a quarter of an hour without packets, and can't ask, since eth1 would answer.
 */
export const underlayScript = `\
#!/bin/sh
set -eu
[ ! -d /sys/module/openvswitch ] || exit 0
. /etc/ctplay-lab/underlay
mac() { IFS=. read -r _ _ c d <<END
$1
END
printf '52:54:00:fe:%02x:%02x' "$c" "$d"; }
neighbours() { for peer in $PEERS; do ovs-appctl tnl/arp/set br-phy "$peer" "$(mac "$peer")" > /dev/null; done; }
[ "\${1:-}" != neighbours ] || { neighbours; exit; }
ovs-vsctl --no-wait \\
  -- --may-exist add-br br-phy \\
  -- set bridge br-phy datapath_type=netdev fail_mode=secure other_config:hwaddr="$(mac "$ADDRESS")" \\
  -- --may-exist add-port br-phy eth1
for _ in $(seq 100); do ip link show br-phy > /dev/null 2>&1 && break; sleep 0.05; done
# eth1 answers ARP and IPv6 for the address; br-phy only has it so that tunnels find their source.
sysctl -q -w net.ipv4.conf.br-phy.arp_ignore=8 net.ipv6.conf.br-phy.disable_ipv6=1
ip address replace "$ADDRESS/24" dev br-phy noprefixroute
ip link set br-phy up
ovs-ofctl del-flows br-phy
ovs-ofctl add-flows br-phy - <<END
priority=100,in_port=eth1,ip,nw_proto=47,actions=LOCAL
priority=100,in_port=eth1,udp,tp_dst=4789,actions=LOCAL
priority=100,in_port=eth1,udp,tp_dst=6081,actions=LOCAL
priority=90,in_port=LOCAL,actions=output:eth1
priority=0,actions=drop
END
for peer in $PEERS; do ovs-appctl ovs/route/add "$peer/32" br-phy > /dev/null; done
neighbours
`;

/**
 * customise.sh ROOT FOLDER: prepares the tree; FOLDER holds this machine's own CA certificates. The login `vagrant` with
 * its password and sudo rule is that of Vagrant's boxes, so that both kinds of lab take the same inventories.
 */
export const customiseScript = `\
set -eu
root=$1
cd "$root"
chroot . systemctl mask --quiet ${maskedUnits.join(' ')}
chroot . systemctl set-default --quiet multi-user.target
# Every host gets keys and an identity of its own; the only kind of key is the one in the known_hosts file.
rm -f etc/ssh/ssh_host_* var/lib/dbus/machine-id
: > etc/machine-id

chroot . useradd --create-home --shell /bin/bash vagrant
echo vagrant:vagrant | chroot . chpasswd
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' > etc/sudoers.d/vagrant
chmod 440 etc/sudoers.d/vagrant
echo 'HostKey /etc/ssh/ssh_host_ed25519_key' > etc/ssh/sshd_config.d/lab.conf

# A lab that loses power is made anew: nothing is won by waiting for the disk after every file.
echo force-unsafe-io > etc/dpkg/dpkg.cfg.d/lab

mkdir -p etc/systemd/journald.conf.d etc/systemd/system/ssh.service.d etc/systemd/system/systemd-sysctl.service.d \\
  etc/systemd/system/ovs-vswitchd.service.d
printf '[Journal]\\nStorage=volatile\\n' > etc/systemd/journald.conf.d/lab.conf
# Before this unit has run, logins other than root's are turned away.
printf '[Unit]\\nAfter=systemd-user-sessions.service\\n' > etc/systemd/system/ssh.service.d/lab.conf
# Network settings belong to the host; all others are the machine's.
printf '[Service]\\nExecStart=\\nExecStart=/lib/systemd/systemd-sysctl --prefix=/net\\n' > etc/systemd/system/systemd-sysctl.service.d/lab.conf
printf '[Unit]\\nWants=ctplay-neighbours.timer\\n[Service]\\nExecStartPost=/usr/local/sbin/ctplay-underlay\\n' > etc/systemd/system/ovs-vswitchd.service.d/lab.conf
printf '[Unit]\\nPartOf=ovs-vswitchd.service\\n[Timer]\\nOnActiveSec=5min\\nOnUnitActiveSec=5min\\n' > etc/systemd/system/ctplay-neighbours.timer
printf '[Service]\\nType=oneshot\\nExecStart=/usr/local/sbin/ctplay-underlay neighbours\\n' > etc/systemd/system/ctplay-neighbours.service
cat > usr/local/sbin/ctplay-underlay <<'SCRIPT'
${underlayScript}SCRIPT
chmod 755 usr/local/sbin/ctplay-underlay
# Open vSwitch does not start when its module can't be loaded, though it would do without.
echo 'install openvswitch /sbin/modprobe --ignore-install --quiet openvswitch || true' > etc/modprobe.d/lab.conf

for certificate in "$2"/*.crt; do
  [ -e "$certificate" ] || break
  cp "$certificate" usr/local/share/ca-certificates/
done
chroot . update-ca-certificates > /dev/null 2>&1
`;
