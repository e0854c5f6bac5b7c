import type { Rng } from '../lib/rng.ts';
import {
  encodeValue,
  gridValues,
  isCategorical,
  sameValue,
  cardinality,
  valueAtQuantile,
  type Point,
  type Space,
} from './space.ts';

/** Every point of a grid: the last dimension changes fastest. */
export function gridPoints(space: Space): Point[] {
  return Object.entries(space).reduce<Point[]>(
    (points, [name, dimension]) =>
      points.flatMap((point) =>
        gridValues(dimension).map((value) => ({ ...point, [name]: value })),
      ),
    [{}],
  );
}

/** The first of a grid. */
export function firstPoint(space: Space): Point {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [name, gridValues(dimension)[0]]),
  );
}

/** Each dimension by itself, evenly on its scale. */
export function randomPoint(space: Space, rng: Rng): Point {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [
      name,
      valueAtQuantile(dimension, rng.uniform()),
    ]),
  );
}

/**
 * Independent random points, where a grid wastes its trials on dimensions that do not matter: of n trials a grid in d
 * dimensions tries n^(1/d) values of each, this n. Point k depends on the space, the seed's generator and the points before
 * it alone: it is drawn again while it is one of them, up to 1000 times.
 *
 * Source: Bergstra, Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.
 */
export function randomPoints(space: Space, count: number, rng: Rng): Point[] {
  const points: Point[] = [];
  for (let k = 0; k < count; k++) points.push(untriedPoint(space, points, rng.fold(k)));
  return points;
}

/** A random point that is none of those. */
export function untriedPoint(space: Space, others: readonly Point[], rng: Rng): Point {
  const taken = new Set(others.map(pointKey));
  let point = randomPoint(space, rng);
  for (let tries = 0; taken.has(pointKey(point)) && tries < 1000; tries++)
    point = randomPoint(space, rng);
  return point;
}

/** The same for the same point. */
export function pointKey(point: Point): string {
  return JSON.stringify(Object.values(point));
}

/** How many points there are. */
export function spaceCardinality(space: Space): number {
  return Object.values(space).reduce((size, dimension) => size * cardinality(dimension), 1);
}

/** Where a point lies, for a Gaussian process. */
export function encodePoint(space: Space, point: Point): Float64Array {
  return Float64Array.from(Object.entries(space), ([name, dimension]) =>
    encodeValue(dimension, point[name]),
  );
}

export function categoricalMask(space: Space): boolean[] {
  return Object.values(space).map(isCategorical);
}

/** A point nearby: each coordinate moved by a normal number times `radius`, or with that probability another choice. */
export function perturbPoint(space: Space, point: Point, radius: number, rng: Rng): Point {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => {
      const value = point[name];
      if (isCategorical(dimension)) {
        return [name, rng.uniform() < radius ? valueAtQuantile(dimension, rng.uniform()) : value];
      }
      const moved = encodeValue(dimension, value) + radius * rng.normal();
      const next = valueAtQuantile(dimension, Math.min(1 - 2 ** -53, Math.max(0, moved)));
      // A small move would never reach the next whole number.
      const stuck =
        sameValue(next, value) && Number.isFinite(cardinality(dimension)) && rng.uniform() < 0.25;
      return [name, stuck ? stepped(space, name, value, rng) : next];
    }),
  );
}

/** One whole number or choice up or down. */
function stepped(space: Space, name: string, value: Point[string], rng: Rng): Point[string] {
  const dimension = space[name];
  const by = rng.uniform() < 0.5 ? -1 : 1;
  if (!('choices' in dimension))
    return Math.min(dimension.high, Math.max(dimension.low, Number(value) + by));
  const { choices } = dimension;
  const index = choices.findIndex((choice) => sameValue(choice, value));
  return choices[Math.min(choices.length - 1, Math.max(0, index + by))];
}
