/** Which ways of authentication are tried on a host, and in which order. */
import { join } from 'node:path';
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, ParsedKey, Prompt } from 'ssh2';
import type { Secret } from '../../shell.ts';
import { KeyRing, agentIdentities, sameKey } from './key-ring.ts';
import { fingerprint } from './known-hosts.ts';
import type { Ask, Identity, KeyFile, KeyFiles } from './keys.ts';

export interface Credentials {
  readonly user: string;
  /** Given for this host (inventory, command line, ssh_config); offered before anything that merely lies around. */
  readonly keyFiles: readonly string[];
  /** Only the keys in `keyFiles` are offered (ssh_config's IdentitiesOnly). */
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | undefined;
  /** Where the default identities are: `~/.ssh`. */
  readonly sshFolder: string;
  readonly passphrase: Secret | undefined;
  readonly password: Secret | undefined;
  readonly ask: Ask | undefined;
}

/** In the order of ssh(1). */
const DEFAULT_IDENTITIES = ['id_rsa', 'id_ecdsa', 'id_ed25519'];

/** One method, and whether it only ever completes another that the server has already taken. */
interface Candidate {
  readonly method: AnyAuthMethod;
  readonly secondFactor: boolean;
}

/** The authentication of one handshake, and what became of it. */
export class Authentication {
  readonly #user: string;
  readonly #candidates: Candidate[];
  readonly #rings: readonly KeyRing[];
  /** What could not be tried, with the reason. */
  readonly #unusable: readonly string[];
  readonly #tried = new Set<string>();
  #offered: readonly string[] | undefined;
  /** Whether the server was asked what else it takes. */
  #asked = false;

  private constructor(user: string, candidates: Candidate[], rings: readonly KeyRing[], unusable: readonly string[]) {
    this.#user = user;
    this.#candidates = candidates;
    this.#rings = rings;
    this.#unusable = unusable;
  }

  static async prepare(credentials: Credentials, files: KeyFiles, log: (line: string) => void): Promise<Authentication> {
    const { user: username, password, ask } = credentials;
    const { given, others, unusable } = await gatherIdentities(credentials, files, log);
    const rings = [new KeyRing(given), new KeyRing(others)];
    const [first, later] = rings.map((agent): Candidate[] =>
      agent.identities.length === 0 ? [] : [{ method: { type: 'agent', username, agent }, secondFactor: false }],
    );
    const candidates = [...first!];
    const prompt = answerer(password, ask);
    if (password) {
      candidates.push({ method: { type: 'password', username, password: password.reveal() }, secondFactor: false });
      candidates.push({ method: { type: 'keyboard-interactive', username, prompt }, secondFactor: false });
    }
    candidates.push(...later!);
    // Nobody is asked for a password that wasn't given, but a second factor may be asked for.
    if (!password && ask) candidates.push({ method: { type: 'keyboard-interactive', username, prompt }, secondFactor: true });
    if (!candidates.some(({ secondFactor }) => !secondFactor)) candidates.unshift({ method: { type: 'none', username }, secondFactor: false });
    return new Authentication(username, candidates, rings, unusable);
  }

  readonly handler: AuthHandlerMiddleware = (methodsLeft, partialSuccess, next) => {
    // Null before the first refusal, which the types leave out.
    const left = methodsLeft as readonly string[] | null;
    if (left) this.#offered = left;
    // ssh2 keeps to itself what a server says to a refused key of an agent, or to a taken one that is not enough.
    if (!left && this.#tried.size > 0 && !this.#asked) {
      this.#asked = true;
      next({ type: 'none', username: this.#user });
      return;
    }
    const keyTaken = partialSuccess || (this.#asked && left?.includes('publickey') === false);
    const index = this.#candidates.findIndex(
      ({ method, secondFactor }) => (keyTaken || !secondFactor) && (left === null || left.includes(wireName(method))),
    );
    const [candidate] = index === -1 ? [] : this.#candidates.splice(index, 1);
    if (!candidate) {
      // ssh2 takes false for 'nothing left', which its types leave out too.
      next(false as unknown as AuthenticationType);
      return;
    }
    this.#tried.add(wireName(candidate.method));
    next(candidate.method);
  };

  /** Whether a key may sign before the server has said that it would take it: nobody is asked for anything by that. */
  signsAtOnce(key: ParsedKey): boolean {
    return this.#rings.some((ring) => ring.isReady(key));
  }

  /** Whether the first key that is tried is the only one there is to choose from. */
  get hasOneChoice(): boolean {
    return this.#rings.find(({ identities }) => identities.length > 0)?.identities.length === 1;
  }

  /** Whether something was used that the next run would have to be given again: a password, somebody's answer, the passphrase of a key. */
  get usedSecret(): boolean {
    return this.#tried.has('password') || this.#tried.has('keyboard-interactive') || this.#rings.some(({ usedPassphrase }) => usedPassphrase);
  }

  /** What was tried, for the error of a refusal. */
  get tried(): string {
    const keys = this.#rings.flatMap((ring) =>
      ring.identities.map((identity) => {
        const failure = ring.failures.get(identity);
        return `key ${identity.label} ${fingerprint(identity.publicKey.getPublicSSH())}${failure === undefined ? '' : ` (${failure})`}`;
      }),
    );
    const others = [...this.#tried].filter((method) => method !== 'none' && method !== 'publickey');
    const all = [...(this.#tried.has('publickey') ? keys : []), ...others, ...this.#unusable];
    return all.length === 0 ? 'nothing: there is no key, no agent and no password' : all.join(', ');
  }

  /** What the server would take; undefined while it has refused nothing. */
  get offered(): string | undefined {
    return this.#offered?.join(', ');
  }

  /** Whether a key could not be used for want of its passphrase. */
  get lacksPassphrase(): boolean {
    return [...this.#unusable, ...this.#rings.flatMap((ring) => [...ring.failures.values()])].some((text) => text.includes('encrypted'));
  }
}

/** Keys given for the host, then the agent's, then the default identities; each once, the agent's copy of a file's key first. */
async function gatherIdentities(
  { keyFiles, identitiesOnly, agentSocket, sshFolder, passphrase, ask }: Credentials,
  files: KeyFiles,
  log: (line: string) => void,
): Promise<{ given: Identity[]; others: Identity[]; unusable: string[] }> {
  const agent = agentSocket === undefined ? [] : await agentIdentities(agentSocket, log);
  const unusable: string[] = [];
  const pick = (path: string, file: KeyFile, named: boolean): Identity[] => {
    if (file.kind === 'missing') {
      if (named) unusable.push(`key ${path} (no such file)`);
      return [];
    }
    if (file.kind === 'unusable') {
      unusable.push(`key ${path} (${file.reason})`);
      return [];
    }
    const publicKey = file.kind === 'public' ? file.publicKey : file.identity.publicKey;
    const held = agent.find((identity) => sameKey(identity.publicKey, publicKey));
    if (file.kind === 'private' && (!file.encrypted || !held)) return [file.identity];
    if (!held) unusable.push(`key ${path} (a public key, and the agent doesn't hold its private half)`);
    return held ? [held] : [];
  };
  const read = async (paths: readonly string[], named: boolean): Promise<Identity[]> => {
    const read = await Promise.all(paths.map((path) => files.read(path, passphrase, ask)));
    return read.flatMap((file, index) => pick(paths[index]!, file, named));
  };
  const given = await read(keyFiles, true);
  // As in ssh, naming a key replaces the default identities.
  const defaults = keyFiles.length > 0 ? [] : await read(DEFAULT_IDENTITIES.map((name) => join(sshFolder, name)), false);
  const others = identitiesOnly ? defaults : [...agent, ...defaults];
  const distinct = others.filter(
    (identity, index) => ![...given, ...others.slice(0, index)].some((earlier) => sameKey(earlier.publicKey, identity.publicKey)),
  );
  return { given, others: distinct, unusable };
}

/** Answers the server's questions: the first hidden one with the password, others by asking the person. */
function answerer(password: Secret | undefined, ask: Ask | undefined) {
  let unused = password;
  return (_name: string, instructions: string, _language: string, prompts: Prompt[], finish: (answers: string[]) => void): void => {
    const answer = async ({ prompt, echo }: Prompt): Promise<string> => {
      if (unused && echo !== true) {
        const text = unused.reveal();
        unused = undefined;
        return text;
      }
      return ask ? (await ask(instructions === '' ? prompt : `${instructions}\n${prompt}`)).reveal() : '';
    };
    const answers = async (): Promise<string[]> => {
      const given: string[] = [];
      for (const prompt of prompts) given.push(await answer(prompt));
      return given;
    };
    // Without an answer the server refuses, and says so.
    answers().then(finish, () => finish(prompts.map(() => '')));
  };
}

function wireName(method: AnyAuthMethod): string {
  return method.type === 'agent' ? 'publickey' : method.type;
}
