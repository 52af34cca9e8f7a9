// Writes what is generated in docs/ and playbooks/, and removes pages of modules that are gone. `npm run docs` runs it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
// One folder below the root, from where the registry looks for ../modules.
const bundle = path.join(root, '.cache', `generated-files-${process.pid}.mjs`);
try {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/schema/generated-files.ts'],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['*.node', 'cpu-features'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  const { generatedFiles } = await import(pathToFileURL(bundle).href);
  const files = await generatedFiles();
  rmSync(path.join(root, 'docs/modules'), { recursive: true, force: true });
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
} finally {
  rmSync(bundle, { force: true });
}
