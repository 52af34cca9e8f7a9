/** Saving and restoring interfaces and their addresses, as functions of POSIX sh (ip-link(8), ip-address(8), ovs-vsctl(8)). */
import { sh, type Command } from '../../shell.ts';

/**
 * `save_links` and `restore_links`: up or down, master, switch, MTU and hardware address of `$links`. A link that was renamed or moved to
 * another namespace is fetched back, and a bridge or VLAN interface that was deleted is made again.
 */
export const linkFunctions: Command = sh`
link_state() {
  for name in "$@"; do
    n=/sys/class/net/$name
    [ -e $n ] || continue
    read -r index <$n/ifindex; read -r flags <$n/flags; read -r mtu <$n/mtu; read -r mac <$n/address
    master=$(readlink $n/master) || master=-
    master=\${master##*/} switch=-
    [ "$master" != ovs-system ] || master=-
    [ ! -S $ovs ] || switch=$(ovs-vsctl --timeout=5 port-to-br $name 2>/dev/null) || switch=-
    [ $((flags & 1)) = 1 ] && up=up || up=down
    echo "$name $index $up $master $mtu \${mac:--} $switch"
  done
}
link_kind() {
  if [ -d /sys/class/net/$1/bridge ]; then echo "$1 bridge"
  elif [ -e /proc/net/vlan/$1 ]; then echo "$1 vlan $(sed -n 's/.*VID: \\([0-9]*\\).*/\\1/p' /proc/net/vlan/$1) $(sed -n 's/^Device: //p' /proc/net/vlan/$1)"
  elif [ -S $ovs ] && ovs-vsctl --timeout=5 br-exists $1 2>/dev/null; then echo "$1 switch"
  fi
}
save_links() {
  link_state $links >links
  for link in $links; do link_kind $link; done >kinds
}
fetch_link() {
  for n in $(grep -lx "$2" /sys/class/net/*/ifindex 2>/dev/null); do
    n=\${n%/ifindex}
    put ip link set dev \${n##*/} down
    put ip link set dev \${n##*/} name $1 && return
  done
  own=$(readlink /proc/self/ns/net) seen=
  for p in /proc/[0-9]*; do
    space=$(readlink $p/ns/net 2>/dev/null) || continue
    case " $own $seen " in *" $space "*) continue ;; esac
    seen="$seen $space"
    nsenter --net=$p/ns/net ip -o link show dev $1 2>/dev/null | grep -q " $6 " || continue
    put nsenter --net=$p/ns/net ip link set dev $1 netns $$ && return
  done
  for space in $(ip netns list 2>/dev/null | sed 's/ .*//'); do
    ip -n $space -o link show dev $1 2>/dev/null | grep -q " $6 " || continue
    put ip -n $space link set dev $1 netns $$ && return
  done
  set -- $(grep "^$1 " kinds)
  case $2 in
    bridge) put ip link add name $1 type bridge ;;
    vlan) put ip link add link $4 name $1 type vlan id $3 ;;
    switch) put ovs-vsctl --timeout=10 --may-exist add-br $1 ;;
  esac
}
restore_links() {
  while read -r link index up master mtu mac switch; do
    [ -e /sys/class/net/$link ] || fetch_link $link $index $up $master $mtu $mac $switch
    set -- $(link_state $link)
    [ $# -gt 0 ] || continue
    if [ "$7" != "$switch" ]; then
      [ "$7" = - ] || put ovs-vsctl --timeout=10 --if-exists del-port $link
      [ "$switch" = - ] || put ovs-vsctl --timeout=10 --may-exist add-port $switch $link
    fi
    if [ "$4" != "$master" ]; then
      if [ "$master" = - ]; then put ip link set dev $link nomaster
      else put ip link set dev $link master $master || { ip link set dev $link down; put ip link set dev $link master $master; }
      fi
    fi
    [ "$6" = "$mac" ] || put ip link set dev $link address $mac
    [ "$5" = "$mtu" ] || put ip link set dev $link mtu $mtu
    set -- $(link_state $link)
    [ "$3" = "$up" ] || put ip link set dev $link $up
  done <links
}
`;

/**
 * `save_addresses` and `restore_addresses`: those of `$links`, exactly; elsewhere an address goes that is the client's, the gateway's or our
 * own. The kernel's own link-local addresses are never taken away, and temporary ones (RFC 8981) not looked at.
 */
export const addressFunctions: Command = sh`
address_words() {
  while read -r _ name family address words; do
    case $words in *' temporary'*) continue ;; esac
    words=\${words%%\\\\*} out="$name $address"
    set -- $words
    while [ $# -gt 0 ]; do
      case $1 in
        peer | brd | scope | metric) out="$out $1 $2"; shift ;;
        noprefixroute | home | nodad) out="$out $1" ;;
        "$name"*) [ $family != inet ] || out="$out label $1" ;;
      esac
      shift
    done
    echo "$out"
  done
}
save_addresses() { ip -o addr show | address_words >addresses; }
restore_addresses() {
  ip -o addr show | address_words >now.addresses
  minus now.addresses addresses | while read -r name address _; do
    case $address in fe80:*) continue ;; esac
    on_path "dev $name" || case \${address%/*} in "$client" | "$server" | "$gateway") ;; *) continue ;; esac
    put ip addr del $address dev $name
  done
  ip -o addr show | address_words >now.addresses
  minus addresses now.addresses | while read -r name words; do
    on_path "dev $name" && put ip addr add $words dev $name
  done
}
`;
