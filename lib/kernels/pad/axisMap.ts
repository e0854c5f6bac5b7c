import {
  reshape,
  tidy,
  type Rank,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { disposeTensors } from '../../memory.ts';
import { numElements } from '../../shapes.ts';
import { constant } from '../../constant.ts';
import { multiplyEach } from '../matmul/matMul.ts';
import { computeOnHost, type Values } from '../backends/host.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { copy } from '../conv2d/im2col.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';
import { mapOnWebgl, mapOnWebgpu } from './axisMapOnCards.ts';
import type { AxisMap, ImageMap } from './imageMap.ts';

export type { AxisMap, ImageMap } from './imageMap.ts';

/**
 * Applies both maps: y[n,i,j,c] = Σ_rq m_h[i,r] m_w[j,q] x[n,r,q,c].
 *
 * Shapes: images [N, H, W, C]; output [N, H_out, W_out, C].
 */
export function mapImage(images: Tensor4D, { height, width }: ImageMap): Tensor4D {
  // The map with the smaller result is applied first. If both results are equally large, the map of
  // the height is applied to the larger image, because it copies longer contiguous runs: rows
  // instead of pixels.
  const difference = height.rows.length * width.input - height.input * width.rows.length;
  const heightFirst = difference < 0 || (difference === 0 && height.rows.length <= height.input);
  return tidy(() =>
    heightFirst
      ? mapAxis(mapAxis(images, 1, height), 2, width)
      : mapAxis(mapAxis(images, 2, width), 1, height),
  );
}

/** Computes the gradient of `mapImage`: ∂C/∂x[n,r,q,c] = Σ_ij m_h[i,r] m_w[j,q] g[n,i,j,c]. */
export function mapImageToInput(gradOutput: Tensor4D, { height, width }: ImageMap): Tensor4D {
  return mapImage(gradOutput, { height: transposed(height), width: transposed(width) });
}

/** Returns the transposed map. */
export function transposed({ input, rows }: AxisMap): AxisMap {
  const columns = Array.from({ length: input }, () => ({ first: 0, weights: [] as number[] }));
  rows.forEach(({ first, weights }, i) => {
    weights.forEach((weight, tap) => {
      const column = columns[first + tap];
      if (column.weights.length === 0) column.first = i;
      // Rows between the last one and row i do not use this cell, so their weight is 0.
      while (column.first + column.weights.length < i) column.weights.push(0);
      column.weights.push(weight);
    });
  });
  return { input: rows.length, rows: columns };
}

/** Applies a map to one axis of a tensor: y[..., i, ...] = Σ_r m[i,r] x[..., r, ...]. */
export function mapAxis<T extends Tensor>(x: T, axis: number, map: AxisMap): T {
  return forBackend(MAP_AXIS)(x, axis, map) as T;
}

const MAP_AXIS: ByBackend<(x: Tensor, axis: number, map: AxisMap) => Tensor> = {
  cpu: byLoops,
  wasm: byLoops,
  float64: byLoops,
  tensorflow: onTensorflow,
  webgl: (x, axis, map) => inThreeAxes(x, axis, map, mapOnWebgl),
  webgpu: (x, axis, map) => inThreeAxes(x, axis, map, mapOnWebgpu),
  other: byMatMul,
};

/**
 * Computes a matrix product on TensorFlow, unless a value is not finite: 0 times such a value would
 * turn every output along the axis into NaN. The smaller one of x and y is checked. It is enough to
 * check y, because y has a NaN if x has a value that is not finite.
 */
function onTensorflow(x: Tensor, axis: number, map: AxisMap): Tensor {
  const inputIsSmaller = map.input < map.rows.length;
  if (inputIsSmaller && !surelyFinite(x)) return byLoops(x, axis, map);
  const y = byMatMul(x, axis, map);
  if (inputIsSmaller || surelyFinite(y)) return y;
  disposeTensors(y);
  return byLoops(x, axis, map);
}

function byLoops(x: Tensor, axis: number, map: AxisMap): Tensor {
  const { outer, inner, shape } = viewAround(x, axis, map);
  const withGaps = map.rows.some(({ weights }) => weights.includes(0));
  const write = withGaps ? mapRowsWithGaps : mapRows;
  const fill = (y: Values, values: Values) => {
    for (let o = 0; o < outer; o++) write(y, values, o, inner, map);
  };
  return computeOnHost([x], shape, fill, { zeroed: withGaps });
}

/**
 * Does the same as `mapRows` for a map that has weights of 0. Cells with weight 0 must not count,
 * even if they are infinite.
 */
function mapRowsWithGaps(
  y: Values,
  x: Values,
  o: number,
  inner: number,
  { input, rows }: AxisMap,
): void {
  rows.forEach(({ first, weights }, i) => {
    const to = (o * rows.length + i) * inner;
    weights.forEach((weight, tap) => {
      if (weight === 0) return;
      const from = (o * input + first + tap) * inner;
      for (let k = 0; k < inner; k++) y[to + k] += weight * x[from + k];
    });
  });
}

/**
 * Maps the part of x that has index o in the outer axes. It adds two products at a time, which
 * takes half the time of one at a time.
 */
function mapRows(y: Values, x: Values, o: number, inner: number, { input, rows }: AxisMap): void {
  for (let i = 0; i < rows.length; i++) {
    const { first, weights } = rows[i];
    const to = (o * rows.length + i) * inner;
    let from = (o * input + first) * inner;
    const [weight, next] = weights;
    if (weights.length === 0) y.fill(0, to, to + inner);
    else if (weights.length > 1) {
      for (let k = 0; k < inner; k++) y[to + k] = weight * x[from + k] + next * x[from + inner + k];
    } else if (weight === 1) copy(y, to, x, from, inner);
    else for (let k = 0; k < inner; k++) y[to + k] = weight * x[from + k];
    for (let tap = 2; tap < weights.length; tap += 2) {
      from += 2 * inner;
      if (tap + 1 < weights.length) addTwo(y, to, x, from, inner, weights[tap], weights[tap + 1]);
      else for (let k = 0; k < inner; k++) y[to + k] += weights[tap] * x[from + k];
    }
  }
}

function addTwo(
  y: Values,
  to: number,
  x: Values,
  from: number,
  inner: number,
  a: number,
  b: number,
): void {
  for (let k = 0; k < inner; k++) y[to + k] += a * x[from + k] + b * x[from + inner + k];
}

/**
 * Computes `mapAxis` as a matrix product, which multiplies every cell outside a window by 0. So a
 * value that is not finite gives NaN in all outputs along the axis.
 */
export function byMatMul(x: Tensor, axis: number, map: AxisMap): Tensor {
  const { outer, inner, shape } = viewAround(x, axis, map);
  const matrix = new Float64Array(map.rows.length * map.input);
  map.rows.forEach(({ first, weights }, i) => matrix.set(weights, i * map.input + first));
  return tidy(() => {
    const m = constant<Rank.R3>(matrix, [1, map.rows.length, map.input]);
    return reshape(multiplyEach(m, reshape<Rank.R3>(x, [outer, map.input, inner])), shape);
  });
}

function inThreeAxes(
  x: Tensor,
  axis: number,
  map: AxisMap,
  apply: (x: Tensor3D, map: AxisMap) => Tensor3D,
): Tensor {
  const { outer, inner, shape } = viewAround(x, axis, map);
  return tidy(() => reshape(apply(reshape(x, [outer, map.input, inner]), map), shape));
}

/**
 * Returns the outer and inner sizes of a tensor viewed as [outer, axis, inner], and the shape of
 * the output.
 */
function viewAround({ shape }: Tensor, axis: number, map: AxisMap) {
  return {
    outer: numElements(shape.slice(0, axis)),
    inner: numElements(shape.slice(axis + 1)),
    shape: [...shape.slice(0, axis), map.rows.length, ...shape.slice(axis + 1)],
  };
}
