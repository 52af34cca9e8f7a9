/** SSH connections for tests, which hold for those of this thread and for those that others hold alike. */
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { SshConnector } from '../../src/transport/ssh/connector.ts';
import type { ConnectorOptions } from '../../src/transport/ssh/connector.ts';
import { HoldingConnector } from '../../src/transport/held/connector.ts';
import type { Connect } from '../../src/transport/types.ts';
import { root } from './ctplay.ts';

/** Spreads hosts over two threads from the first on; they run the bundle. */
export function threadedConnector(options: ConnectorOptions = {}): HoldingConnector {
  return new HoldingConnector({ threads: 2, from: 1, threadFile: pathToFileURL(path.join(root, 'dist/thread.cjs')), masterFile: undefined }, options);
}

let inThreads = false;

/** From now on, tests of this file get connections that other threads hold. */
export function useThreads(): void {
  inThreads = true;
}

/** A connector for one test. */
export function testConnector(options: ConnectorOptions = {}): { readonly connect: Connect } {
  if (!inThreads) {
    const here = new SshConnector(options);
    return { connect: (target, connectOptions) => here.connect(target, connectOptions) };
  }
  const threaded = threadedConnector(options);
  onTestFinished(() => threaded.close());
  return threaded;
}
