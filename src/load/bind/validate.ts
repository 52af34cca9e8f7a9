/** ajv's verdict on arguments, in a person's words. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { didYouMean } from '../../errors.ts';
import { describeValue } from '../yaml/node.ts';
import { isPending } from './coerce.ts';
import { fits } from './fits.ts';
import { choices, expectation, pathText, type Schema } from './schema.ts';
import type { Path, Problem } from './shape.ts';

let ajv: Ajv | undefined;
const compiled = new WeakMap<Schema, ValidateFunction>();

/**
 * What is wrong with shaped arguments. With `pending`, values that hold templates are taken to be right, and so is every union
 * that could still become right through them.
 */
export function validateArguments(schema: Schema, value: Readonly<Record<string, unknown>>, module: string, pending: boolean): readonly Problem[] {
  if (fits(schema, value, pending)) return [];
  let validate = compiled.get(schema);
  if (!validate) {
    ajv ??= new Ajv({ allErrors: true, verbose: true, strict: false, validateFormats: false });
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return [];
  const errors = (validate.errors ?? []).filter((error) => !(pending && isPending(error.data) && error.keyword !== 'required'));
  return settleUnions(errors, validate.errors ?? []).map((error) => problemOf(error, schema, module));
}

/** Replaces the errors of a union's branches by the union's own, or by those of the one branch that the value was meant for. */
function settleUnions(errors: readonly ErrorObject[], all: readonly ErrorObject[]): readonly ErrorObject[] {
  let remaining = [...errors];
  const unions = errors.filter((error) => error.keyword === 'anyOf').sort((a, b) => b.schemaPath.length - a.schemaPath.length);
  for (const union of unions) {
    const isInside = (error: ErrorObject): boolean => error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath.startsWith(union.instancePath);
    const branchOf = (error: ErrorObject): string => error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0]!;
    const inside = remaining.filter(isInside);
    const failing = new Set(inside.map(branchOf));
    const outside = remaining.filter((error) => error !== union && !isInside(error));
    const couldPass = [...new Set(all.filter(isInside).map(branchOf))].some((branch) => !failing.has(branch));
    const deep = inside.filter((error) => error.instancePath.length > union.instancePath.length || error.keyword === 'required');
    const meant = deep.length > 0 ? inside.filter((error) => branchOf(error) === branchOf(deep[0]!)) : [union];
    remaining = couldPass ? outside : [...outside, ...meant];
  }
  return remaining;
}

function problemOf(error: ErrorObject, root: Schema, module: string): Problem {
  const path = pathOf(error.instancePath);
  const schema = (error.parentSchema ?? {}) as Schema;
  if (error.keyword === 'required') {
    const missing = String((error.params as { missingProperty: string }).missingProperty);
    const property = schema.properties?.[missing];
    const holder = path.length === 0 ? module : `'${pathText(path)}' of ${module}`;
    return { code: 'args.missing', path, atKey: path.length === 0, message: `${holder} needs the argument '${missing}'`, expected: property && expectation(property), hint: property?.description };
  }
  const values = choices(schema);
  const secret = isSecret(root, path);
  const typed = error.keyword === 'type' || (error.keyword === 'anyOf' && values === undefined);
  return {
    code: typed ? 'args.type' : 'args.value',
    path,
    message: `wrong value for '${pathText(path)}' of ${module}`,
    expected: expectation(schema),
    found: secret ? 'a value that is kept secret' : describeValue(error.data),
    hint: (values && typeof error.data === 'string' ? didYouMean(error.data, values.map(String)) : undefined) ?? (error.keyword === 'pattern' && schema.expects === undefined ? schema.description : undefined),
  };
}

/** A JSON pointer as a path; numbers are list indexes. */
function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function isSecret(root: Schema, path: Path): boolean {
  let schema: Schema | undefined = root;
  for (const step of path) {
    schema = typeof step === 'number' ? schema?.items : schema?.properties?.[step];
    if (schema?.secret === true) return true;
  }
  return false;
}
