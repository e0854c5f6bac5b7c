import type { Rng } from '../lib/rng.ts';
import { checkDimensionOptions } from './checkSpace.ts';
import {
  encodeValue,
  gridValues,
  isCategorical,
  sameValue,
  cardinality,
  valueAtQuantile,
  type Dimension,
  type Point,
  type Space,
  type Value,
} from './space.ts';

/**
 * Lists all points of a grid; the last dimension changes fastest.
 *
 *     const rate = { low: 0.01, high: 0.1, points: 2 };
 *     gridPoints({ depth: { choices: [2, 3] }, rate }).length; // 4
 */
export function gridPoints(space: Space): Point[] {
  checkOptionsOf(space);
  return Object.entries(space).reduce<Point[]>(
    (points, [name, dimension]) =>
      points.flatMap((point) =>
        gridValues(dimension).map((value) => ({ ...point, [name]: value })),
      ),
    [{}],
  );
}

function checkOptionsOf(space: Space): void {
  for (const [name, dimension] of Object.entries(space)) checkDimensionOptions(name, dimension);
}

/** Returns the first point of a grid, which has the first value of each dimension. */
export function firstPoint(space: Space): Point {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [name, gridValues(dimension)[0]]),
  );
}

/** Draws a random point. Each dimension is drawn independently, and uniformly on its scale. */
export function randomPoint(space: Space, rng: Rng): Point {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [
      name,
      valueAtQuantile(dimension, rng.uniform()),
    ]),
  );
}

/**
 * Draws independent random points. A grid wastes trials on dimensions that do not matter: with n
 * trials in d dimensions it tries n^(1/d) values of each dimension, and random points try up to n
 * values of each. Point k depends only on the space, the generator and the points before it. If it
 * equals one of these points, it is drawn again, up to 1000 times.
 *
 * Source: Bergstra, Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.
 *
 *     const space = { rate: { low: 0.001, high: 0.1, log: true }, depth: { choices: [2, 3] } };
 *     randomPoints(space, 10, new Rng(0)).length; // 10
 */
export function randomPoints(space: Space, count: number, rng: Rng): Point[] {
  checkOptionsOf(space);
  const points: Point[] = [];
  for (let k = 0; k < count; k++) points.push(untriedPoint(space, points, rng.fold(k)));
  return points;
}

/**
 * Draws a random point that is not among `others`. If 1000 draws give no new point, it returns one
 * of the others.
 */
export function untriedPoint(space: Space, others: readonly Point[], rng: Rng): Point {
  const taken = new Set(others.map(pointKey));
  let point = randomPoint(space, rng);
  for (let tries = 0; taken.has(pointKey(point)) && tries < 1000; tries++)
    point = randomPoint(space, rng);
  return point;
}

/** Returns a string that is equal for equal points. */
export function pointKey(point: Point): string {
  return JSON.stringify(Object.values(point));
}

/** Returns the number of points of a space, which is Infinity if a dimension is continuous. */
export function spaceCardinality(space: Space): number {
  return Object.values(space).reduce((size, dimension) => size * cardinality(dimension), 1);
}

/** Converts a point to coordinates for a Gaussian process. */
export function encodePoint(space: Space, point: Point): Float64Array {
  return Float64Array.from(Object.entries(space), ([name, dimension]) =>
    encodeValue(dimension, point[name]),
  );
}

/** For each coordinate of `encodePoint`, returns whether it is the number of a category. */
export function categoricalMask(space: Space): boolean[] {
  return Object.values(space).map(isCategorical);
}

/** The options of `perturbPoint`. */
export interface PerturbOptions {
  /** The standard deviation of a step, and the probability that a category is drawn again. */
  readonly radius: number;
  /** The generator for the step. */
  readonly rng: Rng;
}

/**
 * Draws a point near `point`. A normally distributed step is added to each coordinate, and each
 * category may change.
 */
export function perturbPoint(space: Space, point: Point, { radius, rng }: PerturbOptions): Point {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => {
      const value = point[name];
      if (isCategorical(dimension)) {
        return [name, rng.uniform() < radius ? valueAtQuantile(dimension, rng.uniform()) : value];
      }
      const moved = encodeValue(dimension, value) + radius * rng.normal();
      const next = valueAtQuantile(dimension, Math.min(1 - 2 ** -53, Math.max(0, moved)));
      // A small step rarely reaches the next integer or choice. So in a quarter of the cases, a
      // value that would not change moves to the next integer or choice.
      const stuck =
        sameValue(next, value) && Number.isFinite(cardinality(dimension)) && rng.uniform() < 0.25;
      return [name, stuck ? neighbour(dimension, value, rng) : next];
    }),
  );
}

/** Returns the next higher or lower integer or choice, chosen at random. */
function neighbour(dimension: Dimension, value: Value, rng: Rng): Value {
  const by = rng.uniform() < 0.5 ? -1 : 1;
  if (!('choices' in dimension))
    return Math.min(dimension.high, Math.max(dimension.low, Number(value) + by));
  const { choices } = dimension;
  const index = choices.findIndex((choice) => sameValue(choice, value));
  return choices[Math.min(choices.length - 1, Math.max(0, index + by))];
}
