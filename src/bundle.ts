/** All of ctplay as one file, which the build compiles ahead of time: the command line, and what users' modules import. */
export * as api from './index.ts';
export { main } from './cli/main.ts';
