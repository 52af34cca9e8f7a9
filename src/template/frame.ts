/** Names that a template sets itself: one frame per loop turn, macro call, `with` and file, each seeing those around it. */
import type { Rendering } from './rendering.ts';
import type { CompiledTemplate, Execute } from './compiled.ts';

/** One file's execution; its blocks, the most derived first. */
export interface Execution {
  readonly blocks: Map<string, Execute[]>;
  /** The template that `extends` named. */
  parent: CompiledTemplate | undefined;
}

export class Frame {
  readonly rendering: Rendering;
  readonly parent: Frame | undefined;
  readonly execution: Execution;
  /** Sees no variables but those it sets, as an import 'without context' does. */
  readonly isolated: boolean;
  #names: Map<string, unknown> | undefined;

  constructor(rendering: Rendering, execution: Execution, parent?: Frame, isolated = false) {
    this.rendering = rendering;
    this.execution = execution;
    this.parent = parent;
    this.isolated = isolated;
  }

  child(): Frame {
    return new Frame(this.rendering, this.execution, this, this.isolated);
  }

  /** The frame of the file as a whole. */
  top(): Frame {
    return this.parent === undefined || this.parent.execution !== this.execution ? this : this.parent.top();
  }

  set(name: string, value: unknown): void {
    (this.#names ??= new Map<string, unknown>()).set(name, value);
  }

  /** Names set in this frame itself. */
  own(): ReadonlyMap<string, unknown> {
    return this.#names ?? new Map<string, unknown>();
  }

  /** A name set by the template; the JavaScript value `undefined` when there is none. */
  local(name: string): unknown {
    let frame: Frame | undefined = this;
    while (frame !== undefined) {
      const value = frame.#names?.get(name);
      if (value !== undefined) return value;
      frame = frame.parent;
    }
    return undefined;
  }

  /** The value of a name: set here, a variable of the scope, or a global function. */
  resolve(name: string): unknown {
    const local = this.local(name);
    if (local !== undefined) return local;
    return this.isolated ? this.rendering.global(name) : this.rendering.variable(name);
  }
}
