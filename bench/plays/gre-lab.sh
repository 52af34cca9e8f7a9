# The GRE lab by hand: $1 is up or down, $2 this host's seat (0 or 1), $3 its address, $4 the other host's.
# It ends as the playbook does: the same packages, services, links, rules, MTUs, and the same answers to ping; and down as reset does.
set -eu
subnet=172.15.42.0/24
gateway=172.15.42.$((1 + $2))
address=172.15.42.$((100 + $2))
other=172.15.42.$((101 - $2))
if [ "$1" = down ]; then
  docker rm -f c1 >/dev/null 2>&1 || true
  docker rmi lab/busybox >/dev/null 2>&1 || true
  while iptables -t nat -D POSTROUTING -s $subnet ! -d $subnet -j MASQUERADE 2>/dev/null; do :; done
  while iptables -D DOCKER-USER -i docker0 -j ACCEPT 2>/dev/null; do :; done
  while iptables -D DOCKER-USER -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT 2>/dev/null; do :; done
  ovs-vsctl --if-exists del-br br0
  ip link del cable0 2>/dev/null || true
  ip link set docker0 mtu 1500
  # Docker keeps the address that docker0 has: it is started once with the old one.
  echo '{ "bip": "172.17.0.1/16" }' >/etc/docker/daemon.json
  systemctl reset-failed docker
  systemctl restart docker
  rm -f /etc/docker/daemon.json
  exit
fi
package() {
  command -v "$1" >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$2" >/dev/null
}
package dockerd docker.io
package iptables iptables
package ovs-vsctl openvswitch-switch
package busybox busybox-static
want='{ "bip": "'$gateway'/24", "mtu": 1462 }'
mkdir -p /etc/docker
if [ "$(cat /etc/docker/daemon.json 2>/dev/null)" != "$want" ]; then
  echo "$want" >/etc/docker/daemon.json
  systemctl reset-failed docker
  systemctl restart docker
fi
for unit in docker openvswitch-switch; do
  systemctl is-active --quiet $unit || systemctl start $unit
  systemctl is-enabled --quiet $unit || systemctl enable --quiet $unit
done
type=system
[ -d /sys/module/openvswitch ] || type=netdev
ovs-vsctl --may-exist add-br br0 -- set bridge br0 datapath_type=$type
ovs-vsctl --may-exist add-port br0 gre0 -- set interface gre0 type=gre options:remote_ip="$4" options:local_ip="$3" -- set interface br0 mtu_request=1462
ip link set br0 up
ip link set docker0 mtu 1462
ip link set br0 master docker0
sysctl -q -w net.ipv4.ip_forward=1
iptables -t nat -C POSTROUTING -s $subnet ! -d $subnet -j MASQUERADE 2>/dev/null || iptables -t nat -A POSTROUTING -s $subnet ! -d $subnet -j MASQUERADE
iptables -C DOCKER-USER -i docker0 -j ACCEPT 2>/dev/null || iptables -I DOCKER-USER -i docker0 -j ACCEPT
iptables -C DOCKER-USER -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT 2>/dev/null || iptables -I DOCKER-USER -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
if ! docker image inspect lab/busybox >/dev/null 2>&1; then
  work=$(mktemp -d)
  mkdir "$work/bin" "$work/etc" "$work/proc" "$work/sys" "$work/tmp"
  cp "$(command -v busybox)" "$work/bin/"
  (cd "$work/bin" && ./busybox --list | perl -lne 'link "busybox", $_')
  tar -C "$work" -c . | docker import - lab/busybox >/dev/null
  rm -rf "$work"
fi
[ "$(docker inspect -f '{{.State.Running}}' c1 2>/dev/null)" = true ] || docker run -d --name c1 --network none lab/busybox sleep infinity >/dev/null
pid=$(docker inspect -f '{{.State.Pid}}' c1)
if ! nsenter -t "$pid" -n ip -4 addr show dev eth0 2>/dev/null | grep -q "$address/24"; then
  ip link add cable0 mtu 1462 type veth peer name eth0 mtu 1462 netns "$pid"
  ip link set cable0 master docker0 up
  nsenter -t "$pid" -n ip addr add "$address/24" dev eth0
  nsenter -t "$pid" -n ip link set eth0 up
  nsenter -t "$pid" -n ip route add default via "$gateway"
fi
outside=$(ip route show default | sed -n 's/^default via \([^ ]*\).*/\1/p')
for peer in "$other" "$gateway" $outside; do
  tries=0
  until nsenter -t "$pid" -n ping -c 1 -W 1 "$peer" >/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 30 ]
  done
done
