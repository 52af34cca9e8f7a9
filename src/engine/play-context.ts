/** One play on one batch of hosts: its variables, and what its hosts share while they walk. */
import type { SourceSpan } from '../errors.ts';
import { getOrAdd } from '../get-or-add.ts';
import type { Inventory } from '../load/inventory-types.ts';
import { holdsTemplate } from '../load/has-template.ts';
import { connectionVariables } from '../load/target.ts';
import type { Entry, Play } from '../load/tree.ts';
import { Places } from '../places.ts';
import { Templar, type LazyMapping, type Scope } from '../template/index.ts';
import { templateVariables } from '../template/template-variables.ts';
import type { Grounds } from './basis.ts';
import { blockVariables, perChain, rootChain, type Chain } from './chain.ts';
import { ControllerFiles } from './files.ts';
import { PlayRoles } from './play-roles.ts';
import { RunOnce } from './run-once.ts';
import { Lockstep } from './lockstep.ts';
import { magicLayer } from './magic-variables.ts';
import type { RunContext } from './run-context.ts';
import { SettingsOfTasks } from './task-settings.ts';
import { changingLayer, factsLayer, layer, LayeredScope, layers, renderVariable, scopeMapping, withVariables, type Layer } from './variables.ts';
import { loadVarsFiles } from './vars-files.ts';

/** `batch` and `play`: as the meta actions say. `fatal`: an error that counts for all hosts. */
export type PlayEnd = 'batch' | 'play' | 'fatal';

/** What one host knows, whatever the task. */
interface HostLayers {
  readonly facts: Layer;
  readonly included: Layer;
  readonly varsFiles: readonly Layer[];
  readonly read: Layer;
  readonly inventory: Layer;
  readonly address: Layer;
}

/** What a task inherits of variables: from includes and the role's parameters, from blocks and the role's own, the role's defaults. */
const chainLayers = perChain((chain) => {
  const { role } = chain;
  return {
    strong: layers([...chain.included, ...(role ? [role.params] : [])]),
    own: layers([...blockVariables(chain), ...(role ? [role.vars] : [])]),
    weak: layers(role ? [role.defaults] : []),
  };
});

/** The variables about connecting that a task or what stands around it sets. */
const saysHowToConnect = perChain((chain) => Object.values(chainLayers(chain)).flat().flatMap((one) => [...one.names()]).filter((name) => (connectionVariables as readonly string[]).includes(name)));

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
  readonly #throttled = new Map<Entry, Places>();
  #ended: PlayEnd | undefined;
  readonly settings: SettingsOfTasks;
  /** What the play itself hands down. */
  readonly chain: Chain;
  /** The run's, with the variables beside this playbook. */
  readonly #inventory: Inventory;
  readonly #varsFiles = new Map<string, Layer>();
  readonly #extraVars: readonly Layer[];
  /** Answers to vars_prompt, and the play's own variables. */
  readonly #playVariables: readonly Layer[];
  readonly #hostLayers = new Map<string, HostLayers>();
  /** The scope that was asked for last: a task asks several times. */
  readonly #latest = new Map<string, { readonly chain: Chain; readonly roles: number; readonly scope: LayeredScope }>();
  readonly #connections = new Map<string, { readonly version: string; readonly variables: Readonly<Record<string, unknown>> }>();
  readonly #files = new WeakMap<Chain, { readonly taskFile: string; readonly files: ControllerFiles }>();
  readonly #warn = (message: string, span: SourceSpan | undefined): void => this.run.emit({ type: 'warning', message, ...(span ? { span } : {}) });

  constructor(run: RunContext, play: Play, playbookFile: string, hosts: { all: readonly string[]; batch: readonly string[] }, prompted: Readonly<Record<string, unknown>>) {
    this.run = run;
    this.play = play;
    this.playbookFile = playbookFile;
    this.allHosts = hosts.all;
    this.hosts = hosts.batch;
    this.settings = new SettingsOfTasks(run.settings);
    this.chain = rootChain(play.keywords);
    this.#extraVars = layers([run.settings.extraVars]);
    this.#playVariables = [...layers([prompted], true), ...layers([play.keywords.vars ?? {}])];
    this.lockstep = new Lockstep(hosts.batch);
    this.#inventory = run.inventoryBeside(playbookFile);
    this.once = new RunOnce(hosts.batch, play.strategy === 'linear');
    this.roles = new PlayRoles(play);
  }

  /** Where hosts wait for a task with `throttle`. */
  throttled(task: Entry, limit: number): Places {
    return getOrAdd(this.#throttled, task, () => new Places(limit));
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

  /** The variables of a task on a host, strongest first; `special` are loop variables and the like. */
  scope(host: string, chain: Chain, special: Readonly<Record<string, unknown>> = {}): LayeredScope {
    const { roles } = this;
    const latest = this.#latest.get(host);
    const isPlain = Object.keys(special).length === 0;
    if (isPlain && latest?.chain === chain && latest.roles === roles.version) return latest.scope;
    const mine = this.#layersOf(host);
    const inherited = chainLayers(chain);
    const scope: LayeredScope = new LayeredScope([
      ...layers([special], true),
      ...this.#extraVars,
      magicLayer(this, host, chain, () => scope),
      ...inherited.strong,
      mine.facts,
      mine.included,
      ...inherited.own,
      ...roles.variables,
      ...mine.varsFiles,
      ...this.#playVariables,
      mine.read,
      mine.inventory,
      ...inherited.weak,
      ...roles.defaults,
      mine.address,
    ]);
    if (isPlain) this.#latest.set(host, { chain, roles: roles.version, scope });
    return scope;
  }

  /** `volatile` is told when templates ask for more than variables. */
  templar(scope: Scope, chain: Chain, taskFile: string, volatile?: () => void): Templar {
    return new Templar(scope, { lookups: this.files(chain, taskFile), warn: this.#warn, volatile });
  }

  /** What variables come from besides what tasks set, as it is now. */
  get grounds(): Grounds {
    return { inventory: this.#inventory.version, roles: this.roles.version };
  }

  /** Where a task finds files of the controller; `taskFile` is the file that the task stands in. */
  files(chain: Chain, taskFile: string): ControllerFiles {
    const known = this.#files.get(chain);
    if (known?.taskFile === taskFile) return known.files;
    const files = new ControllerFiles(this.playbookFile, chain, taskFile, this.run);
    this.#files.set(chain, { taskFile, files });
    return files;
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

  /** The same for a task on the play's own host. Most tasks say nothing of it, and the host's variables seldom change. */
  taskConnection(host: string, chain: Chain, special: Readonly<Record<string, unknown>>, scope: Scope, templar: Templar): Readonly<Record<string, unknown>> {
    if (saysHowToConnect(chain).length > 0 || connectionVariables.some((name) => Object.hasOwn(special, name))) return this.connectionVariables(host, scope, templar);
    const version = [this.run.memory(host).version, this.#inventory.version, this.roles.version].join(' ');
    const known = this.#connections.get(host);
    if (known?.version === version) return known.variables;
    const variables = this.connectionVariables(host, scope, templar);
    // What is rendered from other variables may be another for the next task.
    const isConstant = Object.keys(variables).every((name) => scope.lookup(name)!.literal === true || !holdsTemplate(scope.lookup(name)!.value));
    if (isConstant) this.#connections.set(host, { version, variables });
    return variables;
  }

  /** A variable of any host, for modules that derive one end's values from the other's. */
  hostVariable(host: string, name: string): unknown {
    const scope = this.scope(host, this.chain);
    const found = scope.lookup(name);
    return found === undefined ? undefined : renderVariable(this.templar(scope, this.chain, this.playbookFile), found);
  }

  #layersOf(host: string): HostLayers {
    let mine = this.#hostLayers.get(host);
    if (!mine) {
      const memory = this.run.memory(host);
      mine = {
        facts: layer(memory.facts, true),
        included: layer(memory.included),
        varsFiles: this.play.varsFiles.length === 0 ? [] : [{ get: (name) => this.#varsFilesOf(host).get(name), names: () => this.#varsFilesOf(host).names() }],
        read: factsLayer(host, (name) => this.run.knowledge(host).facts(name), memory.learnt),
        inventory: changingLayer(() => this.#inventory.variablesOf(host)),
        address: layer({ ansible_host: host }, true),
      };
      this.#hostLayers.set(host, mine);
    }
    return mine;
  }

  // Names of vars_files may hold templates, which must not look into vars_files themselves.
  #varsFilesOf(host: string): Layer {
    const known = this.#varsFiles.get(host);
    if (known) return known;
    this.#varsFiles.set(host, layer({}));
    try {
      const loaded = layer(loadVarsFiles(this, host));
      this.#varsFiles.set(host, loaded);
      return loaded;
    } catch (error) {
      this.#varsFiles.delete(host);
      throw error;
    }
  }

  /** What a delegated task sees of the host it works on. */
  delegatedVariables(host: string): Record<string, unknown> {
    return { [host]: this.ownVariables(host) };
  }

  /** What a host knows by itself, without the play's variables, as a mapping. */
  ownVariables(host: string): LazyMapping {
    return this.mapping(this.#hostScope(host), this.chain);
  }

  /** A scope as a mapping whose values are rendered when asked for. */
  mapping(scope: Scope, chain: Chain): LazyMapping {
    return scopeMapping(scope, (variable) => renderVariable(this.templar(scope, chain, this.playbookFile), variable));
  }

  #hostScope(host: string): LayeredScope {
    const mine = this.#layersOf(host);
    const scope: LayeredScope = new LayeredScope([
      ...this.#extraVars,
      magicLayer(this, host, this.chain, () => scope),
      mine.facts,
      mine.included,
      mine.read,
      mine.inventory,
    ]);
    return scope;
  }
}
