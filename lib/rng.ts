import { InputError, show } from './errors.ts';

/** The complete state of a generator, which can be saved as JSON. */
export interface RngState {
  /** The two 32-bit words of the key. */
  readonly key: readonly [number, number];
  /** The position in the stream. */
  readonly counter: number;
}

/**
 * A seeded, splittable random generator: Threefry-2x32 with 20 rounds, a counter-based generator
 * whose key is the seed and whose counter is the position in the stream. The same seed gives the
 * same values on every backend and machine. `split` returns a generator with an independent stream.
 * `state` is the complete state, for saving.
 *
 *     const rng = new Rng(0);
 *     const network = lenet({ rng });
 *
 * Errors: a seed that is not an integer from 0 to 2^53 − 1.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export class Rng {
  #key: readonly [number, number];
  #counter = 0;
  /** The two words of the latest block. */
  readonly #words = new Uint32Array(2);

  /** @param seed an integer from 0 to 2^53 − 1. All seeds are equally good. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new InputError(
        `Rng: expected seed to be an integer from 0 to 2^53 - 1, got ${show(seed)}`,
      );
    }
    this.#key = words(seed);
  }

  /** Returns a generator that continues at a saved state. */
  static fromState({ key, counter }: RngState): Rng {
    const rng = new Rng(0);
    rng.#key = [key[0] >>> 0, key[1] >>> 0];
    rng.#counter = counter;
    return rng;
  }

  /** The state, from which `fromState` continues. */
  get state(): RngState {
    return { key: this.#key, counter: this.#counter };
  }

  /** Returns a generator that continues with the same values as this one. */
  clone(): Rng {
    return Rng.fromState(this.state);
  }

  /** Returns a generator with a stream that is independent of the rest of this one's. */
  split(): Rng {
    const [a, b] = this.#block();
    return Rng.fromState({ key: [a, b], counter: 0 });
  }

  /**
   * Returns a generator that is determined by this generator's key and the integer. Its stream is
   * independent of this one's. This generator does not advance.
   */
  fold(integer: number): Rng {
    // The counter of the stream stays below 2^53, so its high word is below 2^21. This block has
    // the high word 0x80000000, so it never occurs in the stream.
    return Rng.fromState({ key: threefry2x32(this.#key, [integer >>> 0, 0x80000000]), counter: 0 });
  }

  /** Returns a uniform value in [0, 1), which is a multiple of 2^−53. */
  uniform(): number {
    const words = this.#block();
    return ((words[0] >>> 5) * 0x4000000 + (words[1] >>> 6)) / 2 ** 53;
  }

  /** Returns a standard normal value, by the Box-Muller transform. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Leaves out `count` draws of `uniform`, in no time. Errors: a count that is not an integer of at
   * least 0.
   */
  skip(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new InputError(
        `Rng.skip: expected count to be an integer of at least 0, got ${show(count)}`,
      );
    }
    this.#counter += count;
  }

  /** Returns an integer from 0 to below − 1, all equally likely. Errors: below is not positive. */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1) {
      throw new InputError(
        `Rng.integer: expected below to be an integer of at least 1, got ${show(below)}`,
      );
    }
    return Math.floor(this.uniform() * below);
  }

  /** Returns one of the given values. Errors: an empty list. */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)];
  }

  /** Returns `count` uniform values in [low, high). */
  uniforms(count: number, low = 0, high = 1): Float64Array {
    return this.fillUniforms(new Float64Array(count), low, high);
  }

  /** Returns `count` normal values. */
  normals(count: number, mean = 0, standardDeviation = 1): Float64Array {
    return Float64Array.from({ length: count }, () => mean + standardDeviation * this.normal());
  }

  /** Fills an array with the values of `uniforms`. */
  fillUniforms<A extends Float32Array | Float64Array>(values: A, low = 0, high = 1): A {
    for (let i = 0; i < values.length; i++) values[i] = low + (high - low) * this.uniform();
    return values;
  }

  /**
   * Fills an array with normal values in single precision, for many weights. It computes two values
   * by the Box-Muller transform from two uniform numbers of 32 bits. (`normal` computes one value
   * from two numbers of 53 bits.) All values are within 6.8 standard deviations of the mean.
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
      // If the length is odd, this last write is outside the array and has no effect.
      values[i + 1] = mean + radius * Math.sin(angle);
    }
    return values;
  }

  /** Returns the integers 0 ... count − 1 in random order, by the Fisher-Yates shuffle. */
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

/**
 * Returns a block of Threefry-2x32-20. For each 64-bit key, the block is a bijective function of
 * the 64-bit counter.
 */
export function threefry2x32(
  key: readonly [number, number],
  counter: readonly [number, number],
): [number, number] {
  const block = new Uint32Array(2);
  writeBlock(block, key[0], key[1], counter[0], counter[1]);
  return [block[0], block[1]];
}

/**
 * Computes a block into `block`. There are five times four rounds, and after each four rounds two
 * words of the key are added. The rounds are written out for speed, because dropout masks need many
 * blocks.
 */
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
