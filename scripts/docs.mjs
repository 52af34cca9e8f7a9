// Writes what is generated in docs/ and playbooks/: the modules' pages and the JSON schemas. `npm run docs` runs it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const build = mkdtempSync(path.join(tmpdir(), 'ctplay-docs-'));
try {
  const node = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  node('scripts/build.mjs', build);
  const ctplay = path.join(build, 'ctplay.js');
  rmSync(path.join(root, 'docs/modules'), { recursive: true, force: true });
  node(ctplay, 'doc', '--output', 'docs/modules');
  node(ctplay, 'schema', 'playbook', '--output', 'playbooks/ctplay.schema.json');
  node(ctplay, 'schema', 'tasks', '--output', 'playbooks/tasks.schema.json');
  node(ctplay, 'schema', 'events', '--output', 'docs/events.schema.json');
} finally {
  rmSync(build, { recursive: true, force: true });
}
