import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { inventoryText } from '../../../src/lab/inventory.ts';
import { labHosts, type LabRecord } from '../../../src/lab/layout.ts';
import { LabReport } from '../../../src/lab/report.ts';

const record: LabRecord = { name: 'gre', number: 1, hosts: 2, base: 'minimal', baseTree: '/b', inventories: [] };
const [host1, host2] = labHosts(record);

function report(terminal: boolean): { readonly report: LabReport; readonly text: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal, columns: 60 }) as unknown as WriteStream;
  let text = '';
  stream.on('data', (data) => (text += String(data)));
  return { report: new LabReport(stream), text: () => text };
}

describe('LabReport', () => {
  it('writes a line per event off a terminal, none twice in a row', () => {
    const { report: lines, text } = report(false);
    lines.building('minimal', 'downloading packages');
    lines.building('minimal', 'downloading packages');
    lines.booting(2);
    lines.ready(host2!);
    lines.ready(host1!);
    lines.done({ record, changes: ['made 2 hosts'] }, '/inventories/gre');
    expect(text().replace(/[\d.]+ s/, 'N s').split('\n')).toEqual([
      "Building the base tree 'minimal', once for this machine: downloading packages",
      'Booting 2 hosts',
      'host2 is up (1 of 2)',
      'host1 is up (2 of 2)',
      "The lab 'gre' is up after N s: made 2 hosts.",
      '',
    ]);
  });

  it('keeps one line on a terminal, cut to its width, and leaves it clean', () => {
    const { report: line, text } = report(true);
    line.building('minimal', 'setting up the essential packages');
    line.booting(2);
    line.done({ record, changes: [] }, '/inventories/gre');
    const shown = text().split('\r\x1b[K').filter((part) => part !== '');
    expect(shown).toEqual([
      "⠋ Building the base tree 'minimal', once for this machine: ",
      '⠋ Booting 2 hosts 0 s',
      "The lab 'gre' is running already; nothing to do. Inventory: /inventories/gre\n",
    ]);
  });
});

describe('inventoryText', () => {
  it('is an inventory of the group lab in the YAML form', () => {
    expect(parse(inventoryText(record, '/in ventories/gre'))).toEqual({
      lab: {
        hosts: {
          host1: { ansible_host: '10.200.1.11', underlay_address: '10.0.0.3' },
          host2: { ansible_host: '10.200.1.12', underlay_address: '10.0.0.4' },
        },
        vars: {
          ansible_user: 'root',
          ansible_port: 22,
          ansible_ssh_private_key_file: '/in ventories/gre/.id_ed25519',
          ansible_ssh_common_args: '-o UserKnownHostsFile="/in ventories/gre/.known_hosts" -o IdentitiesOnly=yes',
          ctplay_known_hosts_file: '/in ventories/gre/.known_hosts',
        },
      },
    });
  });
});
