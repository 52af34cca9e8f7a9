// The least that any tool over SSH must do: connect to every host and run one command there, in one process.
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

/** USER@ADDRESS:PORT:KEYFILE */
const hosts = process.argv.slice(2).map((word) => {
  const [, username, host, port, keyFile] = /^([^@]+)@([^:]+):(\d+):(.+)$/.exec(word);
  return { username, host, port: Number(port), privateKey: readFileSync(keyFile) };
});

await Promise.all(
  hosts.map(
    (target) =>
      new Promise((resolve, reject) => {
        const client = new ssh2.Client();
        client.on('error', reject);
        client.on('ready', () =>
          client.exec('exec /bin/sh -c true', (error, channel) => {
            if (error) return reject(error);
            channel.on('close', (status) => {
              client.end();
              if (status === 0) resolve();
              else reject(new Error(`${target.host}: status ${status}`));
            });
            channel.resume();
          }),
        );
        client.connect({ ...target, readyTimeout: 60_000 });
      }),
  ),
);
