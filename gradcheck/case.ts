import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { constant } from '../lib/constant.ts';
import type { Cost } from '../lib/cost.ts';
import { numElements } from '../lib/shapes.ts';
import { disposeTensors } from '../lib/memory.ts';
import { Module, type Context } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** The input of a box: one tensor, or several by position or name. */
export type Input = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** Any box of tensors, whatever it caches. */
export type CheckedModule = Module<Input, Input>;

/** One box at one input: the unit that the checker checks. */
export interface Case {
  /** The box's arguments and the input's shape, as a reader would write them. */
  readonly config: string;
  readonly box: CheckedModule | Cost;
  readonly input: Input;
  /** The target of a cost. */
  readonly target?: Tensor;
  /** The context of the forward; inference by default. */
  readonly context?: Context;
}

/** Draws a case. Every generator gives another case. */
export type CaseMaker = (draw: Draw) => Case;

/** The cases of a set of boxes, by the name of the class. */
export type Cases = Readonly<Record<string, CaseMaker>>;

/**
 * Draws the sizes and values of a case.
 *
 *     const config = 'Tanh()';
 *     const make = (draw: Draw) => ({ config, box: new Tanh(), input: draw.normal([2, 3]) });
 *     const report = await gradcheckAll({ Tanh }, { Tanh: make });
 */
export class Draw {
  /** The generator that everything is drawn from. */
  readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  /** An integer from low to high, both included. */
  integer(low: number, high: number): number {
    return low + this.rng.integer(high - low + 1);
  }

  /** One of the choices. */
  pick<T>(...choices: readonly T[]): T {
    return this.rng.pick(choices);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.rng.uniform() < probability;
  }

  /** As many sizes as `rank`, each from low to high. */
  sizes(rank: number, low: number, high: number): number[] {
    return Array.from({ length: rank }, () => this.integer(low, high));
  }

  /** Standard normal values, for functions without kinks. */
  normal(shape: readonly number[], scale = 1): Tensor {
    return constant(this.rng.normals(numElements(shape), 0, scale), [...shape]);
  }

  /**
   * Distinct values in random order that keep a distance from each other and from 0, for maxima and
   * rectifiers: a finite difference must not reach over a kink. At least one value is positive,
   * because a rectifier of negative values has no gradient to check.
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

/** The text of a config: `Conv2D(2, 3) on [1, 4, 4, 2]`. Words are written as JSON. */
export function describeCase(
  name: string,
  args: readonly unknown[],
  shape: readonly number[],
): string {
  const words = args.map((arg) => JSON.stringify(arg)).join(', ');
  return `${name}(${words}) on [${shape.join(', ')}]`;
}

/** Disposes a case: its box, input and target. */
export function disposeCase({ box, input, target }: Case): void {
  disposeTensors([input, target]);
  if (box instanceof Module) box.dispose();
}
