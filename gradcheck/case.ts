import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { constant } from '../lib/constant.ts';
import type { Cost } from '../lib/cost.ts';
import { numElements } from '../lib/shapes.ts';
import { disposeTensors } from '../lib/memory.ts';
import { Module, type Context } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** The input of a box: one tensor, or several by position or name. */
export type Input = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** Any box whose inputs and outputs are tensors. */
export type CheckedModule = Module<Input, Input>;

/** One check: a box or cost at one input. */
export interface Case {
  /** The box's arguments and the shape of the input as text, such as `Tanh() on [2, 3]`. */
  readonly config: string;
  readonly box: CheckedModule | Cost;
  readonly input: Input;
  /** The target of a cost. */
  readonly target?: Tensor;
  /** The context of the forward pass; inference by default. */
  readonly context?: Context;
}

/** Draws a random case. */
export type CaseMaker = (draw: Draw) => Case;

/** The functions that draw the cases of each box, by the name of the box's class. */
export type Cases = Readonly<Record<string, CaseMaker>>;

/**
 * Draws the sizes and values of a case.
 *
 *     const config = 'Tanh()';
 *     const make = (draw: Draw) => ({ config, box: new Tanh(), input: draw.normal([2, 3]) });
 *     const report = await gradcheckAll({ Tanh }, { Tanh: make });
 */
export class Draw {
  /** The generator of all random numbers. */
  readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  /** Draws an integer from low to high, including both. */
  integer(low: number, high: number): number {
    return low + this.rng.integer(high - low + 1);
  }

  /** Draws one of the choices. */
  pick<T>(...choices: readonly T[]): T {
    return this.rng.pick(choices);
  }

  /** Returns true with this probability. */
  chance(probability: number): boolean {
    return this.rng.uniform() < probability;
  }

  /** Draws `rank` sizes, each from low to high. */
  sizes(rank: number, low: number, high: number): number[] {
    return Array.from({ length: rank }, () => this.integer(low, high));
  }

  /** Draws normal values with standard deviation `scale`, for functions without kinks. */
  normal(shape: readonly number[], scale = 1): Tensor {
    return constant(this.rng.normals(numElements(shape), 0, scale), [...shape]);
  }

  /**
   * Draws distinct values in random order that keep a distance from each other and from 0, for
   * boxes with kinks, such as max pooling and ReLU: a finite difference must not cross a kink. At
   * least one value is positive, because the gradient of a ReLU is 0 for negative values.
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

  /** Draws class labels. */
  labels(count: number, classes: number): Tensor {
    return tensor1d(
      Array.from({ length: count }, () => this.rng.integer(classes)),
      'int32',
    );
  }
}

/** Formats a config: `Conv2D(2, 3) on [1, 4, 4, 2]`. The arguments are formatted as JSON. */
export function describeCase(
  name: string,
  args: readonly unknown[],
  shape: readonly number[],
): string {
  const words = args.map((arg) => JSON.stringify(arg)).join(', ');
  return `${name}(${words}) on [${shape.join(', ')}]`;
}

/** Disposes a case, which is its box, its input and its target. */
export function disposeCase({ box, input, target }: Case): void {
  disposeTensors([input, target]);
  if (box instanceof Module) box.dispose();
}
