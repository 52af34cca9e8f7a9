/** The least that any tool over SSH must do: connect to every host and run one command there, in one process. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import ssh2 from 'ssh2';

interface FloorHost {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
}

/** A file that lists the hosts as JSON, and the command. */
const [listFile, command = 'exec /bin/sh -c true'] = process.argv.slice(2);
const hosts = JSON.parse(readFileSync(listFile!, 'utf8')) as FloorHost[];
const privateKey = readFileSync(hosts[0]!.keyFile);

function visit({ address, port, user }: FloorHost): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('error', reject);
    client.on('ready', () =>
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        channel.on('close', (status: number | undefined) => {
          client.end();
          if (status === 0) resolve();
          else reject(new Error(`${address}: status ${status}`));
        });
        channel.resume();
        channel.stderr.resume();
      }),
    );
    client.connect({ sock: connect({ host: address, port, noDelay: true }), username: user, privateKey, readyTimeout: 120_000 });
  });
}

await Promise.all(hosts.map(visit));
