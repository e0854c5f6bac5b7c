import type * as tf from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import type { Rng } from '../../lib/rng.ts';
import type { Packed } from './compare.ts';

/** An array of doubles with several indices, for loops that look like the equations. */
export class Grid implements Packed {
  readonly shape: readonly number[];
  readonly values: number[];

  constructor(shape: readonly number[], values?: readonly number[]) {
    const size = shape.reduce((product, length) => product * length, 1);
    this.shape = shape;
    this.values = values ? [...values] : new Array<number>(size).fill(0);
  }

  /** Random multiples of 1/64 in [low, high), which single precision represents exactly. */
  static random(shape: readonly number[], rng: Rng, low = -2, high = 2): Grid {
    const grid = new Grid(shape);
    return new Grid(
      shape,
      grid.values.map(() => Math.floor(64 * (low + (high - low) * rng.uniform())) / 64),
    );
  }

  /** The integers from `first` on, in random order and without repeats. */
  static distinct(shape: readonly number[], rng: Rng, first: number): Grid {
    const { length } = new Grid(shape).values;
    return new Grid(
      shape,
      Array.from(rng.permutation(length), (value) => value + first),
    );
  }

  at(...index: number[]): number {
    return this.values[this.#place(index)];
  }

  add(value: number, ...index: number[]): void {
    this.values[this.#place(index)] += value;
  }

  tensor<T extends tf.Tensor>(): T {
    return constant(this.values, [...this.shape] as never) as T;
  }

  #place(index: readonly number[]): number {
    return index.reduce((place, i, axis) => place * this.shape[axis] + i, 0);
  }
}
