/** A session channel that is asked for together with the login (RFC 4254, section 6.1), before it is known what will run in it. */
import type { Client, ClientCallback } from 'ssh2';

/** Starts a command, as ssh2's client does: `callback` gets its channel. */
export interface Executor {
  exec(commandLine: string, callback: ClientCallback): unknown;
}

/** What ssh2's protocol object sends in a channel that has been opened. */
export interface ExecProtocol {
  exec(channel: number, commandLine: string, wantReply: boolean): void;
}

/** Of a command that isn't known yet. */
const UNKNOWN = '';

export class EarlySession implements Executor {
  #send: ((commandLine: string) => void) | undefined;
  #commandLine: string | undefined;
  #callback: ClientCallback | undefined;
  #error: Error | undefined;
  /** Settles when the server has opened the channel (true) or refused it, or is gone. */
  readonly opened: Promise<boolean>;

  /** Asks for the channel. */
  constructor(client: Client, protocol: ExecProtocol) {
    const { exec } = protocol;
    let settle = (_opened: boolean): void => {};
    this.opened = new Promise((resolve) => (settle = resolve));
    protocol.exec = (channel, commandLine, wantReply) => {
      if (commandLine !== UNKNOWN) return exec.call(protocol, channel, commandLine, wantReply);
      protocol.exec = exec;
      settle(true);
      this.#send = (known) => exec.call(protocol, channel, known, wantReply);
      if (this.#commandLine !== undefined) this.#send(this.#commandLine);
    };
    client.exec(UNKNOWN, (error, channel) => {
      this.#error = error;
      if (error) settle(false);
      this.#callback?.(error, channel);
    });
  }

  /** Starts the one command that it is for. */
  exec(commandLine: string, callback: ClientCallback): void {
    if (this.#error) return callback(this.#error, undefined as never);
    this.#callback = callback;
    this.#commandLine = commandLine;
    this.#send?.(commandLine);
  }
}
