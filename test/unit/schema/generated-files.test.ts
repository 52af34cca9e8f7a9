import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { generatedFiles } from '../../../src/schema/generated-files.ts';

const root = path.join(import.meta.dirname, '../../..');

it('the generated files of the tree are those of the present modules and events', async () => {
  const files = await generatedFiles();
  const stale = [...files].filter(([file, text]) => read(file) !== text).map(([file]) => file);
  const gone = readdirSync(path.join(root, 'docs/modules')).map((name) => `docs/modules/${name}`).filter((file) => !files.has(file));
  expect({ stale, gone }, 'run `npm run docs`').toEqual({ stale: [], gone: [] });
});

function read(file: string): string | undefined {
  try {
    return readFileSync(path.join(root, file), 'utf8');
  } catch {
    return undefined;
  }
}
