#!/bin/sh
# isolate.sh FOLDER COMMAND…: runs the command, inside namespaces of its own (unshare --mount --pid), as on a machine that has this
# one's files: writes below the listed folders go to memory, and /mnt is FOLDER.
set -eu
folder=$1
shift
layers=$folder.layers
mkdir -p "$layers"
mount -t tmpfs tmpfs "$layers"
for part in etc home root run usr/local var; do
  mkdir -p "$layers/$part/upper" "$layers/$part/work"
  mount -t overlay overlay -o "lowerdir=/$part,upperdir=$layers/$part/upper,workdir=$layers/$part/work" "/$part"
done
# What this machine's root runs at each login is no part of the hosts: pyenv, say, waits there for a lock for up to a minute.
rm -f /root/.bashrc /root/.bash_profile /root/.bash_login /root/.profile /root/.zshenv /root/.ssh/rc
mkdir -p /run/lock
mount --bind "$folder" /mnt
exec "$@"
