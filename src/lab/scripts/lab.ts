/**
 * The scripts that run inside a lab's namespaces, for POSIX sh. They hold what must happen after unshare(1); everything
 * else is TypeScript. Their settings come in the environment: LAB_DIR (the lab's folder), LAB_BASE (the base tree),
 * LAB_PACKAGES (the folder of downloaded packages), LAB_CGROUPS (the lab's folder in every cgroup hierarchy, separated by
 * blanks).
 */

/**
 * enter.sh GROUP COMMAND…: moves itself into GROUP of the lab in every hierarchy, then becomes COMMAND. Fails rather than
 * let a systemd start in the machine's own cgroup.
 */
export const enterScript = `\
set -eu
group=$1; shift
for lab in $LAB_CGROUPS; do echo $$ > "$lab/$group/cgroup.procs"; done
exec "$@"
`;

/**
 * lab.sh: pid 1 of a lab's pid namespace. Killing it ends every process of every host, and with them all namespaces
 * and mounts. When its bridges stand it says so and waits for a line, sent when the uplink is in place; a starter that dies
 * before that leaves nothing running. hosts.list holds one name per line.
 */
export const labScript = `\
set -eu
umask 022
mount -t proc proc /proc
# A private /run, so that 'ip netns' keeps its names out of the machine's.
mount -t tmpfs -o mode=755,size=1m run /run
ip -batch - <<END
link set lo up
link add mgmt type bridge forward_delay 0 mcast_snooping 0
link set mgmt up
link add underlay type bridge forward_delay 0 mcast_snooping 0
link set underlay up
END
echo ready
read -r _
while read -r name; do
  sh scripts/host.sh "$name" </dev/null >> "hosts/$name/supervisor.log" 2>&1 &
done < hosts.list
exec </dev/null >> lab.log 2>&1
# Reaps the supervisors and whatever is orphaned here.
wait
`;

/**
 * host.sh NAME: boots a host and boots it again whenever it asks for it. unshare(1) dies of the signal that ended the
 * host's init, and reboot(2) in a pid namespace ends that init by SIGHUP for a restart (129 here), by SIGINT for a halt or
 * power-off (130). A host that is off waits for a line on its `power` fifo.
 */
export const hostScript = `\
set -u
name=$1
HOST_DIR=$LAB_DIR/hosts/$name
export HOST_DIR
. "$HOST_DIR/config"
cd "$HOST_DIR"
# Not for the machine's users: programs in it run as root, and some of its files are theirs by number.
mkdir -p -m 700 disk
mkdir -p root
# An overlay can't have its upper layer on another overlay (a lab inside a container or a lab host).
[ "$(stat -fc %T disk)" != overlayfs ] || mount -t tmpfs -o mode=755 disk disk

plug() {
  # A namespace dies some time after its last process; its links must be gone before their names are used again.
  ip link del "mgmt$INDEX" 2>/dev/null
  ip link del "under$INDEX" 2>/dev/null
  ip netns del "$name" 2>/dev/null
  ip netns add "$name" &&
  ip -batch - <<END
link add mgmt$INDEX mtu $MTU type veth peer name eth0 mtu $MTU address $MAC:00 netns $name
link add under$INDEX type veth peer name eth1 address $MAC:01 netns $name
link set mgmt$INDEX master mgmt up
link set under$INDEX master underlay up
END
  ip -netns "$name" -batch - <<END
link set lo up
addr add $MANAGEMENT dev eth0
link set eth0 up
route add default via $GATEWAY
addr add $UNDERLAY dev eth1
link set eth1 up
END
}

# What an earlier boot left: a v2 cgroup whose controllers are handed on takes no process itself.
renew_cgroups() {
  for lab in $LAB_CGROUPS; do
    [ ! -d "$lab/$name" ] || find "$lab/$name" -depth -type d -exec rmdir {} +
    mkdir -p "$lab/$name"
  done
}

while :; do
  echo on > state
  plug
  renew_cgroups
  sh ../../scripts/enter.sh "$name" nsenter --net="/run/netns/$name" \\
    unshare --mount --uts --ipc --pid --cgroup --fork --propagation private sh ../../scripts/boot.sh > console.log 2>&1
  status=$?
  ip netns del "$name"
  [ $status -ne 129 ] || continue
  echo "off $status" > state
  read -r _ < power
done
`;

/** boot.sh: makes a host's root file system and becomes its systemd. Runs as pid 1 of the host's namespaces. */
export const bootScript = `\
set -eu
. ./config
mkdir -p disk/upper disk/work disk/data
if [ ! -e disk/seeded ]; then
  cp -a seed/. disk/upper/
  # Packages that earlier labs downloaded; a cache on another file system is not worth a copy.
  mkdir -p disk/upper/var/cache/apt/archives
  cp -l "$LAB_PACKAGES"/*.deb disk/upper/var/cache/apt/archives/ 2> /dev/null || true
  : > disk/seeded
fi
# As DHCP would do on a VM; a link is some resolver's own.
[ -L disk/upper/etc/resolv.conf ] || cp resolv.conf disk/upper/etc/resolv.conf
echo "$HOSTNAME" > /proc/sys/kernel/hostname
# New network namespaces inherit the machine's setting; a fresh VM does not forward.
echo 0 > /proc/sys/net/ipv4/ip_forward

R=$HOST_DIR/root
mount -t overlay -o "lowerdir=$LAB_BASE,upperdir=disk/upper,workdir=disk/work" overlay "$R"
mount -t tmpfs -o mode=755,size=1m,nosuid dev "$R/dev"
mkdir -p "$R/dev/pts" "$R/dev/shm" "$R/dev/mqueue" "$R/dev/net"
mknod -m 666 "$R/dev/null" c 1 3
mknod -m 666 "$R/dev/zero" c 1 5
mknod -m 666 "$R/dev/full" c 1 7
mknod -m 666 "$R/dev/random" c 1 8
mknod -m 666 "$R/dev/urandom" c 1 9
mknod -m 666 "$R/dev/tty" c 5 0
mknod -m 666 "$R/dev/net/tun" c 10 200
mknod -m 666 "$R/dev/fuse" c 10 229
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$R/dev/pts"
# LXC opens /dev/ptmx and needs it to be this instance's.
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
ln -s fd/0 "$R/dev/stdin"
ln -s fd/1 "$R/dev/stdout"
ln -s fd/2 "$R/dev/stderr"
: > "$R/dev/console"
mount --bind console.log "$R/dev/console"
mount -t tmpfs -o mode=1777,nosuid,nodev shm "$R/dev/shm"
mount -t mqueue mqueue "$R/dev/mqueue"
mount -t proc -o nosuid,nodev,noexec proc "$R/proc"
# This file restarts the machine, not the host.
[ ! -e "$R/proc/sysrq-trigger" ] || mount --bind "$R/dev/null" "$R/proc/sysrq-trigger"
mount -t sysfs -o nosuid,nodev,noexec sysfs "$R/sys"
mount -t tmpfs -o mode=755,nosuid,nodev run "$R/run"
mount -t tmpfs -o mode=1777,nosuid,nodev tmp "$R/tmp"

C=$R/sys/fs/cgroup
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$C"
else
  mount -t tmpfs -o mode=755 cgroup "$C"
  while IFS=: read -r _ controllers _; do
    case $controllers in
      '') mkdir "$C/unified"; mount -t cgroup2 cgroup2 "$C/unified" || rmdir "$C/unified" ;;
      name=*) mkdir "$C/\${controllers#name=}"; mount -t cgroup -o "none,$controllers" cgroup "$C/\${controllers#name=}" ;;
      *) mkdir "$C/$controllers"; mount -t cgroup -o "$controllers" cgroup "$C/$controllers" || rmdir "$C/$controllers" ;;
    esac
  done < /proc/self/cgroup
  [ -d "$C/systemd" ] || { mkdir "$C/systemd"; mount -t cgroup -o none,name=systemd cgroup "$C/systemd"; }
fi

# Its programs load what they need into the one kernel, as on a VM.
if [ -d /lib/modules ]; then
  mkdir -p "$R/lib/modules"
  mount --bind -o ro /lib/modules "$R/lib/modules"
fi

# Container engines mount overlays of their own, which can't lie on an overlay.
for data in docker containerd lxc lxd; do
  mkdir -p "disk/data/$data" "$R/var/lib/$data"
  mount --bind "disk/data/$data" "$R/var/lib/$data"
done

cd "$R"
mkdir -p .machine
pivot_root . .machine
umount -l /.machine
rmdir /.machine
exec env -i container=ctplay-lab TERM=linux PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /sbin/init
`;
