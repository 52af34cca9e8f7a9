/** What a run was asked to do. */
import type { GuardMode } from '../guard/host-guard.ts';
import type { TargetOverrides } from '../load/target.ts';
import type { VaultOpener } from '../load/vault-opener.ts';
import type { Secret } from '../shell.ts';

export interface RunSettings {
  readonly check: boolean;
  readonly diff: boolean;
  readonly limit?: string | readonly string[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Strongest of all variables. */
  readonly extraVars: Readonly<Record<string, unknown>>;
  /** Tasks under way at once, over all hosts. */
  readonly forks: number;
  /** Threads that SSH connections are spread over; chosen by the number of hosts when left out. */
  readonly threads?: number;
  /** --become and its companions: what holds where neither play nor task says. */
  readonly become: { readonly enabled: boolean; readonly user: string; readonly method: string; readonly program?: string; readonly flags?: string; readonly password?: Secret };
  readonly verbosity: number;
  readonly waitLockMs: number;
  readonly forceHandlers: boolean;
  /** Where nothing in the playbook says. */
  readonly anyErrorsFatal?: boolean;
  /** Guards against lock-out: how long a host waits for a login, and what --guard or --no-guard say for all tasks. */
  readonly guard: { readonly seconds: number; readonly mode?: GuardMode };
  readonly rolesPath: readonly string[];
  readonly collectionsPath: readonly string[];
  /** Settings by Ansible's names for them. */
  readonly ansible?: Readonly<Record<string, unknown>>;
  /** Overrides for how to connect, as `targetOf` takes them. */
  readonly target: TargetOverrides;
  /** Opens encrypted values and files, and knows what must not be shown. */
  readonly vault: VaultOpener;
}
