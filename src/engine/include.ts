/** include_tasks and include_role: what they stand for on one host, once it has come to them. */
import path from 'node:path';
import { CtplayError } from '../errors.ts';
import type { DynamicOptions, loadRole, loadTasks } from '../load/playbook.ts';
import type { Block, Include, Keywords } from '../load/tree.ts';
import { omit } from '../template/index.ts';
import { renderAt } from './arguments.ts';
import { conditions, extend, type Chain } from './chain.ts';
import { ControllerFiles } from './files.ts';
import type { HostWalk } from './host-walk.ts';
import { loopItems, loopVariables } from './loop.ts';
import { firstFalse } from './item.ts';
import { taskName, type TaskOutcome } from './task.ts';
import { errorView } from './views.ts';

export interface Expanded {
  readonly parts: readonly { readonly block: Block; readonly chain: Chain }[];
}

interface Loaders {
  readonly loadTasks: typeof loadTasks;
  readonly loadRole: typeof loadRole;
}

/** The blocks to walk, one for each item of the include's loop; or how the walk goes on when there is nothing to include. */
export async function expandInclude(walk: HostWalk, include: Include, chain: Chain, loaders: Loaders): Promise<Expanded | TaskOutcome> {
  const { run } = walk.play;
  const own = extend(chain, include.keywords);
  const scope = walk.play.scope(walk.host, own);
  const templar = walk.play.templar(scope, own, include.source.file);
  const view = run.taskView(include, taskName({ ...include, module: `include_${include.what}` }, own, templar), `include_${include.what}`, false);
  const started = Date.now();
  run.emit({ type: 'task-start', host: walk.host, task: view });
  // Ansible counts each file that comes in, and no role.
  const end = (status: 'ok' | 'skipped' | 'failed', error?: CtplayError, files = 0): void => {
    const counter = run.counter(walk.host);
    if (status === 'ok') counter.ok += include.what === 'tasks' ? files : 0;
    else counter[status]++;
    run.emit({ type: 'task-end', host: walk.host, task: view, status, changes: [], result: {}, durationMs: Date.now() - started, ...(error ? { error: errorView(error, include.source.span) } : {}) });
  };
  try {
    const { loop } = include;
    const items = loop ? await walk.evaluate(() => loopItems(loop, templar, include)) : [undefined];
    const parts: { block: Block; chain: Chain }[] = [];
    for (const index of items.keys()) {
      const special = loop ? loopVariables(loop, items, index, templar, include) : {};
      const inner = walk.play.templar(walk.play.scope(walk.host, own, special), own, include.source.file);
      if ((await walk.evaluate(() => firstFalse(conditions(own), inner, include))) !== undefined) continue;
      const args = (await walk.evaluate(() => renderAt(inner, include.args, include.source, include.argsPath))) as Record<string, unknown>;
      const vars = (await walk.evaluate(() => renderAt(inner, include.keywords.vars ?? {}, include.source, ['vars']))) as Record<string, unknown>;
      const block = include.what === 'tasks' ? await tasksBlock(walk, include, chain, args, loaders) : await roleBlock(walk, include, chain, args, loaders);
      parts.push({ block, chain: { ...chain, included: [{ ...special, ...withoutOmitted(vars) }, ...chain.included] } });
    }
    run.named(walk.host).ended(include, parts.length === items.length);
    end(parts.length === 0 ? 'skipped' : 'ok', undefined, parts.length);
    return { parts };
  } catch (error) {
    if (!(error instanceof CtplayError)) throw error;
    end('failed', error);
    return { flow: 'failed', status: 'failed', result: { failed: true, msg: error.message }, error, entry: include };
  }
}

async function tasksBlock(walk: HostWalk, include: Include, chain: Chain, args: Readonly<Record<string, unknown>>, loaders: Loaders): Promise<Block> {
  const name = String(args['file'] ?? args['_raw_params'] ?? '');
  const files = new ControllerFiles(walk.play.playbookFile, chain, include.source.file, walk.play.run);
  const beside = path.resolve(path.dirname(include.source.file), name);
  const file = files.find(beside, 'tasks') ?? files.require(name, 'tasks');
  const entries = await walk.play.roles.loadedOnce(include, file, () => loaders.loadTasks(file, dynamicOptions(walk, chain)));
  return { kind: 'block', ...named(include), keywords: applied(args), source: include.source, block: entries, rescue: [], always: [] };
}

async function roleBlock(walk: HostWalk, include: Include, chain: Chain, args: Readonly<Record<string, unknown>>, loaders: Loaders): Promise<Block> {
  const role = await walk.play.roles.loadedOnce(include, JSON.stringify(args), () => loaders.loadRole(String(args['name']), { args, source: include.source }, dynamicOptions(walk, chain)));
  walk.play.roles.include(role, args['public'] === true || args['public'] === 'yes');
  return { ...role, keywords: { ...role.keywords, ...applied(args) } };
}

function dynamicOptions(walk: HostWalk, chain: Chain): DynamicOptions {
  const { registry, settings } = walk.play.run;
  return {
    registry,
    rolesPath: settings.rolesPath,
    collectionsPath: settings.collectionsPath,
    collections: chain.keywords.flatMap(({ collections }) => collections ?? []).reverse(),
    decrypt: settings.vault.decrypt,
    extraVars: settings.extraVars,
    playbookFolder: path.dirname(path.resolve(walk.play.playbookFile)),
    ...(chain.role ? { role: { name: chain.role.name, path: chain.role.path } } : {}),
    moduleDefaults: Object.assign({}, ...chain.keywords.map((keywords) => keywords.moduleDefaults ?? {})) as Record<string, unknown>,
  };
}

/** `apply:` keywords go to every task that comes in. */
function applied(args: Readonly<Record<string, unknown>>): Keywords {
  const apply = args['apply'];
  if (apply === null || typeof apply !== 'object') return {};
  const { tags, when, become, become_user: becomeUser, ...rest } = apply as Record<string, unknown>;
  return {
    ...(tags === undefined ? {} : { tags: [tags].flat().map(String) }),
    ...(when === undefined ? {} : { when: [when].flat() }),
    ...(become === undefined ? {} : { become }),
    ...(becomeUser === undefined ? {} : { becomeUser }),
    ...(rest['vars'] === undefined ? {} : { vars: rest['vars'] as Record<string, unknown> }),
    ...(rest['environment'] === undefined ? {} : { environment: [rest['environment']] }),
  };
}

function named(include: Include): { name?: string } {
  return include.name === undefined ? {} : { name: include.name };
}

function withoutOmitted(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== omit));
}

