/**
 * The program that guards one change: one file on the host, which saves the way that the session came in by, watches for a sign that the host
 * can still be reached, and otherwise puts that way back. POSIX sh; it needs nothing of ctplay once it is there.
 */
import type { ManagementPath } from '../../baseline/kind.ts';
import { joinCommands, sh, type Command } from '../../shell.ts';
import { firewallFunctions } from './firewall.ts';
import { addressFunctions, linkFunctions } from './links.ts';
import { routeFunctions, settingFunctions } from './routes.ts';
import { sshFunctions } from './ssh-server.ts';

/** Where guards lie on a host: gone after a reboot, as are the links, addresses, routes and rules that they put back. */
export const guardFolder = '/run/ctplay/guard';

export interface GuardSpec {
  /** Letters, digits and hyphens. */
  readonly id: string;
  readonly runId: string;
  readonly path: ManagementPath;
  /** Without a sign of life for so long the host goes back. */
  readonly seconds: number;
}

/** `sh FILE arm | watch | sign | done FAILED | probe | confirm CLEAN | stale`. */
export function guardProgram({ id, runId, path, seconds }: GuardSpec): Command {
  const settings = sh`umask 077
export LC_ALL=C
case :$PATH: in *:/usr/sbin:*) ;; *) export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" ;; esac
id=${id} folder=${`${guardFolder}/${id}`} kept=${`${guardFolder}/kept-${runId}`} limit=${seconds}
client=${path.clientAddress.replace(/%.*/, '')} server=${path.serverAddress.replace(/%.*/, '')} port=${path.serverPort} gateway=${path.gateway ?? ''} family=${path.clientAddress.includes(':') ? 6 : 4}
links=${path.links.join(' ')} services=${path.services.join(' ')} processes=${path.processes.join(' ')} listener=${path.processes.at(-1) ?? 1}
ovs=/run/openvswitch/db.sock
cd $folder || exit 70
`;
  return joinCommands([settings, helpers, linkFunctions, addressFunctions, routeFunctions, settingFunctions, firewallFunctions, sshFunctions, main], '\n');
}

const helpers = sh`
have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\\n' "$*" >>restored.log; }
put() { "$@" </dev/null 2>>errors && say "$*"; }
minus() { grep -vxF -f "$2" "$1"; }
on_path() {
  for link in $links; do
    case " $1 " in *" dev $link "*) return 0 ;; esac
  done
  return 1
}
seconds_up() { read -r up _ </proc/uptime; up=\${up%%.*}; }
sign() { seconds_up; echo $up >sign.new; mv sign.new sign; }
login_home() {
  home=/nonexistent
  for p in $processes; do
    case $(cat /proc/$p/comm 2>/dev/null) in
      sshd* | dropbear*) home=$(getent passwd "$(stat -c %U /proc/$p)" | cut -d: -f6); return ;;
    esac
  done
}
`;

// Whoever makes the folder `claimed` decides: a login that proves the change, or the watcher that takes it back.
const main = sh`
save() {
  login_home
  echo "$home" >home
  save_links; save_addresses; save_routes; save_settings; save_firewall; save_ssh
}
restore() {
  read -r home <home
  : >restored.log
  : >errors
  restore_firewall
  # Links that others stand on may come late, and with them addresses and routes.
  for _ in 1 2; do restore_links; restore_settings; restore_addresses; restore_routes; done
  restore_ssh
  mv restored.log restored
}
arm() {
  save
  sign
  if [ -d /run/systemd/system ] && have systemd-run && timeout 30 systemd-run --quiet --collect --unit=ctplay-guard-$id --property=KillMode=process sh $folder/guard.sh watch 2>errors; then :
  else setsid sh $folder/guard.sh watch </dev/null >/dev/null 2>&1 & fi
  tries=0
  while [ ! -s watcher ]; do
    [ $tries -lt 150 ] || { end; echo 'its watcher does not start' >&2; return 71; }
    tries=$((tries + 1))
    sleep 0.2
  done
  sign
  echo armed
}
watch() {
  echo $$ >watcher
  while [ ! -d claimed ]; do
    [ -e sign ] || exit 0
    seconds_up
    read -r last <sign || last=$up
    [ $((up - last)) -lt $limit ] || break
    sleep 1
  done
  mkdir claimed 2>/dev/null || exit 0
  restore
}
probe() {
  sign
  if [ -d claimed ]; then echo claimed
  elif [ -e ended ]; then echo "done $(cat ended)"
  else echo running; fi
}
told() {
  tries=0
  while [ ! -e restored ] && [ $tries -lt 50 ]; do
    tries=$((tries + 1))
    sleep 1
  done
  cat restored
}
end() {
  read -r pid 2>/dev/null <watcher && grep -qsF $folder/guard.sh /proc/$pid/cmdline && kill $pid
  cd /
  rm -rf $folder
  rmdir ${guardFolder} /run/ctplay 2>/dev/null
  return 0
}
keep() {
  login_state >now.login.state
  [ -d $kept ] || cmp -s login.state now.login.state || { mkdir $kept && cp -p login.files login.state login.tar $kept; }
}
confirm() {
  if ! mkdir claimed 2>/dev/null; then
    echo restored
    told
  elif read -r home <home && ssh_broken; then
    restore
    echo broken
    cat broken
  else
    case $1 in restarted) rm -rf $kept ;; *) keep ;; esac
    if [ -e ended ]; then echo "ended $(cat ended)"; else echo confirmed; fi
  fi
  end
}
stale() {
  if mkdir claimed 2>/dev/null; then echo disarmed
  else echo restored; told; fi
  end
}
case $1 in
  done) echo "$2" >ended; sign ;;
  arm | watch | probe | stale) $1 ;;
  confirm) confirm $2 ;;
esac
`;
