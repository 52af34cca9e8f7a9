/** map, select, reject and their kin: filters that apply other filters and tests. */
import { define, defineLenient } from '../define.ts';
import { attributeGetter } from '../python/attribute-getter.ts';
import { iterate } from '../python/iterate.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { valueError, Undefined } from '../python/values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';
import type { Kwargs } from '../python/values.ts';

/** Jinja2 takes what is empty, such as None, for a list without items. */
const itemsOf = (value: unknown): readonly unknown[] => (value !== null && typeof value === 'object') || truthy(value) ? iterate(value) : [];

function map(context: Context, value: unknown, args: unknown, kwargs: unknown): unknown[] {
  const positional = args as unknown[];
  const named = kwargs as Kwargs;
  if (positional.length === 0 && named.has('attribute')) {
    const unknown = [...named.keys()].find((key) => key !== 'attribute' && key !== 'default');
    if (unknown !== undefined) throw valueError(`map() has no argument '${unknown}'`);
    return itemsOf(value).map(attributeGetter(context, named.get('attribute'), undefined, named.get('default') ?? null));
  }
  const [name, ...rest] = positional;
  if (name === undefined) throw valueError('map requires a filter argument', "Write map('upper') or map(attribute='name').");
  return itemsOf(value).map((item) => context.filter(text(name), item, rest, named));
}

function select(context: Context, value: unknown, args: unknown, kwargs: unknown, wanted: boolean, byAttribute: boolean): unknown[] {
  const positional = [...(args as unknown[])];
  const key = byAttribute ? attributeGetter(context, takeAttribute(positional)) : (item: unknown) => item;
  const [name, ...rest] = positional;
  const holds = name === undefined ? truthy : (item: unknown) => context.test(text(name), item, rest, kwargs as Kwargs);
  if (name !== undefined && !context.hasTest(text(name))) throw valueError(`there is no test '${text(name)}'`);
  return itemsOf(value).filter((item) => holds(key(item)) === wanted);
}

function takeAttribute(args: unknown[]): unknown {
  const attribute = args.shift();
  if (attribute === undefined) throw valueError('Missing parameter for attribute name');
  return attribute;
}

const selecting = (wanted: boolean, byAttribute: boolean): Definition =>
  // Lists may hold undefined values, which tests such as 'defined' are there for.
  defineLenient('*args, **kwargs', (context, value, args, kwargs) => {
    if (value instanceof Undefined) throw value.error();
    return select(context, value, args, kwargs, wanted, byAttribute);
  });

export const selectFilters: Readonly<Record<string, Definition>> = {
  map: define('*args, **kwargs', map),
  select: selecting(true, false),
  reject: selecting(false, false),
  selectattr: selecting(true, true),
  rejectattr: selecting(false, true),
};
