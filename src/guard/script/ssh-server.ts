/** Saving and restoring the SSH server and who may log in, as functions of POSIX sh (sshd(8), sshd_config(5), systemctl(1)). */
import { sh, type Command } from '../../shell.ts';

/**
 * `save_ssh` and `restore_ssh`: the server's configuration and keys, the login user's authorized_keys, sudoers, and whether the server runs.
 * `ssh_broken` says why the server would not start with a configuration that was changed.
 */
export const sshFunctions: Command = sh`
login_files() {
  find /etc/ssh /etc/sudoers /etc/sudoers.d /etc/hosts.allow /etc/hosts.deny /etc/pam.d/sshd /etc/nologin $home/.ssh/authorized_keys -type f ! -name moduli ! -name 'ssh_known_hosts*' 2>/dev/null | sort
}
login_state() { login_files | tr '\\n' '\\0' | xargs -0 sh -c 'stat -c "%a %u %g %n" "$@"; sha256sum "$@"' sh; }
service_state() {
  [ -d /run/systemd/system ] && [ -n "$services" ] || return 0
  { systemctl show -p Id,ActiveState,UnitFileState -- $services; echo; } | while IFS='=' read -r key value; do
    case $key in
      Id) id=$value file=- ;;
      ActiveState) active=$value ;;
      UnitFileState) file=\${value:--} ;;
      '') [ -z "$id" ] || echo "$id $active $file"; id= ;;
    esac
  done | sort -u
}
listens() { grep -qi ":$(printf %04X $port) 0*:0000 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null; }
save_ssh() {
  service_state >services
  sshd=$(readlink /proc/$listener/exe) || sshd=
  echo "$sshd" >server
  if [ -d "$kept" ]; then
    # The server still runs with the configuration before this run's first change of it.
    cp -p "$kept"/* .
  else
    login_files >login.files
    login_state >login.state
    tar -cPf login.tar -T login.files 2>/dev/null
  fi
}
restore_login_files() {
  login_state >now.login.state
  cmp -s login.state now.login.state && return 1
  login_files >now.login.files
  minus now.login.files login.files | while IFS= read -r file; do put rm -f "$file"; done
  tar -xPpf login.tar 2>>errors
  minus login.state now.login.state | sed 's,^[^/]*,,' | sort -u | while IFS= read -r file; do say "$file as it was"; done
}
restart_server() {
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    while read -r id active file; do
      [ "$active" = active ] || continue
      systemctl reset-failed $id 2>/dev/null
      put systemctl restart $id
    done <services
  else
    for name in $services; do
      name=\${name%.service}
      [ ! -x /etc/init.d/$name ] || { put /etc/init.d/$name restart >/dev/null; break; }
    done
  fi
  for _ in 1 2 3 4 5; do listens && return; sleep 1; done
  read -r sshd <server
  [ ! -x "$sshd" ] || { mkdir -p /run/sshd; put setsid $sshd -p $port; }
}
restore_ssh() {
  restart=
  restore_login_files && restart=1
  service_state >now.services
  minus services now.services >gone.services
  while read -r id active file; do
    set -- $(grep "^$id " now.services)
    case $file in masked*) ;; *) case $3 in masked*) put systemctl unmask $id; put systemctl unmask --runtime $id ;; esac ;; esac
    [ "$file" != enabled ] || [ "$3" != disabled ] || put systemctl enable --quiet $id
    [ "$active" != active ] || restart=1
  done <gone.services
  listens || restart=1
  # Nothing differed, and still nobody could log in: the server itself must hang.
  [ -n "$restart" ] || [ -s restored.log ] || restart=1
  [ -z "$restart" ] || restart_server
}
ssh_broken() {
  read -r sshd <server
  case $sshd in */sshd) ;; *) return 1 ;; esac
  login_state >now.login.state
  ! cmp -s login.state now.login.state && ! $sshd -t 2>broken
}
`;
