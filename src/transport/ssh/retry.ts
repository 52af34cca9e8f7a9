/** When a handshake that failed is tried again: exponential backoff with jitter, bounded. */

/**
 * `refused`: nothing listens yet (a host that boots, a daemon that restarts). `dropped`: the server closed or reset the
 * connection before authentication (MaxStartups). `final`: trying again would give the same answer.
 */
export type FailureKind = 'refused' | 'dropped' | 'final';

const POLICY = {
  refused: { retries: 4, firstMs: 150, maxMs: 1_500 },
  dropped: { retries: 12, firstMs: 100, maxMs: 2_000 },
  final: { retries: 0, firstMs: 0, maxMs: 0 },
} as const;

/**
 * Milliseconds to wait before the next try, or undefined to give up.
 * @param failures how many tries have failed so far, at least 1
 * @param random in [0, 1), so that hosts dropped together don't come back together
 */
export function retryDelay(kind: FailureKind, failures: number, random: number): number | undefined {
  const { retries, firstMs, maxMs } = POLICY[kind];
  if (failures > retries) return undefined;
  const full = Math.min(maxMs, firstMs * 2 ** (failures - 1));
  return full * (0.5 + random / 2);
}
