// Runs what most runs need, so that the cache holds it compiled: a playbook's way to an SSH server in this process, whose shell looks at this
// machine and changes nothing, since all is but checked.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';

const [bundle, playbook] = process.argv.slice(2);
const { run, keepCompiled } = createRequire(import.meta.url)(path.resolve(bundle));
// The bytecode is good for the flags that V8 has at the start.
const unchanged = () => {};
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-build-'));
// Nothing of the user's own.
Object.assign(process.env, { HOME: folder, XDG_CACHE_HOME: folder, XDG_RUNTIME_DIR: folder, SSH_AUTH_SOCK: '' });
const key = newKey();
const keyFile = path.join(folder, 'key');
writeFileSync(keyFile, key, { mode: 0o600 });
const clients = new Set();
const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
  clients.add(client);
  client.on('error', () => {}).on('close', () => clients.delete(client));
  client.on('authentication', (context) => context.accept());
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      const shell = spawn('/bin/sh', ['-c', command], { cwd: folder });
      channel.pipe(shell.stdin);
      shell.stdout.pipe(channel, { end: false });
      shell.stderr.pipe(channel.stderr, { end: false });
      shell.on('close', (status) => {
        channel.exit(status ?? 1);
        channel.end();
      });
    });
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const target = path.join(folder, 'target');
const inventory = path.join(folder, 'hosts.ini');
writeFileSync(inventory, `host ansible_host=127.0.0.1 ansible_port=${server.address().port} ansible_user=nobody ansible_ssh_private_key_file=${keyFile} ctplay_known_hosts_file=${folder}/known_hosts target=${target}\n`);
try {
  await run(['run', playbook, '--syntax-check'], unchanged);
  const check = ['run', playbook, '-i', inventory, '--accept-new-host-keys', '--check', '--ssh-common-args'];
  // A process that keeps connections speaks SSH as a run does that keeps none.
  const [alone, keeping] = ['no', 'yes'].map((persist) => [...check, `-o ControlPersist=${persist}`]);
  await run(alone, unchanged);
  asThePlaybookSays();
  await run(alone, unchanged);
  await run(keeping, unchanged);
  // The service before it is nowhere.
  await run([...alone, '--start-at-task', 'What became of the file'], unchanged);
} finally {
  keepCompiled();
  server.close();
  // What is kept ends, too, and with it who keeps it.
  for (const client of clients) client.end();
  rmSync(folder, { recursive: true });
}
// The host lacks a service.
process.exitCode = 0;

/** So that there is something to read, and nothing to do. */
function asThePlaybookSays() {
  mkdirSync(target, { mode: 0o755 });
  writeFileSync(path.join(target, 'motd'), 'hello\n', { mode: 0o644 });
  writeFileSync(path.join(target, 'settings'), 'port=8080\n', { mode: 0o644 });
  writeFileSync(path.join(target, 'installed'), '');
  symlinkSync(path.join(target, 'app.conf'), path.join(target, 'current'));
}

// Of the keys that ssh2 makes, one in three hundred is malformed by its own account.
function newKey() {
  for (;;) {
    const { private: text } = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(text) instanceof Error)) return text;
  }
}
