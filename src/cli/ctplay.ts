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

/** What the bundle is: what Node makes of a CommonJS module, and `import()`, which code compiled by vm can't do by itself. */
type ModuleFunction = (module: { exports: Bundle }, require: NodeJS.Require, filename: string, dirname: string, importFile: (url: string) => Promise<unknown>) => void;
const importFile = (url: string): Promise<unknown> => import(url);

const bundleFile = path.join(__dirname, 'bundle.cjs');
/** V8 takes no bytecode that it made under other flags, and threads start when those of the run are set. */
const cacheFiles = { run: path.join(__dirname, 'bundle.cache'), thread: path.join(__dirname, 'thread.cache') };

let compiled: Script | undefined;
let loaded: Bundle | undefined;

/** The bundle, loaded once: classes such as CtplayError are told apart by identity. */
function bundle(cacheFile = cacheFiles.run): Bundle {
  if (loaded) return loaded;
  // A cache of another version of Node is refused by V8, which then compiles.
  const cachedData = existsSync(cacheFile) ? readFileSync(cacheFile) : undefined;
  compiled = new Script(readFileSync(bundleFile, 'latin1'), { filename: bundleFile, ...(cachedData && { cachedData }) });
  const module = {} as { exports: Bundle };
  (compiled.runInThisContext() as ModuleFunction)(module, createRequire(bundleFile), bundleFile, __dirname, importFile);
  return (loaded = module.exports);
}

/** Keeps the bytecode of all that has run so far for later starts. It must have run under V8's own flags. */
export function keepCompiled(): void {
  if (!compiled) return;
  writeFileSync(cacheFiles.run, compiled.createCachedData());
  beSlowToOptimize();
  writeFileSync(cacheFiles.thread, compiled.createCachedData());
}

/** What users' modules import from 'ctplay'. */
export function api(): Bundle['api'] {
  return bundle().api;
}

/** In a thread of its own, holds connections for the main thread. */
export async function serveThread(): Promise<void> {
  await bundle(cacheFiles.thread).serveThread();
}

/** In a process of its own, holds connections for runs and keeps them in between. */
export async function serveMaster(socketPath: string, firstRunMs: number): Promise<void> {
  await bundle().serveMaster(socketPath, firstRunMs);
}

/**
 * Runs the command line; the exit status is in `process.exitCode`.
 * @param begin called when the verb is loaded, before it does anything
 */
export async function run(argv: readonly string[], begin: () => void = beSlowToOptimize): Promise<void> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${CTPLAY_VERSION}\n`);
  else await bundle().main(argv, CTPLAY_VERSION, begin);
}

/**
 * Has V8 run a function for longer before it makes machine code of it (its default is 66 KB of bytecode). A run is short, wide and varied:
 * most of that machine code would be made, on other threads, for what is over by then. To be set when the bundle and most of what it needs
 * of Node's own library are there: V8 takes no bytecode that was made under other flags, and Node's has been made under its own.
 */
function beSlowToOptimize(): void {
  const v8 = createRequire(bundleFile)('node:v8') as typeof V8;
  v8.setFlagsFromString('--interrupt-budget=1000000');
}
