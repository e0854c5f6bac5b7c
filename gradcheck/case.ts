import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../lib/cost.ts';
import { numElements } from '../lib/init/initializers.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors } from '../lib/memory.ts';
import { Module, type Context } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** What a box takes: one tensor, or several by position or name. */
export type Input = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** A box of any input, output and cache. */
export type CheckedModule = Module<Input, Input, unknown>;
export type CheckedCost = Cost<Tensor, Tensor, unknown>;

/** One box with one input: what the checker proves at a time. */
export interface Case {
  /** The box's arguments and the input's shape, as a reader would write them. */
  readonly config: string;
  readonly box: CheckedModule | CheckedCost;
  readonly input: Input;
  /** For a cost. */
  readonly target?: Tensor;
  readonly context?: Context;
}

/** Draws a case: another one for each generator. */
export type CaseMaker = (draw: Draw) => Case;

/** The cases of a set of boxes, by the name of the class. */
export type Cases = Readonly<Record<string, CaseMaker>>;

/** Draws sizes and values for cases. */
export class Draw {
  readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  /** An integer from low to high, both included. */
  integer(low: number, high: number): number {
    return low + this.rng.integer(high - low + 1);
  }

  pick<T>(...choices: readonly T[]): T {
    return this.rng.pick(choices);
  }

  chance(probability: number): boolean {
    return this.rng.uniform() < probability;
  }

  /** Standard normal values, for functions without kinks. */
  normal(shape: readonly number[], scale = 1): Tensor {
    return constant(this.rng.normals(numElements(shape), 0, scale), [...shape]);
  }

  /**
   * Values that keep away from each other and from 0, in random order, some of them negative: for maxima and
   * rectifiers, whose finite differences must not reach over a kink. At least one is positive: where a rectifier
   * sees negatives alone there is nothing to check.
   */
  wellSeparated(shape: readonly number[], gap = 0.1): Tensor {
    const total = numElements(shape);
    const shift = this.integer(0, total - 1);
    const values = Float64Array.from(this.rng.permutation(total), (rank) => {
      const jitter = gap * 0.25 * (this.rng.uniform() - 0.5);
      return gap * (rank - shift + 0.5) + jitter;
    });
    return constant(values, [...shape]);
  }

  /** Class labels. */
  labels(count: number, classes: number): Tensor {
    return tensor1d(
      Array.from({ length: count }, () => this.rng.integer(classes)),
      'int32',
    );
  }
}

/** Lets the tensors that a case was drawn with go. */
export function disposeCase({ box, input, target }: Case): void {
  disposeTensors([input, target]);
  if (box instanceof Module) box.dispose();
}
