// Runs what most runs need, so that the cache holds it compiled: a playbook's way to an SSH server in this process, which starts no commands.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';

const [bundle, playbook] = process.argv.slice(2);
const { run, keepCompiled } = createRequire(import.meta.url)(path.resolve(bundle));
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-build-'));
// Nothing of the user's own configuration of ssh.
Object.assign(process.env, { HOME: folder, SSH_AUTH_SOCK: '' });
const key = newKey();
const keyFile = path.join(folder, 'key');
writeFileSync(keyFile, key, { mode: 0o600 });
const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
  client.on('error', () => {});
  client.on('authentication', (context) => context.accept());
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec) => {
      const channel = acceptExec();
      channel.exit(0);
      channel.end();
    });
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const inventory = path.join(folder, 'hosts.ini');
writeFileSync(inventory, `host ansible_host=127.0.0.1 ansible_port=${server.address().port} ansible_user=nobody ansible_ssh_private_key_file=${keyFile} ctplay_known_hosts_file=${folder}/known_hosts target=/nowhere\n`);
try {
  await run(['run', playbook, '--syntax-check']);
  await run(['run', playbook, '-i', inventory, '--accept-new-host-keys', '--check']);
} finally {
  keepCompiled();
  server.close();
  rmSync(folder, { recursive: true });
}
// The host could not be reached, as it has no shell.
process.exitCode = 0;

// Of the keys that ssh2 makes, one in three hundred is malformed by its own account.
function newKey() {
  for (;;) {
    const { private: text } = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(text) instanceof Error)) return text;
  }
}
