// Bundles the command line and the public API into dist/, split so that a verb loads only what it uses.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const modules = readdirSync(path.join(root, 'modules')).filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3)).sort();
const outdir = process.argv[2] ?? path.join(root, 'dist');

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { ctplay: 'src/cli/ctplay.ts', index: 'src/index.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  define: { CTPLAY_VERSION: JSON.stringify(version), CTPLAY_MODULE_NAMES: JSON.stringify(modules.join(' ')), CTPLAY_INDEX: JSON.stringify('../index.js') },
  // ssh2 uses its native parts where they were built and does without them otherwise.
  external: ['*.node', 'cpu-features'],
  // CommonJS dependencies call require() for Node's own modules and ask for their folder.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;" },
  logLevel: 'warning',
});
