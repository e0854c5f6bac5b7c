import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { disposeTensors } from '../../memory.ts';
import { float, simdOf, unitsOf } from '../simd/simd.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';
import { wasm } from './groupsOnWasm.ts';

/*
 * Sums and moments of groups on wasm by boxprop's own kernels. A few values at a time are added in
 * single precision, and their sums are added in double precision.
 */

/** Sums over groups. */
export const wasmSimd: GroupKernels = {
  ...wasm,

  sum(x, grouping) {
    const sum = simdOf().output<Tensor3D>([grouping.outer, 1, grouping.groups]);
    withSums({ x, grouping }, ({ sums }) => moments(sums, grouping, { sum }));
    return sum;
  },
};

/** The number of lines that `sumLines` adds at once. */
const LINES = 64;

/** The terms of the sums that `withSums` computes: x − center or its square, and x·y. */
interface Summed {
  readonly x: Tensor;
  readonly grouping: ReductionGroups;
  /** Another tensor, whose products with x are added too. */
  readonly y?: Tensor;
  /** The numbers to subtract, one per group. If there are two tensors, their sum is subtracted. */
  readonly center?: readonly Tensor[];
  /** Whether the differences are squared; false by default. */
  readonly isSquare?: boolean;
}

/** The addresses of sums in double precision. */
interface Sums {
  readonly sums: number;
  readonly products: number;
}

/** Calls `body` with the sums of the groups. The sums are valid only during the call. */
export function withSums(
  { x, grouping, y, center = [], isSquare = false }: Summed,
  body: (sums: Sums) => void,
): void {
  const simd = simdOf();
  const { outer, rows, groups, columns } = grouping;
  const units = rows === 1 ? outer * groups : outer * unitsOf(rows, LINES);
  const count = rows === 1 ? units : units * groups * columns;
  // A sum in double precision takes the memory of two values.
  const size = 2 * count;
  simd.withRoom(size * (y === undefined ? 1 : 2), (address) => {
    const sums = address;
    const products = y === undefined ? 0 : sums + 4 * size;
    const fields = [
      simd.addressOf(x),
      y === undefined ? 0 : simd.addressOf(y),
      ...[0, 1].map((k) => (k in center ? simd.addressOf(center[k]) : 0)),
      isSquare ? 1 : 0,
      ...[sums, products, outer, rows, groups, columns],
    ];
    simd.run(rows === 1 ? 'sumRuns' : 'sumLines', units, fields, { work: x.size });
    body({ sums, products });
  });
}

/** The tensors with one value per group that `moments` writes. */
interface MomentOutputs {
  readonly sum?: Tensor;
  /** The mean: `high`, and the remainder that single precision cannot hold. */
  readonly high?: Tensor;
  readonly low?: Tensor;
  /** 1/√(mean + ε) */
  readonly invStd?: Tensor;
}

/**
 * Computes the moments of each group from the sums of `withSums`, and writes them to tensors.
 *
 * @param options ε, and the center that was subtracted from the values.
 */
export function moments(
  sums: number,
  { outer, rows, groups, columns }: ReductionGroups,
  { sum, high, low, invStd }: MomentOutputs,
  { eps = 0, shift }: { readonly eps?: number; readonly shift?: Tensor } = {},
): void {
  const simd = simdOf();
  const at = (x: Tensor | undefined) => (x === undefined ? 0 : simd.addressOf(x));
  simd.run('moments', outer * groups, [
    ...[sums, rows === 1 ? 0 : 1, outer, rows, groups, columns, float(eps), at(shift)],
    ...[at(sum), at(high), at(low), at(invStd)],
  ]);
}

/** x̂ and the values per group of `simdStandardize`. */
export interface SimdStandardized {
  readonly normalized: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly invStd: Tensor;
}

/** Gives each group mean 0 and variance 1: x̂ = (x − μ)/√(σ² + ε). */
export function simdStandardize(
  x: Tensor,
  grouping: ReductionGroups,
  eps: number,
): SimdStandardized {
  const simd = simdOf();
  const shape = [grouping.outer, 1, grouping.groups];
  const [shift, mean, low, variance, invStd] = Array.from({ length: 5 }, () => simd.output(shape));
  const { outer, rows, groups, columns } = grouping;
  // The sums are taken over x − first. They are precise even if the mean is much larger than the
  // standard deviation.
  const fields = [simd.addressOf(x), simd.addressOf(shift), outer, rows, groups, columns];
  simd.run('firstOfGroups', x.size === 0 ? 0 : outer * groups, fields);
  withSums({ x, grouping, center: [shift] }, ({ sums }) =>
    moments(sums, grouping, { high: mean, low }, { shift }),
  );
  withSums({ x, grouping, center: [mean, low], isSquare: true }, ({ sums }) =>
    moments(sums, grouping, { high: variance, invStd }, { eps }),
  );
  const normalized = mapLines('standardize', x, grouping, [mean, low, invStd]);
  disposeTensors([shift, low]);
  return { normalized, mean, variance, invStd };
}

/** Computes scale (g − (1/m) Σ g − x̂ (1/m) Σ g x̂) with one scale per group, and the two sums. */
export function simdStandardizeToInput(
  g: Tensor,
  normalized: Tensor,
  scale: Tensor,
  grouping: ReductionGroups,
): { gradInput: Tensor; products: Tensor; sums: Tensor } {
  const simd = simdOf();
  const shape = [grouping.outer, 1, grouping.groups];
  const [sum, mean, product, projection] = Array.from({ length: 4 }, () => simd.output(shape));
  withSums({ x: g, y: normalized, grouping }, ({ sums, products }) => {
    moments(sums, grouping, { sum, high: mean });
    moments(products, grouping, { sum: product, high: projection });
  });
  const gradInput = mapLines('standardizeGrad', g, grouping, [mean, projection, scale], normalized);
  disposeTensors([mean, projection]);
  return { gradInput, products: product, sums: sum };
}

/** Maps each element of x (and of y) with the values a, b, c of its group. */
export function mapLines(
  kernel: 'standardize' | 'standardizeGrad' | 'scaleLines' | 'shiftLines' | 'scaleAndShiftLines',
  x: Tensor,
  { outer, rows, groups, columns }: ReductionGroups,
  perGroup: readonly Tensor[],
  y: Tensor = x,
): Tensor {
  const simd = simdOf();
  const output = simd.output(x.shape);
  const [a, b = a, c = a] = perGroup.map((values) => simd.addressOf(values));
  const fields = [
    ...[simd.addressOf(x), simd.addressOf(y), a, b, c, simd.addressOf(output)],
    ...[outer, rows, groups, columns],
  ];
  simd.run(kernel, x.size === 0 ? 0 : outer * rows, fields, { work: x.size });
  return output;
}
