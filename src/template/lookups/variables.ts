/** Lookups of variables, hosts and settings. */
import { CtplayError, didYouMean } from '../../errors.ts';
import { define } from '../define.ts';
import { compileRegex } from '../python/regex.ts';
import { text } from '../python/text.ts';
import { Undefined, isString, typeName, valueError } from '../python/values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

function variable(context: Context, term: unknown, fallback: unknown): unknown {
  if (!isString(term)) throw valueError(`Invalid setting identifier, "${text(term)}" is not a string, its a ${typeName(term)}`);
  const name = text(term);
  const isKnown = [...context.variableNames()].includes(name);
  const value = context.variable(name);
  if (!(value instanceof Undefined) && (isKnown || typeof value !== 'function')) return value;
  if (fallback !== null) return fallback;
  if (isKnown && value instanceof Undefined) throw value.error();
  throw new CtplayError('template.undefined', `No variable found with this name: ${name}`, { hint: didYouMean(name, context.variableNames()) });
}

function setting({ controller }: Context, name: string, missing: string): readonly unknown[] {
  if (Object.hasOwn(controller.settings, name)) return [controller.settings[name]];
  if (missing === 'error') throw valueError(`config: there is no setting '${name}'`, didYouMean(name, Object.keys(controller.settings)));
  return [];
}

export const variableLookups: Readonly<Record<string, Definition>> = {
  config: define('*terms, on_missing="error", plugin_type=None, plugin_name=None', (context, _, terms, missing) => (terms as unknown[]).flatMap((term) => setting(context, text(term), text(missing)))),
  inventory_hostnames: define('*terms', (context, _, terms) => context.controller.hosts((terms as unknown[]).map(text).join(','))),
  varnames: define('*terms', (context, _, terms) => (terms as unknown[]).flatMap((term) => {
    const pattern = compileRegex(text(term));
    return [...context.variableNames()].filter((name) => {
      pattern.lastIndex = 0;
      return pattern.test(name);
    });
  })),
  vars: define('*terms, default=None', (context, _, terms, fallback) => (terms as unknown[]).map((term) => variable(context, term, fallback))),
};
