#!/bin/sh
# isolate.sh FOLDER COMMAND…: runs the command, inside namespaces of its own (unshare --mount --pid), as on a machine that has this
# one's files: writes below the listed folders go to memory, and /mnt is FOLDER.
set -eu
folder=$1
shift
layers=$folder.layers
mkdir -p "$layers"
mount -t tmpfs tmpfs "$layers"
for part in etc home root usr/local var; do
  mkdir -p "$layers/$part/upper" "$layers/$part/work"
  mount -t overlay overlay -o "lowerdir=/$part,upperdir=$layers/$part/upper,workdir=$layers/$part/work" "/$part"
done
mount -t tmpfs tmpfs /run/lock
mount --bind "$folder" /mnt
exec "$@"
