import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { templateVariables } from '../../../src/template/template-variables.ts';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ctplay-template-'));
  file = path.join(folder, 'a.j2');
  writeFileSync(file, 'x');
  chmodSync(file, 0o600);
  // Local time, as strftime has it.
  utimesSync(file, new Date(), new Date(2024, 1, 3, 4, 5, 6));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a template's own variables", () => {
  it.each([
    [undefined, 'Ansible managed'],
    ['by {uid} on {host}', `by ${userInfo().username} on ${hostname()}`],
    ['modified on %Y-%m-%d %H:%M:%S', 'modified on 2024-02-03 04:05:06'],
  ])('ansible_managed for %s', (managed, expected) => {
    expect(templateVariables(file, managed).ansible_managed).toBe(expected);
  });

  it('name the file', () => {
    expect(templateVariables(file)).toMatchObject({ template_path: file, template_fullpath: file, template_host: hostname(), template_uid: userInfo().username });
  });

  it('are none where there is no file', () => {
    expect(templateVariables(path.join(folder, 'none.j2'))).toEqual({});
  });
});
