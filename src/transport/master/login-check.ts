/** Whether a login of some time ago is still what a new one would be, found out by the host itself before it is used again. */

/** How a shell ends that finds it is not; of sysexits(3)'s range, where no shell has a status of its own. */
export const OUTDATED = 77;

/**
 * What sshd(8), PAM and the name service look at when somebody logs in, in its usual places. A directory shows what was added to it and taken
 * away; of what is often missing, such as /etc/environment, its directory says the same where it is.
 */
const DECISIVE =
  '/etc/passwd /etc/group /etc/shadow /etc/nsswitch.conf /etc/login.defs /etc/default/locale /etc/nologin /run/nologin /etc/hosts.allow /etc/hosts.deny ' +
  '/etc/ssh /etc/ssh/* /etc/ssh/*/* /etc/pam.conf /etc/pam.d /etc/pam.d/* /etc/security /etc/security/* /etc/security/*/*';

/** Between the moment when sshd has looked at these and the start of the process that serves the session. */
const SLACK_SECONDS = 1;

/** Names that a tilde leads home from without quotes, which it needs (XCU 2.6.1). */
const PLAIN_NAME = /^[A-Za-z_][\w.@-]*$/;

/**
 * Commands with which a shell begins on a kept connection, as whatever user: they end it with OUTDATED where anything that decides on logins
 * was changed since, or where that can't be told. One stat(1) tells the change times, which nobody can set, and by a directory in /proc that is
 * made for itself what time it is; the session has begun when its sshd did (proc_pid_stat(5), field 22), the shell's nearest ancestor of that name.
 * Who sets the host's clock forward in between hides a change.
 * @param user who has logged in
 */
export function loginCheck(user: string): string {
  if (!PLAIN_NAME.test(user)) return `exit ${OUTDATED}\n`;
  return `\
__ctplay_at=$PPID
while :; do
  IFS= read -r __ctplay_line 2>/dev/null </proc/$__ctplay_at/stat || exit ${OUTDATED}
  set -- \${__ctplay_line##*) }
  case $__ctplay_line in *' (sshd'* | *' (dropbear'*) break ;; esac
  [ "$2" -gt 1 ] || exit ${OUTDATED}
  __ctplay_at=$2
done
__ctplay_start=\${20} __ctplay_home=~${user}
read -r __ctplay_up __ctplay_line 2>/dev/null </proc/uptime && [ -x "$__ctplay_home" ] || exit ${OUTDATED}
set -- "$__ctplay_home/.ssh"
if [ -e "$1" ]; then [ -x "$1" ] || exit ${OUTDATED}; else set -- "$__ctplay_home"; fi
[ -e /etc/environment ] && set -- "$1" /etc/environment || set -- "$1" /etc
set -- $(stat -L -c %Z /proc/self/ "$@" "$__ctplay_home"/.ssh/authorized_keys* "$__ctplay_home"/.ssh/environment "$__ctplay_home"/.ssh/rc ${DECISIVE} 2>/dev/null)
[ $# -gt 2 ] || exit ${OUTDATED}
__ctplay_at=$((($1 * 100 - \${__ctplay_up%.*} * 100 - 1\${__ctplay_up#*.} + 100 + __ctplay_start) / 100 - ${SLACK_SECONDS}))
shift
for __ctplay_line do [ "$__ctplay_line" -lt $__ctplay_at ] || exit ${OUTDATED}; done
set --
`;
}
