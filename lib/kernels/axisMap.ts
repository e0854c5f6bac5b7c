import { matMul, reshape, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../init.ts';
import { constant } from './constant.ts';
import { computeOnHost, onHost, type Values } from './host.ts';

/**
 * Linear maps of one axis, y[..., i, ...] = Σ_r m[i, r] x[..., r, ...], with few weights in a row of m, side by side:
 * the sums, averages and interpolations of an image, one axis at a time. The gradient is the transposed map:
 * ∂C/∂x[..., r, ...] = Σ_i m[i, r] g[..., i, ...].
 */
export interface AxisMap {
  /** The length of x along the axis. */
  readonly input: number;
  /** The weights of each output i, from the cell `first` on; none of them lies outside of x. */
  readonly rows: readonly { readonly first: number; readonly weights: readonly number[] }[];
}

/** A map for each axis of an image. */
export interface ImageMap {
  readonly height: AxisMap;
  readonly width: AxisMap;
}

/** The image after both maps: y[n,i,j,c] = Σ_rq m_h[i,r] m_w[j,q] x[n,r,q,c] */
export function mapImage(images: Tensor4D, { height, width }: ImageMap): Tensor4D {
  // The map that leaves less to the other goes first.
  const heightFirst = height.rows.length * width.input <= height.input * width.rows.length;
  return tidy(() =>
    heightFirst
      ? mapAxis(mapAxis(images, 1, height), 2, width)
      : mapAxis(mapAxis(images, 2, width), 1, height),
  );
}

/** The gradient of `mapImage`: ∂C/∂x[n,r,q,c] = Σ_ij m_h[i,r] m_w[j,q] g[n,i,j,c] */
export function mapImageToInput(gradOutput: Tensor4D, { height, width }: ImageMap): Tensor4D {
  return mapImage(gradOutput, { height: transposed(height), width: transposed(width) });
}

export function transposed({ input, rows }: AxisMap): AxisMap {
  const columns = Array.from({ length: input }, () => ({ first: 0, weights: [] as number[] }));
  rows.forEach(({ first, weights }, i) => {
    weights.forEach((weight, tap) => {
      const column = columns[first + tap];
      if (column.weights.length === 0) column.first = i;
      // Rows in between that do not meet this cell have weight 0.
      while (column.first + column.weights.length < i) column.weights.push(0);
      column.weights.push(weight);
    });
  });
  return { input: rows.length, rows: columns };
}

export function mapAxis<T extends Tensor>(x: T, axis: number, map: AxisMap): T {
  return (onHost() ? byLoops : byMatMul)(x, axis, map) as T;
}

function byLoops(x: Tensor, axis: number, map: AxisMap): Tensor {
  const { outer, inner, shape } = around(x, axis, map);
  return computeOnHost([x], shape, (y, values) => {
    for (let o = 0; o < outer; o++) mapRows(y, values, o, inner, map);
  });
}

/** Part o of the outer axes, two taps at a time: half the time of one at a time. */
function mapRows(y: Values, x: Values, o: number, inner: number, { input, rows }: AxisMap): void {
  for (let i = 0; i < rows.length; i++) {
    const { first, weights } = rows[i];
    const to = (o * rows.length + i) * inner;
    let from = (o * input + first) * inner;
    let tap = 0;
    for (; tap + 1 < weights.length; tap += 2, from += 2 * inner) {
      const [weight, next] = [weights[tap], weights[tap + 1]];
      for (let k = 0; k < inner; k++) y[to + k] += weight * x[from + k] + next * x[from + inner + k];
    }
    if (tap < weights.length) {
      const weight = weights[tap];
      for (let k = 0; k < inner; k++) y[to + k] += weight * x[from + k];
    }
  }
}

/** The same with tfjs's operations, for a backend whose tensors lie elsewhere. */
export function byMatMul(x: Tensor, axis: number, map: AxisMap): Tensor {
  const { outer, inner, shape } = around(x, axis, map);
  const matrix = new Float64Array(map.rows.length * map.input);
  map.rows.forEach(({ first, weights }, i) => matrix.set(weights, i * map.input + first));
  return tidy(() => {
    const m = constant(matrix, [1, map.rows.length, map.input]);
    return reshape(matMul(m, reshape(x, [outer, map.input, inner])), shape);
  });
}

/** A tensor as [outer, axis, inner], and the shape of what the map makes of it. */
function around({ shape }: Tensor, axis: number, map: AxisMap) {
  return {
    outer: count(shape.slice(0, axis)),
    inner: count(shape.slice(axis + 1)),
    shape: [...shape.slice(0, axis), map.rows.length, ...shape.slice(axis + 1)],
  };
}
