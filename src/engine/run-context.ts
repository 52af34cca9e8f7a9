/** What all plays and hosts of one run share. */
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { CtplayError } from '../errors.ts';
import { getOrAdd } from '../get-or-add.ts';
import type { Emit, HostCounters, TaskView } from '../events.ts';
import { FileDigests } from '../hashing/file-digests.ts';
import type { Inventory } from '../load/inventory-types.ts';
import { targetOf } from '../load/target.ts';
import type { Entry, Playbook } from '../load/tree.ts';
import { Places } from '../places.ts';
import type { Registry } from '../registry.ts';
import { Secret } from '../shell.ts';
import type { Connect, ConnectOptions } from '../transport/types.ts';
import { HostKnowledge } from './host-knowledge.ts';
import { HostSession } from './host-session.ts';
import { LiveReturns } from './live-returns.ts';
import type { LockOwner } from './lock.ts';
import { asUsual, type Login } from './login.ts';
import { Named } from './named.ts';
import type { RunSettings } from './options.ts';
import { textsOf } from './texts-of-run.ts';
import { RememberedAnswers, type AnswersPlace } from './remembered.ts';
import { maskEvent } from './redact.ts';
import { HostMemory } from './variables.ts';
import { errorView } from './views.ts';

export interface RunParts {
  /** Whether what tasks return is shown or kept, beside how they ended; taken for granted where nothing is said. */
  readonly showsResults?: boolean;
  /** Whose run it is, for its first event; `run` where nothing is said. */
  readonly verb?: 'run' | 'exec';
  readonly settings: RunSettings;
  readonly inventory: Inventory;
  readonly registry: Registry;
  readonly connect: Connect;
  readonly prompt?: ConnectOptions['prompt'];
  /** Asks the person at the terminal; absent when there is none. */
  readonly ask?: (question: string, options: { readonly echo: boolean }) => Promise<string>;
  /** Take back what the playbooks made earlier and no longer name. */
  readonly prune?: boolean;
  /** Whether a task may run, asked once for all hosts: --step. */
  readonly step?: (task: { readonly id: string; readonly name: string }) => Promise<boolean>;
  /** Where what is read at some cost is kept for later runs; without it, nothing is. */
  readonly memory?: AnswersPlace;
  readonly emit: Emit;
  /** Aborted by the first Ctrl-C: no task starts any more. */
  readonly stop: AbortSignal;
  /** Aborted when running tasks have had their time: they are killed. */
  readonly kill: AbortSignal;
}

export class RunContext {
  readonly runId = randomUUID();
  /** Who runs it, as user@machine. */
  readonly who = `${userName()}@${hostname()}`;
  readonly settings: RunSettings;
  readonly inventory: Inventory;
  readonly registry: Registry;
  readonly emit: Emit;
  readonly ask: RunParts['ask'];
  readonly step: RunParts['step'];
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  /** Tasks wait here for their turn: at most `forks` at once. */
  readonly places: Places;
  /** Of the controller's files. */
  readonly digests: FileDigests;
  readonly #digestsKept: RememberedAnswers | undefined;
  readonly counters = new Map<string, HostCounters>();
  /** Hosts that failed or were lost; later plays leave them out. */
  readonly fallen = new Set<string>();
  /** Those of them that could not be reached. */
  readonly unreachable = new Set<string>();
  /** The present session of each host. */
  readonly sessions = new Map<string, HostSession>();
  readonly #sessionsByLogin = new Map<string, HostSession>();
  readonly #logins = new Map<string, Login>();
  /** What the present session of a host was asked for with: mostly the same again. */
  readonly #latest = new Map<string, { readonly variables: Readonly<Record<string, unknown>>; readonly login: Login; readonly session: HostSession }>();
  readonly #knowledge = new Map<string, HostKnowledge>();
  readonly #inventories = new Map<string, Inventory>();
  readonly #memories = new Map<string, HostMemory>();
  readonly #named = new Map<string, Named>();
  /** How many hosts the present play has to connect to. */
  fleet = 1;
  readonly #taskIds = new WeakMap<Entry, string>();
  #nextTaskId = 1;
  /** What of tasks' results anybody may look at. */
  readonly liveReturns: LiveReturns;
  readonly #parts: RunParts;
  readonly #owner: LockOwner;

  /** @param playbooks all that the run consists of; without them, there may be others */
  constructor(parts: RunParts, playbooks?: readonly Playbook[]) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.inventory = parts.inventory;
    this.registry = parts.registry;
    this.emit = (event) => parts.emit(maskEvent(event, parts.settings.vault.texts));
    this.ask = parts.ask;
    this.step = parts.step;
    this.stop = parts.stop;
    this.kill = parts.kill;
    this.places = new Places(Math.max(1, parts.settings.forks));
    this.#digestsKept = parts.memory && new RememberedAnswers(path.join(parts.memory.folder, 'controller.json'), parts.memory.flush);
    this.digests = new FileDigests(this.#digestsKept);
    this.liveReturns = new LiveReturns(parts.showsResults === false && playbooks ? () => textsOf(this, playbooks) : undefined);
    this.#owner = { runId: this.runId, who: this.who, since: new Date().toISOString() };
  }

  /** The inventory with group_vars/ and host_vars/ of a playbook's folder. */
  inventoryBeside(playbookFile: string): Inventory {
    const folder = path.dirname(path.resolve(playbookFile));
    return getOrAdd(this.#inventories, folder, () => this.inventory.withPlaybookFolder(folder));
  }

  memory(host: string): HostMemory {
    return getOrAdd(this.#memories, host, () => new HostMemory());
  }

  /** What the playbooks named on a host. */
  named(host: string): Named {
    return getOrAdd(this.#named, host, () => new Named());
  }

  counter(host: string): HostCounters {
    return getOrAdd(this.counters, host, () => ({ ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 }));
  }

  /** What is known of a host, however we log in there. */
  knowledge(host: string): HostKnowledge {
    return getOrAdd(this.#knowledge, host, () => new HostKnowledge());
  }

  /**
   * The session of a host for a way to reach it and to log in, which becomes its present one; `variables` gives the rendered ones that
   * say how to connect.
   */
  session(host: string, variables: () => Readonly<Record<string, unknown>>, login: Login = asUsual): HostSession {
    const known = variables();
    const latest = this.#latest.get(host);
    if (latest?.variables === known && latest.login === login) return latest.session;
    const session = getOrAdd(this.#sessionsByLogin, sessionKey(host, known, login), () => {
      const connectOptions: ConnectOptions = {
        signal: this.kill,
        fleet: this.fleet,
        ...(this.#parts.prompt ? { prompt: this.#parts.prompt } : {}),
        log: (message) => this.emit({ type: 'log', level: 3, host, message }),
      };
      return new HostSession(host, targetOf(host, known, { ...this.settings.target, ...login }), {
        knowledge: this.knowledge(host),
        connect: this.#parts.connect,
        connectOptions,
        owner: this.#owner,
        memory: this.#parts.memory,
        lock: !this.settings.check,
        waitLockMs: this.settings.waitLockMs,
        guardSeconds: this.settings.guard.seconds,
        emit: this.emit,
      });
    });
    this.sessions.set(host, session);
    this.#logins.set(host, login);
    this.#latest.set(host, { variables: known, login, session });
    return session;
  }

  /** How a host was logged in to last. */
  lastLogin(host: string): Login | undefined {
    return this.#logins.get(host);
  }

  /** Host → round trips over all of its connections. */
  roundTrips(): Record<string, number> {
    const trips: Record<string, number> = {};
    for (const session of this.#sessionsByLogin.values()) trips[session.host] = (trips[session.host] ?? 0) + session.roundTrips;
    return trips;
  }

  async closeSessions(): Promise<void> {
    await Promise.all([...[...this.#sessionsByLogin.values()].map((session) => session.close({ keep: true })), this.#digestsKept?.save()]);
  }

  /** The same id for the same entry on all hosts. */
  taskId(entry: Entry): string {
    let id = this.#taskIds.get(entry);
    if (id === undefined) {
      id = `task-${this.#nextTaskId++}`;
      this.#taskIds.set(entry, id);
    }
    return id;
  }

  taskView(entry: Entry, name: string, module: string, handler: boolean): TaskView {
    return { id: this.taskId(entry), name, module, span: entry.source.span, handler };
  }

  /** Drops a host: it takes no further part in the run. */
  lose(host: string, error: CtplayError): void {
    this.sessions.get(host)?.markLost(error);
    this.fallen.add(host);
    this.unreachable.add(host);
    this.counter(host).unreachable++;
  }

  /** Tells why a host takes no further part, and counts it. */
  dropOut(host: string, error: CtplayError): void {
    if (error.code.startsWith('ssh.')) this.lose(host, error);
    else this.counter(host).failed++;
    this.emit({ type: 'host-unreachable', host, error: errorView(error) });
  }

  /** Hosts that failed or were lost take part again, in the next play. */
  clearErrors(hosts: readonly string[]): void {
    for (const host of hosts) {
      this.#latest.delete(host);
      this.fallen.delete(host);
      this.unreachable.delete(host);
      if (this.sessions.get(host)?.lost) this.sessions.delete(host);
    }
    for (const [key, session] of this.#sessionsByLogin) if (session.lost && hosts.includes(session.host)) this.#sessionsByLogin.delete(key);
  }

  /** Closes a host's connection; the next task makes a new one. */
  async disconnect(host: string): Promise<void> {
    this.sessions.delete(host);
    this.#latest.delete(host);
    const open = [...this.#sessionsByLogin].filter(([, session]) => session.host === host);
    for (const [key] of open) this.#sessionsByLogin.delete(key);
    await Promise.all(open.map(([, session]) => session.close({ keep: false })));
  }
}

/** Connections are shared by all tasks that reach a host in the same way. */
function sessionKey(host: string, variables: Readonly<Record<string, unknown>>, { user, port, connection }: Login): string {
  const shown = Object.entries(variables).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]);
  return JSON.stringify([host, user, port, connection, shown]);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
