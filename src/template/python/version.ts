/** Versions and their order: distutils' loose and strict ones, Semantic Versioning 2.0.0, PEP 440. */
import { compareText } from './compare.ts';
import { valueError } from './values.ts';

export interface Version {
  /** Negative, zero or positive as this is older than, the same as or newer than the other. */
  compare(other: Version): number;
}

type Part = number | string;

function compareParts(left: readonly Part[], right: readonly Part[]): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left[index]!, right[index]!];
    if (typeof a !== typeof b) throw valueError(`Version comparison failed: '<' not supported between instances of '${typeof a === 'number' ? 'int' : 'str'}' and '${typeof b === 'number' ? 'int' : 'str'}'`);
    const order = typeof a === 'number' ? a - (b as number) : compareText(a, b as string);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Any text: numbers and words in turn. */
export class LooseVersion implements Version {
  readonly #parts: readonly Part[];
  constructor(written: string) {
    this.#parts = (written.match(/\d+|[a-z]+|[^\da-z.]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  }
  compare(other: LooseVersion): number {
    return compareParts(this.#parts, other.#parts);
  }
}

/** Two or three numbers, then perhaps a or b and a number. */
export class StrictVersion implements Version {
  readonly #numbers: readonly number[];
  readonly #prerelease: readonly Part[];
  constructor(written: string) {
    const match = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(written);
    if (match === null) throw valueError(`Version comparison failed: invalid version number '${written}'`);
    this.#numbers = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
    this.#prerelease = match[4] === undefined ? [] : [match[4], Number(match[5])];
  }
  compare(other: StrictVersion): number {
    const order = compareParts(this.#numbers, other.#numbers);
    if (order !== 0) return order;
    // A release is newer than what came before it.
    if (this.#prerelease.length === 0 || other.#prerelease.length === 0) return other.#prerelease.length - this.#prerelease.length;
    return compareParts(this.#prerelease, other.#prerelease);
  }
}

export class SemanticVersion implements Version {
  readonly #core: readonly number[];
  readonly #prerelease: readonly Part[];
  constructor(written: string) {
    const match = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(written);
    if (match === null) throw valueError(`Version comparison failed: invalid semantic version '${written}'`);
    this.#core = [1, 2, 3].map((index) => Number(match[index]));
    this.#prerelease = match[4]?.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part)) ?? [];
  }
  compare(other: SemanticVersion): number {
    const order = compareParts(this.#core, other.#core);
    if (order !== 0) return order;
    if (this.#prerelease.length === 0 || other.#prerelease.length === 0) return other.#prerelease.length - this.#prerelease.length;
    return comparePrerelease(this.#prerelease, other.#prerelease);
  }
}

/** Numbers come before words, fewer fields before more. */
function comparePrerelease(left: readonly Part[], right: readonly Part[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [a, b] = [left[index]!, right[index]!];
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    const order = typeof a === 'number' ? a - (b as number) : compareText(a, b as string);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export class Pep440Version implements Version {
  /** Epoch, release without zeros at its end, and the ranks of pre-, post- and dev-release. */
  readonly #epoch: number;
  readonly #release: readonly number[];
  readonly #suffix: readonly number[];
  constructor(written: string) {
    const match = /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\s*$/i.exec(written);
    if (match === null) throw valueError(`Version comparison failed: Invalid version: '${written}'`);
    const [, epoch, release, pre, preNumber, postDash, postNumber, dev, devNumber] = match;
    this.#epoch = Number(epoch ?? 0);
    this.#release = release!.split('.').map(Number).join('.').replace(/(?:\.0)+$/, '').split('.').map(Number);
    const post = postDash ?? postNumber;
    const isDevOnly = dev !== undefined && pre === undefined && post === undefined;
    const rank = pre === undefined ? (isDevOnly ? -1 : 9) : /^a/i.test(pre) ? 0 : /^b/i.test(pre) ? 1 : 2;
    this.#suffix = [rank, Number(preNumber ?? 0), post === undefined ? -1 : Number(post), dev === undefined ? Infinity : Number(devNumber ?? 0)];
  }
  compare(other: Pep440Version): number {
    if (this.#epoch !== other.#epoch) return this.#epoch - other.#epoch;
    const order = compareParts(this.#release, other.#release);
    if (order !== 0) return order;
    const index = this.#suffix.findIndex((value, at) => value !== other.#suffix[at]);
    return index < 0 ? 0 : this.#suffix[index]! < other.#suffix[index]! ? -1 : 1;
  }
}
