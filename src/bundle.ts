/** All of ctplay as one file, which the build compiles ahead of time: the command line, and what users' modules import, and what threads and masters run. */
export * as api from './index.ts';
export { main } from './cli/main.ts';
export const serveThread = async (): Promise<void> => (await import('./transport/threads/thread.ts')).serveThread();
export const serveMaster = async (socketPath: string, firstRunMs: number): Promise<void> => (await import('./transport/master/serve.ts')).serveMaster(socketPath, firstRunMs);
