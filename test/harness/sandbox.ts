/** A throw-away view of this machine: its own mounts, host name and an overlay over its whole file system. Needs root. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const script = `
set -e
scratch=$(mktemp -d)
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
mount --rbind /dev "$scratch/root/dev"
mount --rbind /proc "$scratch/root/proc"
mount --rbind /sys "$scratch/root/sys"
mount -t tmpfs tmpfs "$scratch/root/tmp"
mount -t tmpfs tmpfs "$scratch/root/run"
rm -rf "$scratch/root/var/lib/ctplay"
echo "$scratch"
exec chroot "$scratch/root" sh -c 'echo ready; exec sleep infinity'
`;

export interface Sandbox {
  /** What stands before a command to run it in there. */
  readonly prefix: readonly string[];
  close(): Promise<void>;
}

export async function openSandbox(): Promise<Sandbox> {
  const process = spawn('unshare', ['--mount', '--uts', '--propagation', 'private', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const scratch = await ready(process);
  return {
    prefix: ['nsenter', '--target', String(process.pid), '--mount', '--uts', '--root', '--wd'],
    async close() {
      process.kill('SIGKILL');
      await once(process, 'exit');
      spawn('rmdir', [scratch]);
    },
  };
}

async function ready(process: ChildProcess): Promise<string> {
  let output = '';
  for await (const chunk of process.stdout as AsyncIterable<Buffer>) {
    output += chunk.toString();
    if (output.endsWith('ready\n')) return output.split('\n')[0]!;
  }
  throw new Error('the sandbox did not start');
}
