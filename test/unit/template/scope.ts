/** Scopes and comparisons that the template tests share. */
import { tmpdir } from 'node:os';
import { nodeLookups } from '../../../src/template/index.ts';
import type { LookupContext, Scope, Variable } from '../../../src/template/index.ts';

/** A scope over plain variables. */
export function scopeOf(variables: Readonly<Record<string, unknown>>): Scope {
  return {
    lookup: (name): Variable | undefined => (Object.hasOwn(variables, name) ? { value: variables[name] } : undefined),
    names: () => Object.keys(variables),
  };
}

/** A controller with a fixed environment. */
export const lookups: LookupContext = nodeLookups({ basedir: tmpdir(), env: { HOME: '/root', PATH: process.env['PATH'] } });
