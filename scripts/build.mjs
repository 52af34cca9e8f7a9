// Bundles the command line and the public API into dist/, and compiles them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const modules = readdirSync(path.join(root, 'modules')).filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3)).sort();
const target = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
// Made beside its place and put there whole: ctplay may be started while it is built, and a build may be broken off.
const outdir = `${target}.${process.pid}`;
mkdirSync(outdir, { recursive: true });
process.on('exit', () => rmSync(outdir, { recursive: true, force: true }));

// ssh2's server and its HTTP agents, which nobody here uses, would load node:https and node:tls at every start.
const leaner = {
  name: 'leaner-ssh2',
  setup: ({ onLoad }) => onLoad({ filter: /ssh2\/lib\/(http-agents|server)\.js$/ }, () => ({ contents: 'module.exports = {};' })),
};

// ssh2's ciphers in C++ are found where npm has built them, when it has. To ask the processor what it can do takes 2 ms of every start, for
// the place of a cipher that comes after those which OpenSSH has, too.
const nativeCiphers = {
  name: 'native-ciphers',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /sshcrypto\.node$/ }, () => ({ path: 'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node', external: true }));
    onLoad({ filter: /cpu-features\/lib\/index\.js$/ }, () => ({ contents: 'module.exports = () => undefined;' }));
  },
};

// ssh2 has each packet padded by a call for random bytes of its own, a tenth of what sending much takes: they are taken from some at hand.
const padding = {
  name: 'padding-at-hand',
  setup: ({ onLoad }) =>
    onLoad({ filter: /ssh2\/lib\/protocol\/crypto\.js$/ }, ({ path: file }) => ({
      contents: `${readFileSync(file, 'utf8').replaceAll('randomFillSync(packet, 5 + payloadLen, padLen)', 'pad(packet, 5 + payloadLen, padLen)')}
const atHand = Buffer.alloc(4096);
let used = atHand.length;
function pad(packet, offset, length) {
  if (used + length > atHand.length) {
    randomFillSync(atHand);
    used = 0;
  }
  used += atHand.copy(packet, offset, used, used + length);
}`,
    })),
};

const options = {
  absWorkingDir: root,
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  // Names stay as they are, for stacks of defects and for classes that are told apart by them.
  minifyWhitespace: true,
  minifySyntax: true,
  define: {
    CTPLAY_VERSION: JSON.stringify(version),
    CTPLAY_MODULE_NAMES: JSON.stringify(modules.join(' ')),
    CTPLAY_INDEX: JSON.stringify('./index.js'),
    CTPLAY_THREAD: JSON.stringify('./thread.cjs'),
    CTPLAY_HASHING: JSON.stringify('./hashing.cjs'),
    CTPLAY_MASTER: JSON.stringify('./master.cjs'),
    'import.meta.url': '__url',
  },
  plugins: [leaner, nativeCiphers, padding],
  logLevel: 'warning',
  metafile: true,
};

// What is loaded with its bytecode (src/cli/ctplay.ts) is the function that Node makes of a CommonJS module, as one expression: to put it around
// three megabytes at each start takes 2 ms.
await build({
  ...options,
  entryPoints: { bundle: 'src/bundle.ts' },
  banner: { js: '(function(module,require,__filename,__dirname,CTPLAY_IMPORT){const __url=require("node:url").pathToFileURL(__filename).href;' },
  footer: { js: '})' },
});
await build({ ...options, entryPoints: { ctplay: 'src/cli/ctplay.ts', hashing: 'src/hashing/thread.ts' } });

// Importers of the API share its classes with the command line, which may have loaded the users' module that imports it.
const { metafile } = await build({ ...options, entryPoints: { index: 'src/index.ts' }, format: 'esm', outExtension: {}, write: false });
const names = Object.values(metafile.outputs)[0].exports;
writeFileSync(path.join(outdir, 'index.js'), `import { api } from './ctplay.cjs';\nexport const { ${names.join(', ')} } = api();\n`);

// What threads and processes that hold connections run: the same code, with its cache.
writeFileSync(path.join(outdir, 'thread.cjs'), "void require('./ctplay.cjs').serveThread();\n");
writeFileSync(path.join(outdir, 'master.cjs'), "void require('./ctplay.cjs').serveMaster(process.argv[2], Number(process.argv[3]));\n");

// What has run once is in the cache.
execFileSync(process.execPath, ['scripts/warm-up.mjs', path.join(outdir, 'ctplay.cjs'), 'bench/plays/general.yaml'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

const old = `${outdir}.old`;
try {
  renameSync(target, old);
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
renameSync(outdir, target);
rmSync(old, { recursive: true, force: true });
