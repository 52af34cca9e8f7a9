# The same ten steps as a person would write them: $1 is the target folder, $2 the host's name.
set -eu
PATH=$PATH:/usr/sbin
[ -d "$1" ] || mkdir -m 755 "$1"
put() { # name, mode, content
  [ "$(cat "$1" 2>/dev/null)" = "$3" ] || printf '%s\n' "$3" >"$1"
  [ "$(stat -c %a "$1")" = "$2" ] || chmod "$2" "$1"
}
put "$1/motd" 644 hello
put "$1/app.conf" 644 "# $2
listen 8080;
listen 8081;
motto hello;"
grep -qxF port=8080 "$1/settings" 2>/dev/null || echo port=8080 >>"$1/settings"
[ "$(readlink "$1/current")" = "$1/app.conf" ] || ln -sfn "$1/app.conf" "$1/current"
[ -e "$1/installed" ] || touch "$1/installed"
service "bench-$2" status >/dev/null || service "bench-$2" start
[ "$(stat -c %s "$1/motd")" = 6 ]
echo "hello from $2"
