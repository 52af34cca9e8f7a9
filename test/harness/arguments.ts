/** Arguments as the engine hands them to a module: checked, coerced, with their defaults. And a controller without an inventory. */
import { Ajv } from 'ajv';
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Static, TObject } from 'typebox';
import type { ArgumentProblem, Controller, FactMap, Module } from '../../src/module.ts';
import { CtplayError } from '../../src/errors.ts';

/** Throws what the schema has against the arguments. */
export function argsOf<S extends TObject>(module: { readonly args: S }, args: Record<string, unknown>): Static<S> {
  const ajv = new Ajv({ useDefaults: true, coerceTypes: true, strict: false, allErrors: true });
  const given = structuredClone(args);
  const validate = ajv.compile({ additionalProperties: false, ...module.args });
  if (!validate(given)) throw new Error(ajv.errorsText(validate.errors));
  return given as Static<S>;
}

/** What a module's `validate` has against arguments, as messages. */
export function problemsOf<S extends TObject>(module: { readonly args: S; validate?(args: Static<S>): Iterable<ArgumentProblem> }, args: Record<string, unknown>): string[] {
  return [...(module.validate?.(argsOf(module, args)) ?? [])].map(({ message }) => message);
}

/** Files are looked for in `folder`; templates know `name` alone. */
export function controllerOf(folder: string): Controller {
  return {
    hostname: 'host1',
    groups: { all: ['host1'] },
    hostVariable: () => undefined,
    findFile(_kind, name) {
      const path = isAbsolute(name) ? name : join(folder, name);
      if (!existsSync(path)) throw new CtplayError('file.missing', `there is no file '${name}'`);
      return path;
    },
    renderTemplate: (text) => text.replaceAll('{{ name }}', 'host1'),
  };
}

export async function prepared<S extends TObject, F extends FactMap, I>(module: Module<S, F, I>, args: Static<S>, controller: Controller): Promise<I> {
  return (await module.prepare?.(args, controller)) as I;
}

