// The least that any tool over SSH must do: connect to every host and run one command there, in one process.
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const [port, username, keyFile, ...hosts] = process.argv.slice(2);
const privateKey = readFileSync(keyFile);

await Promise.all(
  hosts.map(
    (host) =>
      new Promise((resolve, reject) => {
        const client = new ssh2.Client();
        client.on('error', reject);
        client.on('ready', () =>
          client.exec('exec /bin/sh -c true', (error, channel) => {
            if (error) return reject(error);
            channel.on('close', (status) => {
              client.end();
              if (status === 0) resolve();
              else reject(new Error(`${host}: status ${status}`));
            });
            channel.resume();
          }),
        );
        client.connect({ host, port: Number(port), username, privateKey, readyTimeout: 60_000 });
      }),
  ),
);
