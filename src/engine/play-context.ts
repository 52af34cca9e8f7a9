/** One play on one batch of hosts: its variables, and what its hosts share while they walk. */
import path from 'node:path';
import PQueue from 'p-queue';
import { CtplayError } from '../errors.ts';
import type { Inventory } from '../load/inventory-types.ts';
import { loadVarsFile } from '../load/playbook.ts';
import { connectionVariables } from '../load/target.ts';
import type { Entry, Play } from '../load/tree.ts';
import { omit, Templar, type Scope, type Variable } from '../template/index.ts';
import { templateVariables } from '../template/template-variables.ts';
import { blockVariables, type Chain } from './chain.ts';
import { ControllerFiles } from './files.ts';
import { PlayRoles } from './play-roles.ts';
import { RunOnce } from './run-once.ts';
import { Lockstep } from './lockstep.ts';
import type { RunContext } from './run-context.ts';
import { factsLayer, layer, LayeredScope, scopeMapping, withVariables, type Layer } from './variables.ts';

/** What ctplay answers for `ansible_version`: the language level it follows. */
const languageVersion = { string: '2.14.0', full: '2.14.0', major: 2, minor: 14, revision: 0 };

/** `batch` and `play`: as the meta actions say. `fatal`: an error that counts for all hosts. */
export type PlayEnd = 'batch' | 'play' | 'fatal';

export class PlayContext {
  readonly run: RunContext;
  readonly play: Play;
  readonly playbookFile: string;
  /** All hosts of the play, and those of this batch (`serial`). */
  readonly allHosts: readonly string[];
  readonly hosts: readonly string[];
  readonly lockstep: Lockstep;
  readonly once: RunOnce;
  readonly roles: PlayRoles;
  readonly #throttled = new Map<Entry, PQueue>();
  #ended: PlayEnd | undefined;
  readonly prompted: Readonly<Record<string, unknown>>;
  /** The run's, with the variables beside this playbook. */
  readonly #inventory: Inventory;
  readonly #varsFiles = new Map<string, Layer>();

  constructor(run: RunContext, play: Play, playbookFile: string, hosts: { all: readonly string[]; batch: readonly string[] }, prompted: Readonly<Record<string, unknown>>) {
    this.run = run;
    this.play = play;
    this.playbookFile = playbookFile;
    this.allHosts = hosts.all;
    this.hosts = hosts.batch;
    this.prompted = prompted;
    this.lockstep = new Lockstep(hosts.batch);
    this.#inventory = run.inventoryBeside(playbookFile);
    this.once = new RunOnce(hosts.batch, play.strategy === 'linear');
    this.roles = new PlayRoles(play);
  }

  /** Where hosts wait for a task with `throttle`. */
  throttled(task: Entry, limit: number): PQueue {
    let queue = this.#throttled.get(task);
    if (!queue) this.#throttled.set(task, (queue = new PQueue({ concurrency: limit })));
    return queue;
  }

  /** How the play ended for all hosts, when it did. */
  get ended(): PlayEnd | undefined {
    return this.#ended;
  }

  /** Ends the play for all hosts of the batch; after a fatal error they take no part in the rest of the run. */
  end(how: PlayEnd): void {
    this.#ended ??= how;
    if (how === 'fatal') for (const host of this.hosts) this.run.fallen.add(host);
  }

  get chain(): Chain {
    return { keywords: [this.play.keywords], roles: [], included: [] };
  }

  /** The variables of a task on a host, strongest first; `special` are loop variables and the like. */
  scope(host: string, chain: Chain, special: Readonly<Record<string, unknown>> = {}): LayeredScope {
    const { run, play } = this;
    const memory = run.memory(host);
    const role = chain.role;
    const scope: LayeredScope = new LayeredScope([
      layer(special, true),
      layer(run.settings.extraVars),
      { get: (name) => this.#magic(host, chain, name, scope), names: () => magicNames },
      ...chain.included.map((values) => layer(values)),
      ...(role ? [layer(role.params)] : []),
      layer(memory.facts, true),
      layer(memory.included),
      ...blockVariables(chain).map((values) => layer(values)),
      ...(role ? [layer(role.vars)] : []),
      ...this.roles.variables,
      this.#varsFilesLayer(host),
      layer(this.prompted, true),
      layer(play.keywords.vars ?? {}),
      this.#factsLayer(host),
      layer(this.#inventory.variablesOf(host)),
      ...(role ? [layer(role.defaults)] : []),
      ...this.roles.defaults,
      layer({ ansible_host: host }, true),
    ]);
    return scope;
  }

  templar(scope: Scope, chain: Chain, taskFile: string): Templar {
    return new Templar(scope, {
      lookups: new ControllerFiles(this.playbookFile, chain, taskFile, this.run),
      warn: (message, span) => this.run.emit({ type: 'warning', message, ...(span ? { span } : {}) }),
    });
  }

  /** Renders the text of a template's file for a task. */
  renderTemplate(text: string, file: string, scope: Scope, chain: Chain, taskFile: string): string {
    const managed = this.run.settings.ansible?.['DEFAULT_MANAGED_STR'];
    const own = templateVariables(file, typeof managed === 'string' ? managed : undefined);
    return this.templar(withVariables(scope, own), chain, taskFile).renderText(text, { name: file });
  }

  /** What says how to connect to a host, rendered, as it holds for the play; or for a task, by its scope. */
  connectionVariables(host: string, scope: Scope = this.scope(host, this.chain), templar: Templar = this.templar(scope, this.chain, this.playbookFile)): Readonly<Record<string, unknown>> {
    const known: Record<string, unknown> = {};
    for (const name of connectionVariables) {
      const variable = scope.lookup(name);
      if (variable !== undefined) known[name] = renderVariable(templar, variable);
    }
    return known;
  }

  /** A variable of any host, for modules that derive one end's values from the other's. */
  hostVariable(host: string, name: string): unknown {
    const scope = this.scope(host, this.chain);
    const found = scope.lookup(name);
    return found === undefined ? undefined : renderVariable(this.templar(scope, this.chain, this.playbookFile), found);
  }

  #factsLayer(host: string): Layer {
    return factsLayer(host, () => this.run.knowledge(host).facts, this.run.memory(host).learnt);
  }

  #varsFilesLayer(host: string): Layer {
    return { get: (name) => this.#varsFilesOf(host)?.get(name), names: () => this.#varsFilesOf(host)?.names() ?? [] };
  }

  // Names of vars_files may hold templates, which must not look into vars_files themselves.
  #varsFilesOf(host: string): Layer | undefined {
    if (this.play.varsFiles.length === 0) return undefined;
    const known = this.#varsFiles.get(host);
    if (known) return known;
    this.#varsFiles.set(host, layer({}));
    const templar = this.templar(this.scope(host, this.chain), this.chain, this.playbookFile);
    const files = new ControllerFiles(this.playbookFile, this.chain, this.play.source.file, this.run);
    const loaded: Record<string, unknown> = {};
    try {
      for (const entry of this.play.varsFiles) {
        const names = (Array.isArray(entry) ? entry : [entry]).map((name) => String(templar.render(name, { span: this.play.source.at(['vars_files']) })));
        const found = names.map((name) => files.find(name, 'vars')).find((file) => file !== undefined);
        if (found === undefined) {
          throw new CtplayError('file.missing', `vars_files: there is no file '${names.join("' or '")}'`, { span: this.play.source.at(['vars_files']), expected: `one of\n${names.flatMap((name) => files.searchPath('vars').map((folder) => path.join(folder, name))).join('\n')}` });
        }
        Object.assign(loaded, loadVarsFile(found, { decrypt: this.run.settings.vault.decrypt }));
      }
    } catch (error) {
      this.#varsFiles.delete(host);
      throw error;
    }
    const result = layer(loaded);
    this.#varsFiles.set(host, result);
    return result;
  }

  #magic(host: string, chain: Chain, name: string, scope: LayeredScope): Variable | undefined {
    const { run } = this;
    const value = ((): unknown => {
      switch (name) {
        case 'inventory_hostname': return host;
        case 'inventory_hostname_short': return host.split('.')[0];
        case 'groups': return run.inventory.members();
        case 'group_names': return run.inventory.groupsOf(host);
        case 'hostvars': return this.#hostvars();
        case 'vars': return scopeMapping(scope, (variable) => renderVariable(this.templar(scope, chain, this.playbookFile), variable));
        case 'play_hosts':
        case 'ansible_play_batch': return this.hosts.filter((one) => !run.fallen.has(one));
        case 'ansible_play_hosts': return this.#hostsUnordered().filter((one) => !run.fallen.has(one));
        case 'ansible_play_hosts_all': return this.#hostsUnordered();
        case 'ansible_play_name': return this.templar(scope, chain, this.playbookFile).render(this.play.name ?? String(this.play.hosts));
        case 'ansible_check_mode': return run.settings.check;
        case 'ansible_diff_mode': return run.settings.diff;
        case 'ansible_verbosity': return run.settings.verbosity;
        case 'ansible_forks': return run.settings.forks;
        case 'ansible_run_tags': return run.settings.tags.length > 0 ? run.settings.tags : ['all'];
        case 'ansible_skip_tags': return run.settings.skipTags;
        case 'ansible_limit': return run.settings.limit === undefined ? undefined : [run.settings.limit].flat().join(',');
        case 'ansible_version': return languageVersion;
        case 'ansible_inventory_sources': return run.inventory.sources;
        case 'playbook_dir': return path.dirname(path.resolve(this.playbookFile));
        case 'role_name': return chain.role?.name.split('.').at(-1);
        case 'ansible_role_name': return chain.role?.name;
        case 'ansible_collection_name': return chain.role && (chain.role.collection ?? '');
        case 'role_names':
        case 'ansible_play_role_names': return this.roles.names.own;
        case 'ansible_dependent_role_names': return this.roles.names.dependencies;
        case 'ansible_role_names': return [...new Set([...this.roles.names.dependencies, ...this.roles.names.own])];
        case 'ansible_search_path': return [...(chain.role ? [chain.role.path, path.join(chain.role.path, 'tasks')] : []), path.dirname(path.resolve(this.playbookFile))];
        case 'ansible_config_file': return run.settings.ansible?.['CONFIG_FILE'] ?? null;
        case 'ansible_parent_role_names': return parentRoles(chain);
        case 'role_path': return chain.role?.path;
        case 'omit': return omit;
        default: return undefined;
      }
    })();
    return value === undefined ? undefined : { value, literal: true };
  }

  /** All hosts of the play, whatever its `order` says. */
  #hostsUnordered(): readonly string[] {
    return this.play.order === undefined ? this.allHosts : this.run.inventory.hostNames.filter((host) => this.allHosts.includes(host));
  }

  /** As in Ansible: what hosts know by themselves, without the play's variables, and with the implicit localhost. */
  #hostvars(): unknown {
    const { run } = this;
    const names = (): readonly string[] => (run.inventory.hostNames.includes('localhost') ? run.inventory.hostNames : [...run.inventory.hostNames, 'localhost']);
    return {
      keys: names,
      has: (key: unknown) => typeof key === 'string' && names().includes(key),
      get: (key: unknown) => {
        if (typeof key !== 'string' || !names().includes(key)) return undefined;
        const scope = this.#hostScope(key);
        return scopeMapping(scope, (variable) => renderVariable(this.templar(scope, this.chain, this.playbookFile), variable));
      },
    };
  }

  /** What a delegated task sees of the host it works on. */
  delegatedVariables(host: string): Record<string, unknown> {
    const scope = this.#hostScope(host);
    return { [host]: scopeMapping(scope, (variable) => renderVariable(this.templar(scope, this.chain, this.playbookFile), variable)) };
  }

  #hostScope(host: string): LayeredScope {
    const memory = this.run.memory(host);
    const scope: LayeredScope = new LayeredScope([
      layer(this.run.settings.extraVars),
      { get: (name) => this.#magic(host, this.chain, name, scope), names: () => magicNames },
      layer(memory.facts, true),
      layer(memory.included),
      this.#factsLayer(host),
      layer(this.#inventory.variablesOf(host)),
    ]);
    return scope;
  }
}

function renderVariable(templar: Templar, variable: Variable): unknown {
  return variable.literal === true ? variable.value : templar.render(variable.value);
}

const magicNames = ['inventory_hostname', 'inventory_hostname_short', 'groups', 'group_names', 'hostvars', 'vars', 'play_hosts', 'ansible_play_batch', 'ansible_play_hosts', 'ansible_play_hosts_all', 'ansible_play_name', 'ansible_check_mode', 'ansible_diff_mode', 'ansible_verbosity', 'ansible_forks', 'ansible_run_tags', 'ansible_skip_tags', 'ansible_limit', 'ansible_version', 'ansible_inventory_sources', 'playbook_dir', 'role_name', 'ansible_role_name', 'ansible_collection_name', 'role_names', 'ansible_play_role_names', 'ansible_dependent_role_names', 'ansible_role_names', 'ansible_search_path', 'ansible_config_file', 'ansible_parent_role_names', 'role_path', 'omit'];

/** The roles whose include_role or import_role brought the task's role in; a role's dependencies have none. */
function parentRoles(chain: Chain): readonly string[] | undefined {
  if (chain.role === undefined || !chain.role.included || chain.roles.length < 2) return undefined;
  return chain.roles.slice(0, -1).map((role) => role.name).reverse();
}
