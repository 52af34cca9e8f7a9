/** Collects the user errors of one pass, so that a person sees all of them at once. */
import { CtplayError, CtplayErrors } from '../errors.ts';

export class Problems {
  readonly #errors: CtplayError[] = [];

  add(error: CtplayError): void {
    this.#errors.push(error);
  }

  /** Takes over user errors that `error` is or holds; anything else is thrown on. */
  take(error: unknown): void {
    if (error instanceof CtplayErrors) this.#errors.push(...error.errors);
    else if (error instanceof CtplayError) this.#errors.push(error);
    else throw error;
  }

  get count(): number {
    return this.#errors.length;
  }

  /** Throws CtplayErrors with all that was found, in the order of the files' lines. */
  throwIfAny(): void {
    if (this.#errors.length > 0) throw new CtplayErrors(inOrder(this.#errors));
  }
}

/** Files in the order in which they were first complained about, within a file from top to bottom. */
function inOrder(errors: readonly CtplayError[]): CtplayError[] {
  const files = [...new Set(errors.map(({ details }) => details.span?.file))];
  const rank = ({ details: { span } }: CtplayError): readonly number[] => [files.indexOf(span?.file), span?.line ?? 0, span?.column ?? 0];
  return errors.toSorted((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left.map((value, index) => value - right[index]!).find((difference) => difference !== 0) ?? 0;
  });
}
