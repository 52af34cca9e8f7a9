/** Bundles the command line once before the tests that run it. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { root } from './ctplay.ts';

export default function setup(): void {
  execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
}
