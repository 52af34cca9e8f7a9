/** Texts that came out of vaults: remembered so that they can be taken out of what is shown and stored. */
import { Secret } from '../shell.ts';

/** Shorter texts are part of too many harmless words: they are hidden only where they are the whole value. */
const shortest = 4;

const hidden = '***';

export class SecretTexts {
  readonly #whole = new Set<string>();
  /** In the order in which they are replaced: a secret that holds another comes first. */
  #parts: readonly string[] = [];

  /** Hides this text from now on, also as a word of a shell command, and without the line ends around it. */
  remember(text: string): void {
    for (const form of [text, text.trim()]) {
      if (form.trim() === '' || this.#whole.has(form)) continue;
      this.#whole.add(form);
      if (form.length >= shortest) this.#parts = [...this.#parts, form, form.replaceAll("'", "'\\''")].sort((a, b) => b.length - a.length);
    }
  }

  get isEmpty(): boolean {
    return this.#whole.size === 0;
  }

  /** The same plain data without any of the texts; the value itself where there is nothing to hide. Keys stay. */
  mask<T>(value: T): T {
    return this.isEmpty ? value : (this.#masked(value) as T);
  }

  #masked(value: unknown): unknown {
    if (typeof value === 'string') return this.#maskedText(value);
    if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
    if (Array.isArray(value)) return value.map((item) => this.#masked(item));
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#masked(item)]));
  }

  #maskedText(text: string): string {
    if (this.#whole.has(text)) return hidden;
    return this.#parts.reduce((shown, part) => (shown.includes(part) ? shown.replaceAll(part, hidden) : shown), text);
  }
}
