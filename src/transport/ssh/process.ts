/** A command on an SSH session channel (RFC 4254, section 6.5) as a process. */
import type { ClientChannel } from 'ssh2';
import { DRAIN_MS } from '../process.ts';
import type { HostProcess, ProcessEnd } from '../process.ts';
import type { Executor } from './early-session.ts';

/**
 * Starts a command line. Rejects when the server opens no channel.
 * @param lost why the connection is gone, once it is
 */
export async function execute(executor: Executor, commandLine: string, lost: () => string | undefined): Promise<HostProcess> {
  return await new Promise<HostProcess>((resolve, reject) => {
    // A short command's end may come in the packet that also opens it: whoever listens a turn later hears nothing of it.
    executor.exec(commandLine, (error, opened) => (error ? reject(error) : resolve(processOn(opened, lost))));
  });
}

function processOn(channel: ClientChannel, lost: () => string | undefined): HostProcess {
  const ended = new Promise<ProcessEnd>((resolve) => {
    let end: ProcessEnd | undefined;
    let drained: NodeJS.Timeout | undefined;
    channel.on('exit', (status: number | null, signal?: string) => {
      end = { status, signal: signal?.replace(/^SIG/, '') ?? null };
      drained = setTimeout(resolve, DRAIN_MS, end);
    });
    // A channel that closes without an exit status has told nothing of its command.
    channel.on('close', () => {
      clearTimeout(drained);
      resolve(end ?? { status: null, signal: null, lost: lost() ?? 'the channel was closed without an exit status' });
    });
  });
  return { stdin: channel, stdout: channel, stderr: channel.stderr, ended, destroy: () => channel.close() };
}
