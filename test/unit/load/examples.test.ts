/** The examples of every module are tasks that load, arguments and all. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTasks } from '../../../src/load/playbook.ts';
import { Registry } from '../../../src/registry.ts';
import { folderWith } from './files.ts';

const registry = new Registry();

describe('examples', () => {
  it.each(registry.names())('%s', async (name) => {
    const { examples } = await registry.load(name);
    expect(examples, `${name} has no examples`).toBeTypeOf('string');
    const folder = folderWith({ 'tasks.yaml': examples! });
    const entries = await loadTasks(path.join(folder, 'tasks.yaml'), { registry, playbookFolder: folder, handlers: true });
    expect(entries.length).toBeGreaterThan(0);
  });
});
