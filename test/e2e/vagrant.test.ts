import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inventoryText } from '../../src/lab/inventory.ts';
import { attempt } from '../../src/lab/run.ts';
import { root } from '../harness/ctplay.ts';

interface Inventory {
  readonly lab: { readonly hosts: Readonly<Record<string, { readonly ansible_port?: number; readonly underlay_address: string }>> };
}

const inventory = (text: string) => (parse(text) as Inventory).lab.hosts;

describe('the Vagrantfile', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'ctplay-vagrant-'));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const text = readFileSync(join(root, 'Vagrantfile'), 'utf8');
  const machines = inventory(readFileSync(join(root, 'inventories/vagrant/hosts.yml'), 'utf8'));

  it('is valid', async () => {
    const environment = { VAGRANT_CWD: root, VAGRANT_DOTFILE_PATH: join(scratch, 'dotfile'), VAGRANT_HOME: join(scratch, 'home') };
    const { status, stdout, stderr } = await attempt('vagrant', ['validate', '--ignore-provider'], { environment });
    expect(status, stdout + stderr).toBe(0);
  });

  it('has the machines, ports and addresses of its inventory', () => {
    const declared = [...text.matchAll(/'(\w+)' => \{ underlay: '([\d.]+)', ssh_port: (\d+) \}/g)];
    expect(declared.map(([, name, underlay, port]) => [name, underlay, Number(port)])).toEqual(
      Object.entries(machines).map(([name, host]) => [name, host.underlay_address, host.ansible_port]),
    );
  });

  it('makes the same lab as `ctplay lab up`', () => {
    const lab = inventory(inventoryText({ name: 'lab', number: 0, hosts: 2 }, '/inventories/lab'));
    const underlay = (hosts: Inventory['lab']['hosts']) => Object.entries(hosts).map(([name, host]) => [name, host.underlay_address]);
    expect(underlay(machines)).toEqual(underlay(lab));
  });
});
