/** Macros and the `caller` of call blocks. */
import { NativeObject, Undefined, valueError } from './python/values.ts';
import { Tuple } from './python/values.ts';
import type { Evaluate, Execute } from './compiled.ts';
import type { Frame } from './frame.ts';
import type { Kwargs } from './python/values.ts';

export interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly defaults: readonly Evaluate[];
  readonly body: Execute;
  /** Names the body uses, which decide whether surplus arguments are allowed. */
  readonly uses: ReadonlySet<string>;
}

export class Macro extends NativeObject {
  readonly typeName = 'Macro';
  readonly #definition: MacroDefinition;
  readonly #frame: Frame;

  /** The frame is the one in which the macro is defined. */
  constructor(definition: MacroDefinition, frame: Frame) {
    super();
    this.#definition = definition;
    this.#frame = frame;
  }

  call(args: readonly unknown[], kwargs: Kwargs): unknown {
    const { name, parameters, defaults, body, uses } = this.#definition;
    const frame = this.#frame.child();
    const firstDefault = parameters.length - defaults.length;
    parameters.forEach((parameter, index) => {
      if (index < args.length) {
        if (kwargs.has(parameter)) throw valueError(`macro '${name}' got two values for '${parameter}'`);
        frame.set(parameter, args[index]);
      } else if (kwargs.has(parameter)) frame.set(parameter, kwargs.get(parameter));
      else if (index >= firstDefault) frame.set(parameter, defaults[index - firstDefault]!(frame));
      else frame.set(parameter, new Undefined(`parameter '${parameter}' was not provided`, parameter));
    });
    this.#surplus(frame, args.slice(parameters.length), new Map([...kwargs].filter(([key]) => !parameters.includes(key))), uses);
    const output: unknown[] = [];
    body(frame, output);
    return this.#frame.rendering.join(output);
  }

  #surplus(frame: Frame, args: readonly unknown[], kwargs: Map<string, unknown>, uses: ReadonlySet<string>): void {
    const { name, parameters } = this.#definition;
    const caller = kwargs.get('caller');
    kwargs.delete('caller');
    if (caller !== undefined && !uses.has('caller')) throw valueError(`macro '${name}' was called with a call block but never uses caller()`);
    frame.set('caller', caller ?? new Undefined("'caller' is undefined: the macro wasn't called by a call block", 'caller'));
    if (uses.has('varargs')) frame.set('varargs', Tuple.fromList(args));
    else if (args.length > 0) throw valueError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    if (uses.has('kwargs')) frame.set('kwargs', kwargs);
    else if (kwargs.size > 0) throw valueError(`macro '${name}' takes no keyword argument '${[...kwargs.keys()][0]}'`);
  }

  attribute(name: string): unknown {
    if (name === 'name') return this.#definition.name;
    if (name === 'arguments') return Tuple.fromList(this.#definition.parameters);
    return name === 'caller' ? this.#definition.uses.has('caller') : undefined;
  }

  describe(): string {
    return `<Macro '${this.#definition.name}'>`;
  }
}
