/**
 * The first code that runs. It prints the version by itself; for all else it loads the bundle with the bytecode that V8 kept of it at
 * build time, which saves parsing and compiling (https://nodejs.org/docs/latest-v20.x/api/vm.html#scriptcreatecacheddata).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as V8 from 'node:v8';
import { Script } from 'node:vm';
import type * as bundled from '../bundle.ts';

declare const CTPLAY_VERSION: string;

type Bundle = typeof bundled;

/** What Node wraps a CommonJS module in, and `import()`, which code compiled by vm can't do by itself. */
type ModuleFunction = (module: { exports: Bundle }, require: NodeJS.Require, filename: string, dirname: string, importFile: (url: string) => Promise<unknown>) => void;
const importFile = (url: string): Promise<unknown> => import(url);

const bundleFile = path.join(__dirname, 'bundle.cjs');
const cacheFile = path.join(__dirname, 'bundle.cache');

let compiled: Script | undefined;
let loaded: Bundle | undefined;

/** The bundle, loaded once: classes such as CtplayError are told apart by identity. */
function bundle(): Bundle {
  if (loaded) return loaded;
  // A cache of another version of Node is refused by V8, which then compiles.
  const cachedData = existsSync(cacheFile) ? readFileSync(cacheFile) : undefined;
  compiled = new Script(`(function (module, require, __filename, __dirname, CTPLAY_IMPORT) {${readFileSync(bundleFile, 'latin1')}\n})`, {
    filename: bundleFile,
    ...(cachedData && { cachedData }),
  });
  const module = {} as { exports: Bundle };
  (compiled.runInThisContext() as ModuleFunction)(module, createRequire(bundleFile), bundleFile, __dirname, importFile);
  return (loaded = module.exports);
}

/** Keeps the bytecode of all that has run so far for later starts. */
export function keepCompiled(): void {
  if (compiled) writeFileSync(cacheFile, compiled.createCachedData());
}

/** What users' modules import from 'ctplay'. */
export function api(): Bundle['api'] {
  return bundle().api;
}

/** In a thread of its own, holds connections for the main thread. */
export async function serve(): Promise<void> {
  await bundle().serve();
}

/** Runs the command line; the exit status is in `process.exitCode`. */
export async function run(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${CTPLAY_VERSION}\n`);
  else {
    beSlowToOptimize();
    await bundle().main(argv, CTPLAY_VERSION);
  }
}

/**
 * Has V8 run a function for longer before it makes machine code of it (its default is 132 KB of bytecode). A run is short, wide and varied:
 * most of that machine code would be made, on other threads, for what is over by then. To be set before anything is compiled, since V8
 * keeps the bytecode of other flags apart.
 */
function beSlowToOptimize(): void {
  const v8 = createRequire(bundleFile)('node:v8') as typeof V8;
  v8.setFlagsFromString('--interrupt-budget=1000000');
}
