/**
 * Calls between two threads or processes, in both directions over one message port. What is said in one turn of the event loop goes as one
 * message.
 */
import { packError, unpackError } from './codec.ts';
import type { PlainError } from './codec.ts';

/** By kind, what is asked and what is answered: plain data. */
export type Calls = { readonly [kind: string]: { readonly asked: unknown; readonly answered: unknown } };

/** Each is called in the order of the questions; `signal` aborts when the one who asked no longer wants the answer. */
export type Handlers<C extends Calls> = { readonly [K in keyof C]: (asked: C[K]['asked'], signal: AbortSignal) => C[K]['answered'] | Promise<C[K]['answered']> };

/** Where messages of plain data go to and come from: a Worker, the port in it that leads back, or a socket. */
export interface Port {
  postMessage(value: unknown): void;
  on(event: 'message', listener: (value: unknown) => void): unknown;
}

type Message =
  | { readonly is: 'call'; readonly id: number; readonly kind: string; readonly asked: unknown; readonly aborted: boolean }
  /** A call that wants no answer. */
  | { readonly is: 'note'; readonly kind: string; readonly asked: unknown }
  | { readonly is: 'abort'; readonly id: number }
  | { readonly is: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly is: 'failure'; readonly id: number; readonly error: PlainError };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Of what nobody waits for. */
const never = new AbortController().signal;

export class Peer<Theirs extends Calls, Ours extends Calls> {
  readonly #port: Port;
  readonly #handlers: Handlers<Ours>;
  readonly #waiting = new Map<number, Waiting>();
  /** Of their calls that are not answered yet. */
  readonly #running = new Map<number, AbortController>();
  #outgoing: Message[] = [];
  #nextId = 1;
  #gone: Error | undefined;

  constructor(port: Port, handlers: Handlers<Ours>) {
    this.#port = port;
    this.#handlers = handlers;
    port.on('message', (messages) => {
      for (const message of messages as Message[]) this.#take(message);
    });
  }

  /** How many calls have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Rejects with what the other side threw, or with what `end` was given. */
  async call<K extends keyof Theirs & string>(kind: K, asked: Theirs[K]['asked'], signal?: AbortSignal): Promise<Theirs[K]['answered']> {
    if (this.#gone) throw this.#gone;
    const id = this.#nextId++;
    const abort = (): void => this.#say({ is: 'abort', id });
    this.#say({ is: 'call', id, kind, asked, aborted: signal?.aborted ?? false });
    signal?.addEventListener('abort', abort);
    try {
      return await new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    } finally {
      this.#waiting.delete(id);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Says something that needs no answer. */
  note<K extends keyof Theirs & string>(kind: K, asked: Theirs[K]['asked']): void {
    this.#say({ is: 'note', kind, asked });
  }

  /** The other side is gone: no call is answered any more. */
  end(error: Error): void {
    this.#gone = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    for (const controller of this.#running.values()) controller.abort();
  }

  #say(message: Message): void {
    if (this.#gone) return;
    this.#outgoing.push(message);
    if (this.#outgoing.length > 1) return;
    setImmediate(() => {
      const messages = this.#outgoing;
      this.#outgoing = [];
      this.#port.postMessage(messages);
    });
  }

  #take(message: Message): void {
    switch (message.is) {
      case 'call':
        void this.#answer(message.id, message.kind, message.asked, message.aborted);
        return;
      case 'note':
        void this.#handlers[message.kind]!(message.asked, never);
        return;
      case 'abort':
        this.#running.get(message.id)?.abort();
        return;
      case 'answer':
        this.#waiting.get(message.id)?.resolve(message.value);
        return;
      case 'failure':
        this.#waiting.get(message.id)?.reject(unpackError(message.error));
        return;
    }
  }

  async #answer(id: number, kind: string, asked: unknown, aborted: boolean): Promise<void> {
    const controller = new AbortController();
    if (aborted) controller.abort();
    this.#running.set(id, controller);
    try {
      const value = await this.#handlers[kind]!(asked, controller.signal);
      this.#say({ is: 'answer', id, value });
    } catch (error) {
      this.#say({ is: 'failure', id, error: packError(error) });
    } finally {
      this.#running.delete(id);
    }
  }
}
