/** Logins that no run uses at present, each for a time. */
import { hangUp } from '../ssh/link.ts';
import type { Session } from '../ssh/connector.ts';

interface Kept {
  readonly session: Session;
  /** Whether it can be used, once that is known. */
  readonly free: Promise<boolean>;
  /** It is kept no longer. */
  forget(): void;
}

/** The longest time of a timer, about 25 days; whoever wants more gets that. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class KeptLogins {
  readonly #kept = new Map<string, Kept>();
  readonly #emptied: () => void;
  #closed = false;

  /** @param emptied called whenever nothing is kept any more */
  constructor(emptied: () => void) {
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#kept.size;
  }

  /**
   * Keeps a login, in the place of the one that is kept for the same way.
   * @param way see Ways.key
   * @param free whether nothing runs over it any more; until then whoever asks for it waits
   */
  keep(way: string, session: Session, free: Promise<boolean>, milliseconds: number): void {
    this.drop(way);
    const { client } = session;
    const timer = Number.isFinite(milliseconds) ? setTimeout(() => this.#close(kept), Math.min(milliseconds, MAX_TIMER_MS)) : undefined;
    const kept: Kept = {
      session,
      free,
      forget: () => {
        clearTimeout(timer);
        client.off('close', kept.forget);
        if (this.#kept.get(way) !== kept) return;
        this.#kept.delete(way);
        if (this.#kept.size === 0) this.#emptied();
      },
    };
    this.#kept.set(way, kept);
    client.on('close', kept.forget);
    void free.then((usable) => usable || kept.forget());
    if (this.#closed) this.#close(kept);
  }

  /** The login that is kept for a way, which is the caller's from now on. */
  async take(way: string): Promise<Session | undefined> {
    const kept = this.#kept.get(way);
    kept?.forget();
    return (await kept?.free) === true ? kept!.session : undefined;
  }

  /** Closes what is kept for a way. */
  drop(way: string): void {
    const kept = this.#kept.get(way);
    if (kept) this.#close(kept);
  }

  /** Closes all, and what would be kept from now on. */
  close(): void {
    this.#closed = true;
    for (const kept of this.#kept.values()) this.#close(kept);
  }

  #close(kept: Kept): void {
    kept.forget();
    void kept.free.then((usable) => usable && hangUp([kept.session, ...kept.session.hops]));
  }
}
