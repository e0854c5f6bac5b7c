import {
  add,
  mul,
  round,
  square,
  variable,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { Scalars } from '../../lib/constant.ts';
import { axisGeometry, type Geometry } from '../../lib/geometry.ts';
import * as conv from '../../lib/kernels/conv2d/conv2d.ts';
import * as grouped from '../../lib/kernels/conv2d/groupedConv2d.ts';
import * as depthwise from '../../lib/kernels/depthwise/depthwise.ts';
import { adamMoments } from '../../lib/kernels/elementwise/adam.ts';
import { momentumStep } from '../../lib/kernels/elementwise/momentum.ts';
import * as parts from '../../lib/kernels/elementwise/parts.ts';
import * as matrix from '../../lib/kernels/matmul/matMul.ts';
import * as features from '../../lib/kernels/normalize/features.ts';
import type { ReductionGroups } from '../../lib/kernels/normalize/groupKernels.ts';
import { sumOver } from '../../lib/kernels/normalize/reductionGroups.ts';
import * as standard from '../../lib/kernels/normalize/standardizeGroups.ts';
import * as avgPool from '../../lib/kernels/pool/avgPool2d.ts';
import * as maxPool from '../../lib/kernels/pool/maxPool2d.ts';
import type { Rng } from '../../lib/rng.ts';

/** The shapes of a kernel's inputs, and the kernel itself. */
export interface SimdCase {
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...inputs: readonly Tensor[]) => readonly Tensor[];
  readonly title: string;
}

/** Draws a case of each kernel on wasm that boxprop has written itself. */
export const SIMD_KERNELS: Readonly<Record<string, (rng: Rng) => SimdCase>> = {
  conv2d(rng) {
    const { batch, channels, outputs, groups, geometry } = drawConvolution(rng);
    const [x, w] = shapesOf(batch, channels, outputs, groups, geometry);
    const hasBias = rng.uniform() < 0.5;
    return {
      shapes: [x, w, [outputs]],
      run: (images, filters, bias) => [
        grouped.groupedConv2d(
          images as Tensor4D,
          filters as Tensor4D,
          geometry,
          groups,
          hasBias ? bias : undefined,
        ),
      ],
      title: `${titleOf(x, geometry)} to ${outputs} in ${groups} groups`,
    };
  },

  conv2dToInput(rng) {
    const { batch, channels, outputs, groups, geometry } = drawConvolution(rng);
    const [x, w, y] = shapesOf(batch, channels, outputs, groups, geometry);
    return {
      shapes: [y, w],
      run: (g, filters) => [
        grouped.groupedConv2dToInput(g as Tensor4D, filters as Tensor4D, geometry, groups),
      ],
      title: `${titleOf(x, geometry)} to ${outputs} in ${groups} groups`,
    };
  },

  conv2dToFilter(rng) {
    const { batch, channels, outputs, groups, geometry } = drawConvolution(rng);
    const [x, , y] = shapesOf(batch, channels, outputs, groups, geometry);
    return {
      shapes: [x, y],
      run: (images, g) => [
        grouped.groupedConv2dToFilter(images as Tensor4D, g as Tensor4D, geometry, groups),
      ],
      title: `${titleOf(x, geometry)} to ${outputs} in ${groups} groups`,
    };
  },

  conv2dToFilterOfLongRows(rng) {
    const height = axisGeometry(size(rng, 3), 1, 1, 1, 0);
    // Rows of more than WINDOWS windows of source/conv2d.c.
    const width = axisGeometry(1100 + size(rng, 1500), size(rng, 3), 1, 1, size(rng, 2) - 1);
    const [x, , y] = shapesOf(1, size(rng, 3), size(rng, 40), 1, { height, width });
    return {
      shapes: [x, y],
      run: (images, g) => [
        conv.conv2dToFilter(images as Tensor4D, g as Tensor4D, { height, width }),
      ],
      title: `${titleOf(x, { height, width })} to ${y[3]}`,
    };
  },

  conv2dToFilterOfSmallImages(rng) {
    // Several images fit into WINDOWS_AT_ONCE of wasmSimd.ts, and the last ones are fewer.
    const height = axisGeometry(3 + size(rng, 6), size(rng, 3), size(rng, 2), 1, size(rng, 2) - 1);
    const width = axisGeometry(3 + size(rng, 9), size(rng, 3), size(rng, 2), 1, size(rng, 2) - 1);
    const [x, , y] = shapesOf(20 + size(rng, 60), size(rng, 9), size(rng, 50), 1, {
      height,
      width,
    });
    return {
      shapes: [x, y],
      run: (images, g) => [
        conv.conv2dToFilter(images as Tensor4D, g as Tensor4D, { height, width }),
      ],
      title: `${titleOf(x, { height, width })} to ${y[3]}`,
    };
  },

  depthwise(rng) {
    const geometry = drawGeometry(rng);
    const [batch, channels, multiplier] = [size(rng, 3), size(rng, 19), size(rng, 3)];
    const { height, width } = geometry;
    const x = [batch, height.input, width.input, channels];
    const w = [height.kernel, width.kernel, channels, multiplier];
    const y = [batch, height.output, width.output, channels * multiplier];
    return {
      shapes: [x, w, y],
      run: (images, filters, g) => [
        depthwise.depthwiseConv2d(images as Tensor4D, filters as Tensor4D, geometry),
        depthwise.depthwiseConv2dToInput(g as Tensor4D, filters as Tensor4D, geometry),
        depthwise.depthwiseConv2dToFilter(images as Tensor4D, g as Tensor4D, geometry),
      ],
      title: `${titleOf(x, geometry)} by ${multiplier}`,
    };
  },

  matMul(rng) {
    const [rows, inner, columns] = [size(rng, 70), size(rng, 600), size(rng, 70)];
    return {
      shapes: [
        [rows, inner],
        [inner, columns],
        [inner, rows],
        [columns, inner],
      ],
      run: (a, b, aT, bT) => [
        matrix.matMul(a as Tensor2D, b as Tensor2D),
        matrix.matMulTransposedA(aT as Tensor2D, b as Tensor2D),
        matrix.matMulTransposedB(a as Tensor2D, bT as Tensor2D),
      ],
      title: `${rows} x ${inner} x ${columns}`,
    };
  },

  matMulOfManyColumns(rng) {
    // More than COLUMNS of source/product.c in both factors.
    const [rows, inner, columns] = [256 + size(rng, 40), size(rng, 20), 256 + size(rng, 40)];
    return {
      shapes: [
        [rows, inner],
        [inner, columns],
      ],
      run: (a, b) => [matrix.matMul(a as Tensor2D, b as Tensor2D)],
      title: `${rows} x ${inner} x ${columns}`,
    };
  },

  multiplyEach(rng) {
    const [batch, rows, inner, columns] = [size(rng, 4), size(rng, 9), size(rng, 9), size(rng, 9)];
    const [isShared, ofA, ofB] = [0, 1, 2].map(() => rng.uniform() < 0.5);
    return {
      shapes: [
        [isShared ? 1 : batch, ...(ofA ? [inner, rows] : [rows, inner])],
        [batch, ...(ofB ? [columns, inner] : [inner, columns])],
      ],
      run: (a, b) => [matrix.multiplyEach(a as Tensor3D, b as Tensor3D, ofA, ofB)],
      title: `${batch} of ${rows} x ${inner} x ${columns}, ${String([isShared, ofA, ofB])}`,
    };
  },

  maxPool2d(rng) {
    const geometry = drawPool(rng);
    const [x, y] = poolShapes(rng, geometry);
    return {
      shapes: [x, y],
      run: (images, g) => {
        const output = maxPool.maxPool2d(images as Tensor4D, geometry);
        return [
          output,
          maxPool.maxPool2dToInput(g as Tensor4D, images as Tensor4D, output, geometry),
        ];
      },
      title: titleOf(x, geometry),
    };
  },

  avgPool2d(rng) {
    const geometry = drawPool(rng);
    const [x, y] = poolShapes(rng, geometry);
    const countPadding = rng.uniform() < 0.5;
    return {
      shapes: [x, y],
      run: (images, g) => [
        avgPool.avgPool2d(images as Tensor4D, geometry, countPadding),
        avgPool.avgPool2dToInput(g as Tensor4D, geometry, countPadding),
      ],
      title: `${titleOf(x, geometry)}, padding counts: ${countPadding}`,
    };
  },

  features(rng) {
    const shape = [size(rng, 200), size(rng, 67)];
    return {
      shapes: [shape, shape, [shape[1]], [shape[1]]],
      run: (x, g, scale, shift) => {
        const { normalized, mean, variance, invStd } = features.standardize(x, 1e-2);
        const grads = features.standardizeToInput(g, normalized, scale);
        return [
          ...[normalized, mean, variance, invStd, ...Object.values<Tensor>({ ...grads })],
          ...Object.values<Tensor>({ ...features.normGradSums(g, x) }),
          features.scaleFeatures(x, scale),
          features.shiftFeatures(x, scale),
          features.scaleAndShiftFeatures(x, scale, shift),
        ];
      },
      title: shape.join(' x '),
    };
  },

  featuresFarFromZero(rng) {
    const shape = [2 + size(rng, 400), size(rng, 20)];
    return {
      shapes: [shape],
      // Integers, so that single precision holds the values but not their mean.
      run: (x) => {
        const integers = add(round(mul(x, 8)), 50_000);
        const { normalized, variance } = features.standardize(integers, 1e-2);
        return [normalized, variance];
      },
      title: shape.join(' x '),
    };
  },

  groups(rng) {
    const grouping: ReductionGroups = {
      outer: size(rng, 3),
      rows: rng.uniform() < 0.5 ? 1 : size(rng, 150),
      groups: size(rng, 9),
      columns: size(rng, 300),
    };
    const shape = Object.values(grouping) as number[];
    return {
      shapes: [shape, shape],
      run: (x, g) => {
        const standardized = standard.standardizeGroups(x, grouping, 1e-2);
        return [
          sumOver(x, grouping),
          ...[standardized.normalized, standardized.invStd],
          standard.standardizeGroupsToInput(g, standardized, grouping),
        ];
      },
      title: JSON.stringify(grouping),
    };
  },

  parts(rng) {
    const shape = [size(rng, 9000)];
    return {
      shapes: [shape, shape],
      run: (x, g) => [
        parts.positivePart(x),
        parts.negativePart(x),
        parts.positivePartToInput(g, parts.positivePart(x)),
      ],
      title: String(shape),
    };
  },

  adam(rng) {
    const shape = [size(rng, 9000)];
    return {
      shapes: [shape, shape, shape],
      run: (g, mean, roots) => {
        const numbers = { betas: [0.9, 0.999], rate: 0.01, scale: 4.7, eps: 1e-3 } as const;
        const moments = adamMoments(g, mean, square(roots), numbers, new Scalars());
        return [moments.mean, moments.square, moments.change];
      },
      title: String(shape[0]),
    };
  },

  momentum(rng) {
    const shape = [size(rng, 9000)];
    const nesterov = rng.uniform() < 0.5;
    return {
      shapes: [shape, shape, shape],
      run: (w, v, g) => {
        const param: Variable = variable(w);
        const options = { learningRate: 0.3, momentum: 0.7, nesterov };
        const moved = momentumStep(param, v.clone(), g, options, new Scalars());
        return [moved, param];
      },
      title: `${shape[0]}, nesterov: ${nesterov}`,
    };
  },
};

/** Draws an integer from 1 to `most`; small ones are drawn more often. */
function size(rng: Rng, most: number): number {
  return 1 + Math.floor(most * rng.uniform() ** 2);
}

/** A window of up to 9 cells, whose padding may exceed the image. */
function drawGeometry(rng: Rng): Geometry {
  const along = () => {
    const [kernel, stride, dilation] = [size(rng, 9), size(rng, 4), size(rng, 3)];
    const padding = Math.floor(rng.uniform() * 2 * (kernel + 1) * dilation);
    const least = Math.max(dilation * (kernel - 1) + 1 - 2 * padding, 1);
    return axisGeometry(least + size(rng, 12) - 1, kernel, stride, dilation, padding);
  };
  return { height: along(), width: along() };
}

function drawPool(rng: Rng): Geometry {
  const along = () => {
    const kernel = size(rng, 5);
    const padding = Math.floor((rng.uniform() * (kernel + 1)) / 2);
    const input = Math.max(kernel - 2 * padding, 1) + size(rng, 12) - 1;
    return axisGeometry(input, kernel, size(rng, 4), 1, padding, rng.uniform() < 0.3);
  };
  return { height: along(), width: along() };
}

function drawConvolution(rng: Rng) {
  const groups = rng.uniform() < 0.7 ? 1 : 1 + size(rng, 3);
  return {
    batch: size(rng, 5),
    channels: groups * size(rng, groups === 1 ? 67 : 9),
    outputs: groups * size(rng, groups === 1 ? 67 : 9),
    groups,
    geometry: drawGeometry(rng),
  };
}

function shapesOf(
  batch: number,
  channels: number,
  outputs: number,
  groups: number,
  { height, width }: Geometry,
) {
  return [
    [batch, height.input, width.input, channels],
    [height.kernel, width.kernel, channels / groups, outputs],
    [batch, height.output, width.output, outputs],
  ];
}

function poolShapes(rng: Rng, { height, width }: Geometry) {
  const [batch, channels] = [size(rng, 4), size(rng, 19)];
  return [
    [batch, height.input, width.input, channels],
    [batch, height.output, width.output, channels],
  ];
}

function titleOf(x: readonly number[], { height, width }: Geometry): string {
  const of = (axis: Geometry['height']) =>
    `${axis.kernel}/${axis.stride} dilated ${axis.dilation} padded ${axis.before}`;
  return `[${x.join(', ')}], ${of(height)} by ${of(width)}`;
}
