/** The least that any tool over SSH must do: connect to every host and run one command there, in one process. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import ssh2 from 'ssh2';

interface FloorHost {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
}

/** A file that lists the hosts as JSON, and how many threads share them: one by default. */
const [listFile, threads = '1'] = process.argv.slice(2);
const command = 'exec /bin/sh -c true';
const all = JSON.parse(readFileSync(listFile!, 'utf8')) as FloorHost[];
const hosts = isMainThread ? all : all.filter((_host, index) => index % Number(threads) === workerData);
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

function helper(share: number): Promise<void> {
  return new Promise((resolve, reject) => {
    new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2), workerData: share }).on('error', reject).on('exit', (status) => (status === 0 ? resolve() : reject(new Error(`a thread ended with ${status}`))));
  });
}

if (isMainThread && threads !== '1') await Promise.all(Array.from({ length: Number(threads) }, (_, share) => helper(share)));
else await Promise.all(hosts.map(visit));
