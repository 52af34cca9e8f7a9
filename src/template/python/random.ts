/**
 * Python's random.Random: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded as Python does it, so that
 * `random(seed=inventory_hostname)` gives the numbers that Ansible gives.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Float, isInt, isString, typeName, unmark, valueError } from './values.ts';

const N = 624;
const M = 397;

export class Random {
  readonly #state = new Uint32Array(N);
  #index = N;

  constructor(seed: bigint) {
    const key: number[] = [];
    for (let rest = seed < 0n ? -seed : seed; rest > 0n; rest >>= 32n) key.push(Number(rest & 0xffffffffn));
    this.#seedByArray(key.length === 0 ? [0] : key);
  }

  #seedByArray(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < N; i++) state[i] = Math.imul(1812433253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
    let i = 1;
    let j = 0;
    for (let k = Math.max(N, key.length); k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1664525)) + key[j]! + j;
      i++;
      j++;
      if (i >= N) {
        state[0] = state[N - 1]!;
        i = 1;
      }
      if (j >= key.length) j = 0;
    }
    for (let k = N - 1; k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), 1566083941)) - i;
      i++;
      if (i >= N) {
        state[0] = state[N - 1]!;
        i = 1;
      }
    }
    state[0] = 0x80000000;
  }

  #next32(): number {
    const state = this.#state;
    if (this.#index >= N) {
      for (let k = 0; k < N; k++) {
        const y = (state[k]! & 0x80000000) | (state[(k + 1) % N]! & 0x7fffffff);
        state[k] = state[(k + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.#index = 0;
    }
    let y = state[this.#index++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  #bits(count: number): bigint {
    let result = 0n;
    for (let done = 0; done < count; done += 32) {
      const left = count - done;
      const word = left >= 32 ? this.#next32() : this.#next32() >>> (32 - left);
      result |= BigInt(word) << BigInt(done);
    }
    return result;
  }

  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number): number {
    const bits = limit.toString(2).length;
    let result = this.#bits(bits);
    while (result >= BigInt(limit)) result = this.#bits(bits);
    return Number(result);
  }
}

/** A generator for a seed of a template: a number or text; without one, from the system's randomness. */
export function makeRandom(seed: unknown): Random {
  if (seed === null) return new Random(BigInt(`0x${randomBytes(32).toString('hex')}`));
  if (typeof seed === 'boolean') return new Random(seed ? 1n : 0n);
  if (isInt(seed)) return new Random(BigInt(seed));
  if (isString(seed)) {
    const text = Buffer.from(unmark(seed) as string, 'utf8');
    return new Random(BigInt(`0x${Buffer.concat([text, createHash('sha512').update(text).digest()]).toString('hex')}`));
  }
  if (seed instanceof Float) return new Random(BigInt(seed.value));
  throw valueError(`a seed must be a number or text, not ${typeName(seed)}`);
}

/** random.shuffle(). */
export function shuffle(items: readonly unknown[], random: Random): unknown[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
