/** Deciding on the key that a server shows: known_hosts, the policy, and the words of a refusal. */
import { appendFile, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CtplayError } from '../../errors.ts';
import { fingerprint, judge, KnownHosts, keyType, knownHostsLine, knownTypes, parseKnownHosts, recordedName } from './known-hosts.ts';
import type { KnownHost, Verdict } from './known-hosts.ts';
import type { Recent } from './recent.ts';

export interface HostKeyPolicy {
  /** The name that keys are recorded under: the host's, or ssh_config's HostKeyAlias. */
  readonly name: string;
  readonly port: number;
  readonly checking: 'strict' | 'accept-new' | 'off';
  /** New keys are appended to the first; the later ones, the system's, are read only. */
  readonly files: readonly string[];
  readonly hashNames: boolean;
}

/** Algorithms by which a server can prove a key of a type; newer signatures of RSA keys first (RFC 8332). */
const ALGORITHMS_OF: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

/** Host key algorithms to offer, those of known types first: else a server would show a key that nobody has recorded. */
export function hostKeyAlgorithms(types: readonly string[]): string[] {
  const known = types.filter((type) => type in ALGORITHMS_OF);
  const rest = Object.keys(ALGORITHMS_OF).filter((type) => !known.includes(type));
  return [...known, ...rest].flatMap((type) => ALGORITHMS_OF[type]!);
}

export class HostKeyChecker {
  readonly #policy: HostKeyPolicy;
  readonly #entries: readonly KnownHost[];
  readonly #log: (line: string) => void;

  private constructor(policy: HostKeyPolicy, entries: readonly KnownHost[], log: (line: string) => void) {
    this.#policy = policy;
    this.#entries = entries;
    this.#log = log;
  }

  /** @param recent known_hosts files as they were read for other hosts */
  static async read(policy: HostKeyPolicy, recent: Recent<Promise<KnownHosts>>, log: (line: string) => void): Promise<HostKeyChecker> {
    if (policy.checking === 'off') return new HostKeyChecker(policy, [], log);
    const known = await recent.get(policy.files.join('\n'), () => readKnownHosts(policy.files));
    return new HostKeyChecker(policy, known.of(policy.name, policy.port), log);
  }

  /** What to offer to the server. */
  get algorithms(): string[] {
    return hostKeyAlgorithms(knownTypes(this.#entries));
  }

  /** Whether the key is recorded, or none is asked for; any other is for `check` to judge. */
  isKnown(key: Buffer): boolean {
    if (this.#policy.checking === 'off') return true;
    const verdict = judge(this.#entries, key);
    if (verdict.kind === 'known') this.#log(`host key ${fingerprint(key)} is in ${verdict.entry.file}:${verdict.entry.line}`);
    return verdict.kind === 'known';
  }

  /**
   * Returns when a key that isn't known may be trusted, recording it where the policy says so.
   * @param accepting runs one recording at a time, so that a key which many connections meet at once is recorded once
   * @throws CtplayError ssh.host-key
   */
  async check(key: Buffer, accepting: (work: () => Promise<void>) => Promise<void>): Promise<void> {
    // Nobody is refused because of what the files said a moment ago.
    const verdict = await this.#judgeAnew(key);
    if (verdict.kind === 'known') return;
    const refusal = this.#refusal(verdict, key);
    if (verdict.kind !== 'unknown' || this.#policy.checking === 'strict') throw refusal;
    await accepting(async () => {
      const now = await this.#judgeAnew(key);
      if (now.kind === 'known') return;
      if (now.kind !== 'unknown') throw this.#refusal(now, key);
      await this.#record(key);
    });
  }

  async #judgeAnew(key: Buffer): Promise<Verdict> {
    const { files, name, port } = this.#policy;
    return judge((await readKnownHosts(files)).of(name, port), key);
  }

  async #record(key: Buffer): Promise<void> {
    const { name, port, files, hashNames } = this.#policy;
    const file = files[0];
    if (file === undefined || file === '/dev/null') return;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const line = knownHostsLine(name, port, key, hashNames);
    // One write in append mode: other programs may record keys in the same moment.
    await appendFile(file, (await endsInNewline(file)) ? line : `\n${line}`, { mode: 0o600 });
    this.#log(`recorded ${keyType(key)} key ${fingerprint(key)} of ${recordedName(name, port)} in ${file}`);
  }

  #refusal(verdict: Exclude<Verdict, { kind: 'known' }>, key: Buffer): CtplayError {
    const { name, port, files } = this.#policy;
    const shown = recordedName(name, port);
    const found = `${keyType(key)} key ${fingerprint(key)}`;
    if (verdict.kind === 'unknown') {
      return new CtplayError('ssh.host-key', `the host key of ${shown} is unknown`, {
        expected: verdict.authority
          ? `a host key in ${files.join(' or ')} (the @cert-authority at ${verdict.authority.file}:${verdict.authority.line} is not used: host certificates are not supported)`
          : `a host key in ${files.join(' or ')}`,
        found,
        hint: 'If this is the right host, run once with --accept-new-host-keys to record its key.',
      });
    }
    const { file, line } = verdict.entry;
    const span = { file, line, column: 1 };
    if (verdict.kind === 'revoked') {
      return new CtplayError('ssh.host-key', `the host key of ${shown} is revoked`, { span, found, hint: 'Give the host a new key; nothing was sent to it.' });
    }
    return new CtplayError('ssh.host-key', `the host key of ${shown} has changed`, {
      span,
      expected: `${verdict.entry.type} key ${fingerprint(Buffer.from(verdict.entry.key, 'base64'))}`,
      found: verdict.sameType ? found : `${found}, a type of key that is not recorded`,
      hint: `Somebody may be in between. If the host was reinstalled: ssh-keygen -f ${file} -R '${shown}', then run once with --accept-new-host-keys.`,
    });
  }
}

async function readKnownHosts(files: readonly string[]): Promise<KnownHosts> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return new KnownHosts(texts.flatMap((text, index) => parseKnownHosts(text, files[index]!)));
}

async function endsInNewline(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size === 0) return true;
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      return buffer[0] === 0x0a;
    } finally {
      await handle.close();
    }
  } catch {
    return true;
  }
}
