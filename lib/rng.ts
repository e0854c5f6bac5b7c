import { InputError, show } from './errors.ts';

/**
 * A seeded, splittable random generator: Threefry-2x32 with 20 rounds, a counter-based generator whose key is the
 * seed and whose counter is the position in the stream. The same seed gives the same numbers on every backend and
 * machine; `split` gives an independent stream; `state` is all there is to save.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export interface RngState {
  readonly key: readonly [number, number];
  readonly counter: number;
}

export class Rng {
  #key: readonly [number, number];
  #counter = 0;

  /** @param seed any integer from 0 to 2^53 - 1; 0 is a seed like any other. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new InputError(`Rng: expected a seed that is an integer from 0 to 2^53 - 1, got ${show(seed)}`);
    }
    this.#key = words(seed);
  }

  static fromState({ key, counter }: RngState): Rng {
    const rng = new Rng(0);
    rng.#key = [key[0] >>> 0, key[1] >>> 0];
    rng.#counter = counter;
    return rng;
  }

  get state(): RngState {
    return { key: this.#key, counter: this.#counter };
  }

  /** A generator that will give the same numbers as this one from here on. */
  clone(): Rng {
    return Rng.fromState(this.state);
  }

  /** A new generator whose stream is independent of what this one gives from here on. */
  split(): Rng {
    return Rng.fromState({ key: this.#block(), counter: 0 });
  }

  /** A generator of its own for each integer, independent of this one, which does not move. */
  fold(integer: number): Rng {
    // Counters stay below 2^53, so these blocks are no part of the stream.
    return Rng.fromState({ key: threefry2x32(this.#key, [integer >>> 0, 0x80000000]), counter: 0 });
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const [high, low] = this.#block();
    return ((high >>> 5) * 0x4000000 + (low >>> 6)) / 2 ** 53;
  }

  /** Standard normal, by Box and Muller's transform. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform among the integers 0 ... below - 1. */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1) {
      throw new InputError(`Rng.integer: expected an integer bound of at least 1, got ${show(below)}`);
    }
    return Math.floor(this.uniform() * below);
  }

  /** One of the given values. */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)];
  }

  uniforms(count: number, low = 0, high = 1): Float64Array {
    return Float64Array.from({ length: count }, () => low + (high - low) * this.uniform());
  }

  normals(count: number, mean = 0, standardDeviation = 1): Float64Array {
    return Float64Array.from({ length: count }, () => mean + standardDeviation * this.normal());
  }

  /** The integers 0 ... count - 1 in random order (Fisher and Yates). */
  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  #block(): [number, number] {
    return threefry2x32(this.#key, words(this.#counter++));
  }
}

function words(integer: number): [number, number] {
  return [integer >>> 0, Math.floor(integer / 2 ** 32) >>> 0];
}

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];

/** The Threefry-2x32-20 block function: a bijection of the 64-bit counter for each 64-bit key. */
export function threefry2x32(
  key: readonly [number, number],
  counter: readonly [number, number],
): [number, number] {
  const keys = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]];
  let a = (counter[0] + keys[0]) | 0;
  let b = (counter[1] + keys[1]) | 0;
  for (let round = 0; round < 20; round++) {
    const turn = ROTATIONS[round % 8];
    a = (a + b) | 0;
    b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      a = (a + keys[injection % 3]) | 0;
      b = (b + keys[(injection + 1) % 3] + injection) | 0;
    }
  }
  return [a >>> 0, b >>> 0];
}
