/** Docker's daemon.json: keys merged into what is there. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { PreconditionError } from '../../src/errors.ts';
import type { Content } from './write-file.ts';

/** The file with these keys set (null: removed), or undefined when it has them already. Throws PreconditionError when it holds no JSON object. */
export function withKeys(old: string | undefined, keys: Readonly<Record<string, unknown>>): (Content & { readonly text: string }) | undefined {
  const current = parse(old);
  const merged: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(keys)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  if (isDeepStrictEqual(current, merged)) return undefined;
  const text = `${JSON.stringify(merged, null, 2)}\n`;
  return { text, sha256: createHash('sha256').update(text).digest('hex'), input: { kind: 'text', text } };
}

function parse(text: string | undefined): Record<string, unknown> {
  if (text === undefined || text.trim() === '') return {};
  let value: unknown;
  let problem = 'no object';
  try {
    value = JSON.parse(text);
  } catch (error) {
    problem = (error as Error).message;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new PreconditionError('/etc/docker/daemon.json holds no JSON object, so no keys can be merged into it', { found: problem, hint: 'Mend or remove the file on the host; dockerd would not start with it either.' });
}
