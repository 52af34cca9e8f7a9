/** Keywords that say how a task is done, as they hold for it on a host. */
import type { GuardMode } from '../guard/host-guard.ts';
import { holdsTemplate } from '../load/has-template.ts';
import type { Keywords, Task } from '../load/tree.ts';
import type { Templar } from '../template/index.ts';
import { truth } from './become.ts';
import { environments, keyword, type Chain } from './chain.ts';
import { loginOf, type Login } from './login.ts';
import type { RunSettings } from './options.ts';

export interface TaskSettings {
  readonly environment: Readonly<Record<string, string>>;
  readonly check: boolean;
  /** Seconds; 0 for no bound. */
  readonly timeout: number;
  readonly guard: GuardMode;
  readonly login: Login;
  /** `async` and `poll`, in seconds. */
  readonly background: { readonly seconds: number; readonly poll: number };
}

/** The settings of tasks, rendered; those that hold no template once for all hosts. */
export class SettingsOfTasks {
  readonly #run: RunSettings;
  readonly #constant = new WeakMap<Chain, TaskSettings>();

  constructor(run: RunSettings) {
    this.#run = run;
  }

  /** Throws CtplayError for values that can't be used, and what rendering throws. */
  of(task: Task, chain: Chain, templar: Templar): TaskSettings {
    const known = task.async === undefined ? this.#constant.get(chain) : undefined;
    if (known) return known;
    const settings: TaskSettings = {
      environment: environmentOf(chain, templar),
      check: checkMode(chain, templar, this.#run.check, task),
      timeout: Number(templar.render(keyword(chain, 'timeout') ?? 0)),
      guard: guardMode(chain, templar, this.#run.guard.mode, task),
      login: loginOf(chain, templar, task.source),
      background: task.async === undefined ? inForeground : { seconds: Number(templar.render(task.async)), poll: Number(templar.render(task.poll ?? 15)) },
    };
    if (task.async === undefined && !holdsTemplate([environments(chain), ...names.map((name) => keyword(chain, name))])) this.#constant.set(chain, settings);
    return settings;
  }
}

const inForeground = { seconds: 0, poll: 0 };

const names: readonly (keyof Keywords)[] = ['checkMode', 'timeout', 'guard', 'remoteUser', 'port', 'connection'];

function environmentOf(chain: Chain, templar: Templar): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const one of environments(chain)) {
    const rendered = templar.render(one);
    for (const mapping of [rendered].flat()) {
      if (mapping === null || typeof mapping !== 'object') continue;
      for (const [name, value] of Object.entries(mapping)) merged[name] = String(value);
    }
  }
  return merged;
}

/** --guard and --no-guard hold for all tasks. */
function guardMode(chain: Chain, templar: Templar, asked: GuardMode | undefined, task: Task): GuardMode {
  const own = keyword(chain, 'guard');
  if (asked !== undefined || own === undefined) return asked ?? 'auto';
  return truth(templar.render(own), 'guard', task.source) ? 'always' : 'off';
}

function checkMode(chain: Chain, templar: Templar, asked: boolean, task: Task): boolean {
  const own = keyword(chain, 'checkMode');
  return own === undefined ? asked : truth(templar.render(own), 'check_mode', task.source);
}
