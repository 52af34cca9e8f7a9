/** Inventories against what ansible-inventory says of the same files; `inventories/generate.py` asks it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import configure from '../../../src/cli/inventory.ts';
import { loadInventory } from '../../../src/load/inventory.ts';

const folder = fileURLToPath(new URL('inventories/', import.meta.url));

interface Expected {
  readonly inventories: readonly { readonly sources: readonly string[]; readonly list: unknown; readonly graph: string }[];
  readonly patterns: Readonly<Record<string, readonly string[]>>;
}
const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as Expected;

const source = (name: string): string => (name.includes(',') ? name : path.join(folder, name));

/** What `ctplay inventory` prints. */
async function inventory(...args: readonly string[]): Promise<string> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    const command = new Command('inventory');
    configure(command);
    await command.parseAsync([...args], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return printed;
}

describe.each(expected.inventories)('inventory $sources', ({ sources, list, graph }) => {
  const flags = sources.flatMap((name) => ['-i', source(name)]);
  it('lists groups and variables as Ansible does', async () => {
    expect(JSON.parse(await inventory(...flags, '--list'))).toEqual(list);
  });
  it('draws the same tree', async () => {
    expect(await inventory(...flags, '--graph')).toBe(`${graph}\n`);
  });
});

describe('host patterns', () => {
  it.each(Object.entries(expected.patterns))('%s', async (pattern, hosts) => {
    const loaded = await loadInventory([source('ranges/hosts.ini')]);
    expect(loaded.select(pattern)).toEqual(hosts);
  });
});
