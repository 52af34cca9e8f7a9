/** Keys from files and from an SSH agent, in the order in which they are offered. */
import ssh2 from 'ssh2';
import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import type { Identity } from './keys.ts';

/** What ssh2 takes for an agent: it offers the identities one by one and asks for a signature by the one that is taken. */
export class KeyRing extends ssh2.BaseAgent<ParsedKey> {
  readonly identities: readonly Identity[];
  /** Identities that were taken by a server and then could not sign, with the reason. */
  readonly failures = new Map<Identity, string>();
  /** Whether a signature took a passphrase. */
  usedPassphrase = false;

  constructor(identities: readonly Identity[]) {
    super();
    this.identities = identities;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(null, this.identities.map(({ publicKey }) => publicKey));
  }

  override sign(publicKey: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    const done = typeof options === 'function' ? options : callback!;
    const hash = typeof options === 'function' ? undefined : options.hash;
    const identity = this.#identity(publicKey)!;
    this.usedPassphrase ||= identity.encrypted;
    const failed = (error: unknown): void => {
      const { message } = error as Error;
      this.failures.set(identity, message);
      done(error as Error);
    };
    try {
      const signature = identity.sign(data, hash);
      if (signature instanceof Promise) signature.then((bytes) => done(null, bytes), failed);
      else done(null, signature);
    } catch (error) {
      failed(error);
    }
  }

  /** Whether one of its keys signs at once when asked to. */
  isReady(publicKey: ParsedKey): boolean {
    return this.#identity(publicKey)?.ready === true;
  }

  #identity(publicKey: ParsedKey): Identity | undefined {
    return this.identities.find((candidate) => sameKey(candidate.publicKey, publicKey));
  }
}

/** The keys that the agent at `socket` holds; none when it doesn't answer. */
export async function agentIdentities(socket: string, log: (line: string) => void): Promise<Identity[]> {
  const agent = new ssh2.OpenSSHAgent(socket);
  return await new Promise((resolve) => {
    agent.getIdentities((error, keys) => {
      if (error) log(`agent at ${socket}: ${error.message}`);
      resolve((keys ?? []).map((key) => agentIdentity(agent, key as ParsedKey)));
    });
  });
}

export function sameKey(one: ParsedKey, other: ParsedKey): boolean {
  return one.getPublicSSH().equals(other.getPublicSSH());
}

function agentIdentity(agent: InstanceType<typeof ssh2.OpenSSHAgent>, publicKey: ParsedKey): Identity {
  return {
    label: `${publicKey.comment || publicKey.type} (agent)`,
    publicKey,
    ready: false,
    encrypted: false,
    sign: (data, hash) =>
      new Promise((resolve, reject) => {
        const options = (hash === undefined ? {} : { hash }) as SigningRequestOptions;
        agent.sign(publicKey, data, options, (error, signature) => (signature ? resolve(signature) : reject(error ?? new Error('the agent gave no signature'))));
      }),
  };
}
