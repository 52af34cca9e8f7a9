/** Ansible itself is the measure: each playbook under cases/ is run by both tools on hosts of their own, and has the same outcome. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCases, runCase, type Difference } from './cases.ts';
import { makeKeys, type Keys } from './hosts.ts';
import type { Outcome } from './outcome.ts';

let folder: string;
let keys: Keys;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ctplay-ansible-'));
  keys = makeKeys(path.join(folder, 'keys'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a playbook has the same outcome as with Ansible', () => {
  it.concurrent.each(readCases().map((one, index) => ({ ...one, index })))('$name', async ({ index, ...one }) => {
    const [ansible, ours] = await Promise.all([
      runCase(one, 'ansible', path.join(folder, `${index}-ansible`), keys, 2 * index),
      runCase(one, 'ctplay', path.join(folder, `${index}-ctplay`), keys, 2 * index + 1),
    ]);
    const shown = `Ansible:\n${ansible.output}\nctplay:\n${ours.output}`;
    expect(comparable(ours), shown).toEqual(expected(ansible, one.differs));
    // Ansible starts a process for every task and host: on a loaded machine a case can take minutes.
  }, 600_000);
});

function comparable({ status, recap, files }: Outcome): Omit<Outcome, 'output'> {
  return { status, recap, files };
}

function expected(ansible: Outcome, differs?: Difference): Omit<Outcome, 'output'> {
  if (differs?.refused) return { status: 1, recap: {}, files: {} };
  const hosts = new Set([...Object.keys(ansible.recap), ...Object.keys(differs?.recap ?? {})]);
  return {
    status: differs?.status ?? ansible.status,
    recap: Object.fromEntries([...hosts].map((host) => [host, { ...ansible.recap[host], ...differs?.recap?.[host] }])),
    files: { ...ansible.files, ...differs?.files },
  };
}
