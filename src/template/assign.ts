/** Assignment: `set`, loop variables, `with`. */
import { repr } from './python/text.ts';
import { tryIterate } from './python/iterate.ts';
import { NativeObject, typeName, valueError } from './python/values.ts';
import type { Target } from './ast.ts';
import type { Frame } from './frame.ts';

/** What `namespace()` makes: attributes that inner scopes may set. */
export class Namespace extends NativeObject {
  readonly typeName = 'Namespace';
  readonly values: Map<string, unknown>;
  constructor(values: ReadonlyMap<string, unknown>) {
    super();
    this.values = new Map(values);
  }
  attribute(name: string): unknown {
    return this.values.get(name);
  }
  describe(): string {
    return `<Namespace {${[...this.values].map(([key, value]) => `${repr(key)}: ${repr(value)}`).join(', ')}}>`;
  }
}

/** Gives a value to a target in a frame. Throws when a list doesn't have as many items as there are names. */
export function assign(target: Target, value: unknown, frame: Frame): void {
  if (target.kind === 'name') return frame.set(target.name, value);
  if (target.kind === 'namespace') {
    const holder = frame.resolve(target.name);
    if (!(holder instanceof Namespace)) throw valueError('cannot assign attribute on non-namespace object', `Make it with {% set ${target.name} = namespace() %}.`);
    holder.values.set(target.attribute, value);
    return;
  }
  const items = tryIterate(value);
  if (items === undefined) throw valueError(`cannot unpack non-iterable ${typeName(value)} object`);
  if (items.length !== target.items.length) {
    throw valueError(`${items.length < target.items.length ? 'not enough' : 'too many'} values to unpack (expected ${target.items.length}, got ${items.length})`);
  }
  target.items.forEach((item, index) => assign(item, items[index], frame));
}
