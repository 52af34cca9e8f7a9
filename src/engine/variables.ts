/** What a name means to a task on a host: Ansible's order of precedence, as layers asked from the strongest down. */
import type { Templar } from '../template/index.ts';
import type { LazyMapping, Scope, Variable } from '../template/types.ts';

export interface Layer {
  get(name: string): Variable | undefined;
  names(): Iterable<string>;
}

/** A layer over a plain mapping. `literal`: the values came from hosts and are never templates. */
export function layer(values: Readonly<Record<string, unknown>>, literal = false): Layer {
  return {
    get: (name) => (Object.hasOwn(values, name) ? { value: values[name], literal } : undefined),
    names: () => Object.keys(values),
  };
}

/** A layer over what a mapping is when it is asked, for one that is replaced meanwhile. */
export function changingLayer(values: () => Readonly<Record<string, unknown>>): Layer {
  return {
    get: (name) => (Object.hasOwn(values(), name) ? { value: values()[name], literal: false } : undefined),
    names: () => Object.keys(values()),
  };
}

/** Layers over mappings that never change; none for those that hold nothing. */
export function layers(mappings: readonly Readonly<Record<string, unknown>>[], literal = false): Layer[] {
  return mappings.filter((values) => Object.keys(values).length > 0).map((values) => layer(values, literal));
}

/** Layers from the strongest to the weakest. */
export class LayeredScope implements Scope {
  readonly #layers: readonly Layer[];
  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  lookup(name: string): Variable | undefined {
    for (const one of this.#layers) {
      const found = one.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  names(): Iterable<string> {
    return new Set(this.#layers.flatMap((one) => [...one.names()]));
  }
}

/** A scope with stronger variables, which are never templates. */
export function withVariables(scope: Scope, values: Readonly<Record<string, unknown>>): Scope {
  return new LayeredScope([layer(values, true), { get: (name) => scope.lookup(name), names: () => scope.names() }]);
}

/** What a host has learnt in this run: set_fact, registered results, include_vars. */
export class HostMemory {
  readonly #included: Record<string, unknown> = {};
  readonly #facts: Record<string, unknown> = {};
  readonly #learnt: Record<string, unknown> = {};
  #version = 0;
  /** Names registered by tasks whose outcome only an applied run knows. */
  readonly unknownYet = new Set<string>();

  /** Grows whenever something is remembered or forgotten. */
  get version(): number {
    return this.#version;
  }

  /** Variables of include_vars; their rank is below set_fact and registered results. */
  get included(): Readonly<Record<string, unknown>> {
    return this.#included;
  }

  /** Values of set_fact, already rendered, and registered results: never rendered again. */
  get facts(): Readonly<Record<string, unknown>> {
    return this.#facts;
  }

  /** Facts that modules returned or set_fact cached, without their prefix; beside those that are read. */
  get learnt(): Readonly<Record<string, unknown>> {
    return this.#learnt;
  }

  include(values: Readonly<Record<string, unknown>>): void {
    this.#version++;
    Object.assign(this.#included, values);
  }

  set(values: Readonly<Record<string, unknown>>): void {
    this.#version++;
    Object.assign(this.#facts, values);
  }

  /** Takes facts by their names, with the prefix `ansible_` or without it. */
  learn(facts: Readonly<Record<string, unknown>>): void {
    this.#version++;
    for (const [name, value] of Object.entries(facts)) this.#learnt[name.replace(/^ansible_/, '')] = value;
  }

  clearLearnt(): void {
    this.#version++;
    for (const name of Object.keys(this.#learnt)) delete this.#learnt[name];
  }
}

/** Thrown by a scope when a template asks for facts that were not read yet; the engine reads them and tries again. */
export class NeedsFacts extends Error {
  readonly host: string;
  /** The fact that is asked for, without its prefix; undefined for all. */
  readonly fact: string | undefined;
  constructor(host: string, fact: string | undefined) {
    super(`facts of ${host} are needed`);
    this.host = host;
    this.fact = fact;
  }
}

// Inventory names about how to connect. A template that asks for one that isn't set must not make us read the host.
const connectionNames = /^ansible_(host|port|user|password|ssh_\w+|connection|become\w*|private_key\w*|timeout|python_interpreter|shell_\w+|remote_tmp|group_priority|managed|check_mode|version|play_\w+|limit|loop\w*|role_\w+|parent_role\w*|dependent_role\w*|run_tags|skip_tags|verbosity|forks|inventory_sources|facts|local|diff_mode|config_file|playbook_python|search_path|collection_name|index_var|failed_task|failed_result|async_dir|winrm\w*|paramiko\w*|network_os|delegated_vars|date|host_\w+)$/;

const known = new Map<string, boolean>();

// The same few names are asked for by every task on every host.
function isConnectionName(name: string): boolean {
  let is = known.get(name);
  if (is === undefined) known.set(name, (is = connectionNames.test(name)));
  return is;
}

/** Facts as `ansible_facts` and as `ansible_NAME`, read when first asked for. `read` gives those that are known: all, or those among which a name is. */
export function factsLayer(host: string, read: (name?: string) => Readonly<Record<string, unknown>> | undefined, learnt: Readonly<Record<string, unknown>> = {}): Layer {
  const facts = (name?: string): Readonly<Record<string, unknown>> => {
    const known = read(name);
    if (known === undefined) throw new NeedsFacts(host, name);
    return known;
  };
  return {
    get(name) {
      if (name === 'ansible_facts') return { value: { ...facts(), ...learnt }, literal: true };
      if (!name.startsWith('ansible_') || (isConnectionName(name) && name !== 'ansible_local')) return undefined;
      const short = name.slice('ansible_'.length);
      const known = Object.hasOwn(learnt, short) ? learnt : facts(short);
      return Object.hasOwn(known, short) ? { value: known[short], literal: true } : undefined;
    },
    names: () => ['ansible_facts', ...Object.keys({ ...read(), ...learnt }).map((name) => `ansible_${name}`).filter((name) => !isConnectionName(name))],
  };
}

/** A scope as a mapping whose values are rendered when asked for, as `hostvars[host]` and `vars` are. */
export function scopeMapping(scope: Scope, render: (variable: Variable) => unknown): LazyMapping {
  return {
    get: (key) => {
      const found = typeof key === 'string' ? scope.lookup(key) : undefined;
      return found === undefined ? undefined : render(found);
    },
    has: (key) => typeof key === 'string' && scope.lookup(key) !== undefined,
    keys: () => scope.names(),
  };
}

/** The value of a variable: what came from hosts is no template. */
export function renderVariable(templar: Templar, variable: Variable): unknown {
  return variable.literal === true ? variable.value : templar.render(variable.value);
}
