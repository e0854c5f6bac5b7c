import {
  add,
  reshape,
  slice,
  square,
  sub,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { checkOptions } from '../../lib/check.ts';
import { meanOver, sumOver } from '../../lib/kernels/normalize/reductionGroups.ts';
import { matMulTransposedA } from '../../lib/kernels/matmul/matMul.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { numElements } from '../../lib/shapes.ts';
import { checkPair } from './gram.ts';

/** A unit of one representation, and the unit of the other that correlates most with it. */
export interface UnitMatch {
  /** The index of the unit: a channel, or an element of a vector. */
  readonly unit: number;
  /** The best-matching unit; undefined if the unit correlates with none. */
  readonly match: number | undefined;
  /** The correlation of both; NaN without a match. */
  readonly correlation: number;
}

/** The options of `UnitMatcher`. */
export interface UnitMatcherOptions {
  /** The number of units of `a` that are matched, which are the first ones; all by default. */
  readonly units?: number;
}

/**
 * Finds for each unit of a representation the unit of another one with the largest correlation,
 * from minibatches. A unit is a channel of an image, or an element of a vector. If both images have
 * the same height and width, the correlation is over all examples and positions; otherwise each
 * channel is first averaged over its positions. Its memory does not depend on the number of
 * examples.
 *
 *   r_uv = C_uv / √(A_u B_v)
 *
 * where C_uv = Σ (x_u − mean)(y_v − mean), and A_u and B_v are the sums of squares. The sums of two
 * minibatches of m and n observations, whose means differ by d, are merged exactly:
 *
 *   C_uv = C'_uv + C''_uv + d_u d_v m n/(m + n)
 *
 * Shapes: a [N, ..., units], b [N, ..., units].
 * Errors: tensors that are no float tensors of the same examples; an unknown option.
 * Source: Li, Yosinski, Clune, Lipson, Hopcroft 2016, arXiv:1511.07543, section 3; Chan, Golub,
 *         LeVeque 1983 for the merging.
 *
 *     const matcher = new UnitMatcher();
 *     for (const { a, b } of minibatches) await matcher.add(a, b);
 *     matcher.matches[0];   // { unit: 0, match: 7, correlation: 0.93 }
 */
export class UnitMatcher {
  readonly #limit: number;
  #sums: Moments | undefined;

  constructor(options: UnitMatcherOptions = {}) {
    checkOptions(this, options, ['units']);
    this.#limit = options.units ?? Infinity;
  }

  /** Adds a minibatch: both representations of its examples. The caller disposes the tensors. */
  async add(a: Tensor, b: Tensor): Promise<void> {
    checkPair('UnitMatcher.add', a, b, 1);
    const arePlaced = a.shape.slice(1, -1).join() === b.shape.slice(1, -1).join();
    const tensors = tidy(() => {
      const [x, y] = [a, b].map((one) => (arePlaced ? observations(one) : placeMeans(one)));
      const [rows, units] = x.shape;
      const kept = slice(x, [0, 0], [rows, Math.min(units, this.#limit)]);
      const [own, other] = [centred(kept), centred(y)];
      const cross = matMulTransposedA(own.values, other.values);
      return [own.mean, other.mean, own.squares, other.squares, cross];
    });
    const [own, other, ownSquares, otherSquares, cross] = await Promise.all(
      tensors.map(async (one) => Float64Array.from(await one.data())),
    );
    disposeTensors(tensors);
    const count = arePlaced ? a.size / a.shape[a.rank - 1] : a.shape[0];
    this.#merge({ count, means: [own, other], squares: [ownSquares, otherSquares], cross });
  }

  /** Adds the sums of a minibatch. */
  #merge(batch: Moments): void {
    const { count: m, means, squares, cross } = (this.#sums ??= empty(batch));
    const n = batch.count;
    const distances = means.map((mean, side) => mean.map((v, u) => batch.means[side][u] - v));
    const [own, other] = distances;
    const weight = (m * n) / (m + n);
    squares.forEach((sums, side) =>
      sums.forEach((_, u) => {
        sums[u] += batch.squares[side][u] + weight * distances[side][u] ** 2;
      }),
    );
    for (let u = 0, at = 0; u < own.length; u++) {
      for (let v = 0; v < other.length; v++, at++)
        cross[at] += batch.cross[at] + weight * own[u] * other[v];
    }
    means.forEach((mean, side) => mean.forEach((_, u) => (mean[u] += (distances[side][u] * n) / (m + n)))); // prettier-ignore
    this.#sums = { count: m + n, means, squares, cross };
  }

  /** The match of each unit of `a`; empty before the first minibatch. */
  get matches(): UnitMatch[] {
    if (this.#sums === undefined) return [];
    const { squares: [own, other], cross } = this.#sums; // prettier-ignore
    return Array.from(own, (square, unit): UnitMatch => {
      let best: UnitMatch = { unit, match: undefined, correlation: NaN };
      other.forEach((otherSquare, match) => {
        const size = Math.sqrt(square * otherSquare);
        const correlation = size > 0 ? cross[unit * other.length + match] / size : NaN;
        if (correlation > (best.match === undefined ? -Infinity : best.correlation))
          best = { unit, match, correlation };
      });
      return best;
    });
  }
}

/** The sums of some observations: those of `a` first, then those of `b`. */
interface Moments {
  readonly count: number;
  readonly means: readonly [Float64Array, Float64Array];
  /** Σ (x − mean)² of each unit. */
  readonly squares: readonly [Float64Array, Float64Array];
  /** Σ (x_u − mean)(y_v − mean), one row per unit of `a`. */
  readonly cross: Float64Array;
}

function empty({ means, squares, cross }: Moments): Moments {
  const zeros = ([a, b]: readonly [Float64Array, Float64Array]) =>
    [new Float64Array(a.length), new Float64Array(b.length)] as const;
  return {
    count: 0,
    means: zeros(means),
    squares: zeros(squares),
    cross: new Float64Array(cross.length),
  };
}

/** Returns one row per example and position, and one column per unit. */
function observations(x: Tensor): Tensor2D {
  const units = x.shape[x.rank - 1];
  return reshape(x, [x.size / units, units]);
}

/** Returns the mean of each unit over the positions, one row per example. */
function placeMeans(x: Tensor): Tensor2D {
  const [examples, units] = [x.shape[0], x.shape[x.rank - 1]];
  const places = numElements(x.shape.slice(1, -1));
  const means = meanOver(x, { outer: examples, rows: places, groups: units, columns: 1 });
  return reshape(means, [examples, units]);
}

/** Returns the mean of each column, the values minus it, and their sums of squares. */
function centred(x: Tensor2D): { mean: Tensor; values: Tensor2D; squares: Tensor } {
  const [rows, units] = x.shape;
  const grouping = { outer: 1, rows, groups: units, columns: 1 };
  // A unit that is the same everywhere is exactly 0 after this subtraction.
  const first = slice(x, [0, 0], [1, units]);
  const shifted = sub<Tensor2D>(x, first);
  const rest = reshape(meanOver(shifted, grouping), [1, units]);
  const values = sub<Tensor2D>(shifted, rest);
  const squares = sumOver(square(values), grouping);
  return { mean: reshape(add(first, rest), [units]), values, squares: reshape(squares, [units]) };
}
