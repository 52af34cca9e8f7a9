/** Saving and restoring routes and policy rules, as functions of POSIX sh (ip-route(8), ip-rule(8)). */
import { sh, type Command } from '../../shell.ts';

/**
 * `save_routes` and `restore_routes`: routes over `$links` come back; of those that are new, only such go that win for the client, or that
 * let packets vanish. Policy rules are put back exactly.
 */
export const routeFunctions: Command = sh`
routes() {
  ip -$1 -o route show table all 2>/dev/null | route_words | grep -v -e '^local ' -e '^broadcast ' -e '^anycast ' -e '^multicast ' -e '^fe80::' -e ' table local'
}
route_words() {
  sed -e 's/\\\\/ /g' -e 's/ linkdown//g' -e 's/ dead//g' -e 's/ rt_offload//g' -e 's/ rt_trap//g' -e 's/ offload//g' -e 's/ trap//g' -e 's/ expires [^ ]*//' -e 's/ nhid [^ ]*//' -e 's/  */ /g' -e 's/ *$//'
}
rules() { ip -$1 -o rule show 2>/dev/null | sed -e 's/ *\\[detached\\]//' -e 's/[[:space:]][[:space:]]*/ /g' -e 's/ *$//'; }
way() { ip -$family -o route get fibmatch "$client" from "$server" 2>/dev/null | route_words; }
save_routes() {
  for f in 4 6; do
    routes $f >routes$f
    rules $f >rules$f
  done
  way >way
}
restore_rules() {
  for f in 4 6; do
    rules $f >now.rules$f
    minus now.rules$f rules$f | while IFS=: read -r priority words; do put ip -$f rule del pref $priority $words; done
    minus rules$f now.rules$f | while IFS=: read -r priority words; do put ip -$f rule add pref $priority $words; done
  done
}
restore_routes() {
  restore_rules
  for f in 4 6; do
    routes $f >now.routes$f
    minus now.routes$f routes$f | while read -r type words; do
      case $type in blackhole | unreachable | prohibit | throw) put ip -$f route del $type $words ;; esac
    done
    # A gateway can be used only when the way to it is there.
    minus routes$f now.routes$f >gone.routes
    { grep -v ' via ' gone.routes; grep ' via ' gone.routes; } | while read -r words; do
      on_path "$words" && put ip -$f route replace $words
    done
  done
  want=$(cat way) tries=0
  [ -n "$want" ] || return 0
  while [ $tries -lt 10 ]; do
    now=$(way)
    [ -n "$now" ] && [ "$now" != "$want" ] || break
    grep -qxF -e "$now" routes$family && break
    put ip -$family route del $now || break
    tries=$((tries + 1))
  done
}
`;

/** `save_settings` and `restore_settings`: the kernel's parameters of IP for `$links` and for all interfaces. */
export const settingFunctions: Command = sh`
settings() {
  for link in all $links; do
    # What grep says of parameters that can't be read is of no use.
    grep -s '' /proc/sys/net/ipv4/conf/$link/* /proc/sys/net/ipv6/conf/$link/* | grep -v -e '/forwarding:' -e '/mc_forwarding:'
  done
}
save_settings() { settings >settings; }
restore_settings() {
  settings >now.settings
  minus settings now.settings | while IFS=: read -r file value; do
    echo "$value" 2>/dev/null >$file && say "echo $value > $file"
  done
}
`;
