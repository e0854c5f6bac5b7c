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
  /** Where the next block's two words are written. */
  readonly #words = new Uint32Array(2);

  /** @param seed any integer from 0 to 2^53 - 1; 0 is a seed like any other. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new InputError(
        `Rng: expected a seed that is an integer from 0 to 2^53 - 1, got ${show(seed)}`,
      );
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
    const [a, b] = this.#block();
    return Rng.fromState({ key: [a, b], counter: 0 });
  }

  /** A generator of its own for each integer, independent of this one, which does not move. */
  fold(integer: number): Rng {
    // Counters stay below 2^53, so these blocks are no part of the stream.
    return Rng.fromState({ key: threefry2x32(this.#key, [integer >>> 0, 0x80000000]), counter: 0 });
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const words = this.#block();
    return ((words[0] >>> 5) * 0x4000000 + (words[1] >>> 6)) / 2 ** 53;
  }

  /** Standard normal, by Box and Muller's transform. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform among the integers 0 ... below - 1. */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1) {
      throw new InputError(
        `Rng.integer: expected an integer bound of at least 1, got ${show(below)}`,
      );
    }
    return Math.floor(this.uniform() * below);
  }

  /** One of the given values. */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)];
  }

  uniforms(count: number, low = 0, high = 1): Float64Array {
    return this.fillUniforms(new Float64Array(count), low, high);
  }

  normals(count: number, mean = 0, standardDeviation = 1): Float64Array {
    return Float64Array.from({ length: count }, () => mean + standardDeviation * this.normal());
  }

  /** `uniforms` into an array of the caller's. */
  fillUniforms<A extends Float32Array | Float64Array>(values: A, low = 0, high = 1): A {
    for (let i = 0; i < values.length; i++) values[i] = low + (high - low) * this.uniform();
    return values;
  }

  /**
   * Normal values for many weights, of single precision: both that Box and Muller's transform gives of two numbers of
   * 32 bits, where `normal` gives one of two of 53. None is further than 6.8 standard deviations from the mean.
   */
  fillNormals<A extends Float32Array | Float64Array>(
    values: A,
    mean = 0,
    standardDeviation = 1,
  ): A {
    for (let i = 0; i < values.length; i += 2) {
      const [first, second] = this.#block();
      const radius = standardDeviation * Math.sqrt(-2 * Math.log((first + 0.5) / 2 ** 32));
      const angle = (2 * Math.PI * second) / 2 ** 32;
      values[i] = mean + radius * Math.cos(angle);
      // Past an odd end nothing is written.
      values[i + 1] = mean + radius * Math.sin(angle);
    }
    return values;
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

  #block(): Uint32Array {
    const [low, high] = [this.#counter >>> 0, Math.floor(this.#counter / 2 ** 32)];
    this.#counter++;
    writeBlock(this.#words, this.#key[0], this.#key[1], low, high);
    return this.#words;
  }
}

function words(integer: number): [number, number] {
  return [integer >>> 0, Math.floor(integer / 2 ** 32) >>> 0];
}

/** The Threefry-2x32-20 block function: a bijection of the 64-bit counter for each 64-bit key. */
export function threefry2x32(
  key: readonly [number, number],
  counter: readonly [number, number],
): [number, number] {
  const block = new Uint32Array(2);
  writeBlock(block, key[0], key[1], counter[0], counter[1]);
  return [block[0], block[1]];
}

/** Five times four rounds, each followed by two words of the key in turn; written out, because masks are large. */
function writeBlock(block: Uint32Array, k0: number, k1: number, low: number, high: number): void {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  let a = (low + k0) | 0;
  let b = (high + k1) | 0;
  for (let turn = 0; ; turn += 2) {
    a = (a + b) | 0;
    b = rotate(b, 13) ^ a;
    a = (a + b) | 0;
    b = rotate(b, 15) ^ a;
    a = (a + b) | 0;
    b = rotate(b, 26) ^ a;
    a = (a + b) | 0;
    b = rotate(b, 6) ^ a;
    if (turn === 0) {
      a = (a + k1) | 0;
      b = (b + k2 + 1) | 0;
    } else if (turn === 2) {
      a = (a + k0) | 0;
      b = (b + k1 + 3) | 0;
    } else break;
    a = (a + b) | 0;
    b = rotate(b, 17) ^ a;
    a = (a + b) | 0;
    b = rotate(b, 29) ^ a;
    a = (a + b) | 0;
    b = rotate(b, 16) ^ a;
    a = (a + b) | 0;
    b = rotate(b, 24) ^ a;
    if (turn === 0) {
      a = (a + k2) | 0;
      b = (b + k0 + 2) | 0;
    } else {
      a = (a + k1) | 0;
      b = (b + k2 + 4) | 0;
    }
  }
  block[0] = (a + k2) | 0;
  block[1] = (b + k0 + 5) | 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
