import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registryFor, strangerTo } from '../../../src/engine/ledger-modules.ts';
import type { LedgerSubject } from '../../../src/engine/ledger.ts';
import { Registry } from '../../../src/registry.ts';

let folder: string;
let file: string;
const us = process.getuid!();

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'ctplay-trust-')));
  mkdirSync(path.join(folder, 'modules'), { mode: 0o755 });
  file = path.join(folder, 'modules/mine.mjs');
  writeFileSync(file, '', { mode: 0o644 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('strangerTo', () => {
  it('is nobody for a file of ours below a folder with the sticky bit', () => {
    expect(strangerTo(file)).toBeUndefined();
  });

  it.each(['modules/mine.mjs', 'modules', '.'])('is everybody where everybody may write to %s', (place) => {
    chmodSync(path.join(folder, place), 0o777);
    expect(strangerTo(file)).toBe(`everybody may write to ${path.join(folder, place)}`);
  });

  it('is the owner of a file that is not ours', () => {
    expect(strangerTo(file, [us + 1])).toBe(`${file} belongs to the user with the id ${us}`);
  });

  it('looks at where a link leads', () => {
    const link = path.join(folder, 'modules/link.mjs');
    mkdirSync(path.join(folder, 'open'));
    chmodSync(path.join(folder, 'open'), 0o777);
    writeFileSync(path.join(folder, 'open/mine.mjs'), '');
    symlinkSync(path.join(folder, 'open/mine.mjs'), link);
    expect(strangerTo(link)).toBe(`everybody may write to ${path.join(folder, 'open')}`);
  });
});

describe('registryFor', () => {
  const subject = (module: string, playbook?: string): LedgerSubject => ({ module, subject: 'x', args: {}, before: {}, revertible: true, halfMade: false, intents: [{ type: 'intent', id: '1', run: 'r', at: '', module, subject: 'x', args: {}, before: {}, changes: [], revertible: true, ...(playbook === undefined ? {} : { playbook }) }] });

  it('finds a module beside the playbook', () => {
    expect(registryFor(subject('mine', path.join(folder, 'play.yaml')), new Registry()).has('mine')).toBe(true);
  });

  it('refuses one that anybody could have put there', () => {
    chmodSync(path.join(folder, 'modules'), 0o777);
    expect(() => registryFor(subject('mine', path.join(folder, 'play.yaml')), new Registry())).toThrow(expect.objectContaining({ code: 'module.untrusted' }));
  });

  it("prefers ctplay's own, wherever the ledger says the playbook was", () => {
    const registry = new Registry();
    writeFileSync(path.join(folder, 'modules/copy.mjs'), '');
    expect(registryFor(subject('copy', path.join(folder, 'play.yaml')), registry)).toBe(registry);
  });
});
