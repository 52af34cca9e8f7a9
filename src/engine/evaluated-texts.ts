/** What a run may evaluate as templates or conditions, as far as it stands in its playbooks, their files and the inventory. */
import type { ControllerFiles } from './files.ts';
import type { Play, RoleContext, Source, Task } from '../load/tree.ts';
import { Secret } from '../shell.ts';
import { isOpenLookup, isTemplate } from '../template/index.ts';

/** Where these texts come from besides the tree. */
export interface TextSources {
  /** Where a task or play finds files of the controller. */
  files(playbookFile: string, roles: readonly RoleContext[], taskFile: string): ControllerFiles;
  /** The variables of a file. Throws CtplayError. */
  variablesIn(file: string): unknown;
  /** Whether a module is the user's own, which may evaluate what it likes. */
  isForeign(module: string): boolean;
}

interface Place {
  readonly playbookFile: string;
  readonly roles: readonly RoleContext[];
  /** Texts are expressions without braces. */
  readonly isCondition: boolean;
}

/** Keywords and arguments whose texts are conditions or bare expressions. */
const conditionKeys: ReadonlySet<string> = new Set(['when', 'until', 'changedWhen', 'failedWhen', 'that', 'var']);

/** Modules that bring in variables which nobody has seen before. */
const bringers: readonly string[] = ['add_host', 'group_by', 'include_vars'];

/** What shows that a task may write files of the controller. */
const localKeys: ReadonlySet<string> = new Set(['delegateTo', 'connection', 'ansible_connection']);

export class EvaluatedTexts {
  /** With braces. */
  readonly templates = new Set<string>();
  readonly conditions = new Set<string>();
  /** Contents of template files. */
  readonly fileTexts = new Set<string>();
  /** Names of results. */
  readonly registered = new Set<string>();
  readonly #sources: TextSources;
  readonly #seen = { conditions: new WeakSet(), others: new WeakSet() };
  #isOpen = false;
  #readsFiles = false;
  #writesFiles = false;

  constructor(sources: TextSources) {
    this.#sources = sources;
  }

  /** Whether there may be others, which nobody can see before the run. */
  get isOpen(): boolean {
    return this.#isOpen || (this.#readsFiles && this.#writesFiles);
  }

  addPlay(play: Play): void {
    const place = { playbookFile: play.source.file, roles: [], isCondition: false };
    this.#visit(play, place);
    for (const names of play.varsFiles) {
      for (const name of [names].flat()) this.#visitFiles(name, 'vars', place, play.source.file, (file) => this.#visit(this.#sources.variablesIn(file), place));
    }
  }

  addVariables(values: Readonly<Record<string, unknown>>): void {
    this.#visit(values, { playbookFile: '', roles: [], isCondition: false });
  }

  /** The run works on this machine as on a host. */
  addLocalWork(): void {
    this.#writesFiles = true;
  }

  #visit(value: unknown, place: Place): void {
    if (typeof value === 'string') return this.#addText(value, place);
    if (value instanceof Secret) return this.#addText(value.reveal(), place);
    if (typeof value === 'function') this.#isOpen = true;
    if (typeof value !== 'object' || value === null || isSource(value)) return;
    const seen = place.isCondition ? this.#seen.conditions : this.#seen.others;
    if (seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) for (const item of value) this.#visit(item, place);
    else if (isPlain(value)) this.#visitMapping(value, place);
    else this.#isOpen = true;
  }

  #visitMapping(mapping: Readonly<Record<string, unknown>>, around: Place): void {
    const role = mapping['role'];
    const place = isNode(mapping) && typeof role === 'object' ? { ...around, roles: [...around.roles, role as RoleContext] } : around;
    if (isNode(mapping)) this.#visitNode(mapping as unknown as { readonly kind?: string }, place);
    for (const [key, value] of Object.entries(mapping)) {
      if (value === undefined) continue;
      // Names of arguments can be templates, too; and files with other delimiters would be read wrongly here.
      if (isTemplate(key) || /_(?:start|end)_string$/.test(key) || (key === 'moduleDefaults' && Object.values(value as object).some((one) => typeof one === 'string'))) this.#isOpen = true;
      if (localKeys.has(key)) this.#writesFiles = true;
      this.#visit(value, conditionKeys.has(key) ? { ...place, isCondition: true } : place);
    }
  }

  #visitNode(node: { readonly kind?: string; readonly action?: string }, place: Place): void {
    if (node.kind === 'include' || node.action === 'refresh_inventory') this.#isOpen = true;
    if (node.kind === 'task') this.#visitTask(node as Task, place);
  }

  #visitTask(task: Task, place: Place): void {
    const { module, register, argsTemplate, loop, args } = task;
    if (register !== undefined) this.registered.add(register);
    if (argsTemplate !== undefined || bringers.includes(module) || this.#sources.isForeign(module) || (loop?.lookup !== undefined && isOpenLookup(loop.lookup))) this.#isOpen = true;
    if (module === 'fetch') this.#writesFiles = true;
    if (module !== 'template') return;
    const files = this.#sources.files(place.playbookFile, place.roles, task.source.file);
    this.#visitFiles(args['src'], 'templates', place, task.source.file, (file) => this.fileTexts.add(Buffer.from(files.read(file)).toString('utf8')));
  }

  /** All files that a name may stand for. */
  #visitFiles(name: unknown, kind: 'vars' | 'templates', { playbookFile, roles }: Place, taskFile: string, visit: (file: string) => void): void {
    this.#readsFiles = true;
    const found = typeof name === 'string' && !isTemplate(name) ? this.#sources.files(playbookFile, roles, taskFile).findAll(name, kind) : [];
    if (found.length === 0) this.#isOpen = true;
    try {
      for (const file of found) visit(file);
    } catch {
      // What is wrong with it is said at its turn.
      this.#isOpen = true;
    }
  }

  #addText(text: string, { isCondition }: Place): void {
    if (!isTemplate(text)) {
      if (isCondition) this.conditions.add(text);
    } else if (isCondition) {
      // In braces it gives the expression that is evaluated.
      this.#isOpen = true;
    } else {
      this.templates.add(text);
    }
  }
}

function isSource(value: object): boolean {
  return typeof (value as Partial<Source>).keyAt === 'function';
}

/** Of the playbook's tree, not of the data in it. */
function isNode(mapping: Readonly<Record<string, unknown>>): boolean {
  const { source } = mapping;
  return typeof source === 'object' && source !== null && isSource(source);
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
