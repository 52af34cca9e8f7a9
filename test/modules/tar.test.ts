import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packFiles, type PackedFile } from '../../modules/shared/pack.ts';
import { tarEnd, tarHeader, tarPadding } from '../../modules/shared/tar.ts';

const listed = (archive: Buffer): string => execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' });

describe('headers', () => {
  const field = (header: Buffer, start: number, length: number): string => header.toString('latin1', start, start + length).replace(/[\0 ]+$/, '');

  it.each([
    ['a file', { name: 'd/f', type: 'file', mode: 0o4755, size: 1025 }, { mode: '0004755', size: '00000002001', type: '0' }],
    ['a directory', { name: 'd', type: 'directory', mode: 0o700, size: 0 }, { mode: '0000700', size: '00000000000', type: '5' }],
    ['the largest in octal', { name: 'f', type: 'file', mode: 0, size: 8 * 2 ** 30 - 1 }, { mode: '0000000', size: '77777777777', type: '0' }],
  ] as const)('%s', (_name, entry, expected) => {
    const header = tarHeader(entry);
    expect(header.length).toBe(512);
    expect({ mode: field(header, 100, 8), size: field(header, 124, 12), type: field(header, 156, 1) }).toEqual(expected);
  });

  it('a file that octal is too short for', () => {
    const size = 9 * 2 ** 40;
    const header = tarHeader({ name: 'f', type: 'file', mode: 0o644, size });
    expect(header[124]).toBe(0x80);
    expect(Number(header.readBigUInt64BE(128))).toBe(size);
  });

  it.each([
    ['short', 'a'],
    ['of just the length of the field', 'a'.repeat(100)],
    ['longer', 'a'.repeat(101)],
    ['as long as a block', `${'d/'.repeat(205)}${'a'.repeat(102)}`],
    ['longer than a block', `${'d/'.repeat(500)}${'a'.repeat(255)}`],
    ['that ends in two bytes at the edge', `${'a'.repeat(99)}ü`],
    ['with blanks and signs', ` it's "$HOME" \\ * `],
  ])('a name %s', (_name, name) => {
    const archive = Buffer.concat([tarHeader({ name, type: 'file', mode: 0o644, size: 1 }), Buffer.from('x'), tarPadding(1), tarEnd]);
    expect(execFileSync('tar', ['-tf', '-', '--quoting-style=literal'], { input: archive, encoding: 'utf8' })).toBe(`${name}\n`);
  });

  it.each([[0, 0], [1, 511], [511, 1], [512, 0], [513, 511]])('%i bytes are followed by %i', (size, padding) => {
    expect(tarPadding(size).length).toBe(padding);
  });
});

describe('packed files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ctplay-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const digest = (content: string): string => createHash('sha256').update(content).digest('hex');
  const fileOf = (name: string, content: string, promised = content): PackedFile => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return { name, mode: '0644', input: { kind: 'file', path, expected: { size: content.length, sha256: digest(promised) } } };
  };
  const writesOf = async (files: readonly PackedFile[]): Promise<Buffer[]> => {
    const writes: Buffer[] = [];
    for await (const bytes of packFiles(files, 'last')) writes.push(bytes);
    return writes;
  };
  const packed = async (files: readonly PackedFile[]): Promise<Buffer> => Buffer.concat(await writesOf(files));

  it('come with their contents, and the last directory', async () => {
    const large = 'x'.repeat(1_500_000);
    const archive = await packed([
      fileOf('small', 'one'),
      { name: 'text', mode: '0644', input: { kind: 'text', text: 'two' } },
      fileOf('large', large),
      { name: 'bytes', mode: '0644', input: { kind: 'bytes', bytes: Buffer.from('three') } },
      fileOf('empty', ''),
    ]);
    expect(listed(archive)).toBe('small\ntext\nlarge\nbytes\nempty\nlast\n');
    expect(execFileSync('tar', ['-xOf', '-'], { input: archive, encoding: 'utf8', maxBuffer: 1 << 24 })).toBe(`onetwo${large}three`);
  });

  it('go together where they are small', async () => {
    const files = Array.from({ length: 100 }, (_, index) => fileOf(`f${index}`, 'x'.repeat(1000)));
    expect(await writesOf(files)).toHaveLength(1);
  });

  it.each([
    ['small and changed', () => fileOf('a', 'new', 'old'), 'a changed while it was copied'],
    ['large and changed', () => fileOf('b', 'x'.repeat(300_000), 'old'), 'b changed while it was copied'],
    ['gone', (): PackedFile => ({ name: 'c', mode: '0644', input: { kind: 'file', path: join(folder, 'missing'), expected: { size: 0, sha256: '' } } }), 'cannot read'],
  ])('are refused where one is %s', async (_name, file, message) => {
    await expect(packed([fileOf('before', 'x'), file()])).rejects.toThrow(message);
  });
});
