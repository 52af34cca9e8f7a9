/** A root file system from the host's own static busybox: containers without a download. */
import { sh, type Command } from '../../src/shell.ts';

/** Makes the folder `$d`, which goes when the script ends. */
export const temporaryFolder: Command = sh`d=$(mktemp -d /var/tmp/ctplay-image.XXXXXX) || exit
trap 'rm -rf "$d"' EXIT; trap 'exit 1' HUP INT TERM`;

// Some 270 names: perl makes them in one process, busybox's shell needs one for each. Hard links, since every symbolic one would be a file
// of its own in the image, which the runtime has to make and to remove again.
const linkCommands: Command = sh`if command -v perl >/dev/null; then busybox --list | perl -lne '$_ eq "busybox" or link "bin/busybox", "bin/$_" or die "bin/$_: $!\\n"'
else busybox --list | sed '/^busybox$/d; s/.*/ln bin\\/busybox "bin\\/&"/' | busybox sh; fi`;

/** Fills an empty folder: busybox, links for its commands, and the files that programs look for. */
export function fillBusyboxRoot(folder: Command): Command {
  return sh`(cd ${folder} && umask 022 && mkdir bin dev etc home proc root run sbin sys tmp usr var && chmod 1777 tmp && chmod 755 . && cp -L "$(command -v busybox)" bin/busybox &&
  { ${linkCommands}; } &&
  echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd && echo 'root:x:0:' >etc/group) || exit`;
}
