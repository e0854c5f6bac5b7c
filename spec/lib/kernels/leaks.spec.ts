import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { Scalars } from '../../../lib/constant.ts';
import { axisGeometry, paddedGeometry, type Axis, type Geometry } from '../../../lib/geometry.ts';
import * as host from '../../../lib/kernels/backends/host.ts';
import { hostValues } from '../../../lib/kernels/backends/hostValues.ts';
import * as tensorflow from '../../../lib/kernels/backends/tensorflow.ts';
import * as conv from '../../../lib/kernels/conv2d/conv2d.ts';
import * as dilation from '../../../lib/kernels/conv2d/dilate.ts';
import * as grouped from '../../../lib/kernels/conv2d/groupedConv2d.ts';
import * as windows from '../../../lib/kernels/conv2d/im2col.ts';
import { runConvolution } from '../../../lib/kernels/conv2d/tfjs.ts';
import * as unfolding from '../../../lib/kernels/conv2d/unfold.ts';
import * as depthwise from '../../../lib/kernels/depthwise/depthwise.ts';
import * as arithmetic from '../../../lib/kernels/elementwise/arithmetic.ts';
import { bound } from '../../../lib/kernels/elementwise/bound.ts';
import { between } from '../../../lib/kernels/elementwise/between.ts';
import { clip } from '../../../lib/kernels/elementwise/clip.ts';
import { dropMask } from '../../../lib/kernels/elementwise/dropMask.ts';
import * as nan from '../../../lib/kernels/elementwise/keepNaN.ts';
import { logSoftmax } from '../../../lib/kernels/elementwise/logSoftmax.ts';
import { maximum } from '../../../lib/kernels/elementwise/maximum.ts';
import { adamMoments } from '../../../lib/kernels/elementwise/adam.ts';
import { momentumStep } from '../../../lib/kernels/elementwise/momentum.ts';
import { normalCdf } from '../../../lib/kernels/elementwise/normalCdf.ts';
import { atClass, oneHot } from '../../../lib/kernels/elementwise/oneHot.ts';
import * as parts from '../../../lib/kernels/elementwise/parts.ts';
import { signOf } from '../../../lib/kernels/elementwise/sign.ts';
import * as volumes from '../../../lib/kernels/conv2d/depthWindows.ts';
import * as local from '../../../lib/kernels/locallyConnected/locallyConnected.ts';
import * as matrix from '../../../lib/kernels/matmul/matMul.ts';
import { matMulInBlocks } from '../../../lib/kernels/matmul/matMulInBlocks.ts';
import { inversePower, sumOfChannels } from '../../../lib/kernels/normalize/channelWindow.ts';
import {
  standardizeAcross,
  standardizeToInputAcross,
} from '../../../lib/kernels/normalize/acrossRanks.ts';
import { soloGroup } from '../../../lib/group.ts';
import * as features from '../../../lib/kernels/normalize/features.ts';
import * as localMeans from '../../../lib/kernels/normalize/localMean.ts';
import * as groups from '../../../lib/kernels/normalize/reductionGroups.ts';
import {
  standardizeGroups,
  standardizeGroupsToInput,
} from '../../../lib/kernels/normalize/standardizeGroups.ts';
import * as axisMap from '../../../lib/kernels/pad/axisMap.ts';
import * as padding from '../../../lib/kernels/pad/pad2d.ts';
import { linear, nearest, resize } from '../../../lib/kernels/pad/resizeMap.ts';
import { maxOfCells, maxOfCellsToInput } from '../../../lib/kernels/pool/maxOfCells.ts';
import { coverAxes } from '../../../lib/kernels/pool/windowCells.ts';
import * as avgPool from '../../../lib/kernels/pool/avgPool2d.ts';
import * as maxPool from '../../../lib/kernels/pool/maxPool2d.ts';
import * as maxPoolLoops from '../../../lib/kernels/pool/maxPool2dLoops.ts';
import { windowMeans } from '../../../lib/kernels/pool/windowMap.ts';
import { zeroIfFinite } from '../../../lib/kernels/reduce/finite.ts';
import { meanAll, normOf, sumAll } from '../../../lib/kernels/reduce/sumAll.ts';
import { sumLeading } from '../../../lib/kernels/reduce/sumLeading.ts';
import { sumTo } from '../../../lib/kernels/reduce/sumTo.ts';
import { roughSum } from '../../../lib/kernels/reduce/roughSum.ts';
import { surelyFinite } from '../../../lib/kernels/reduce/surelyFinite.ts';
import { disposeTensors } from '../../../lib/memory.ts';
import { Rng } from '../../../lib/rng.ts';
import { BACKENDS } from '../../support/fixtures.ts';

/**
 * Calls every kernel on every backend and expects that only the result remains. An operation
 * outside of a `tidy` would leave a tensor, and values in the backend's own store.
 */

/**
 * Makes the inputs and returns a function that calls the kernel. Only tensors of that call are
 * counted.
 */
type Case = () => () => unknown;

type Size = [number, number, number, number];

const [N, C, O] = [2, 4, 6];
const draw = <R extends tf.Rank>(...shape: tf.ShapeMap[R]): tf.Tensor<R> => tf.ones<R>(shape);
const images = ({ height, width }: Geometry, channels = C, batch = N) =>
  draw<tf.Rank.R4>(batch, height.input, width.input, channels);
const outputs = ({ height, width }: Geometry, channels = O, batch = N) =>
  draw<tf.Rank.R4>(batch, height.output, width.output, channels);
const filters = ({ height, width }: Geometry, inputs = C, channels = O) =>
  draw<tf.Rank.R4>(height.kernel, width.kernel, inputs, channels);

const axis = (
  input: number,
  kernel: number,
  stride = 1,
  dilation = 1,
  before = 0,
  after = before,
) => {
  const output = Math.floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
  return { input, output, kernel, stride, dilation, before, after } satisfies Axis;
};

/** Geometries that together reach every branch of the convolution kernels. */
const CONVOLUTIONS: Readonly<Record<string, Geometry>> = {
  plain: { height: axis(6, 3), width: axis(7, 2) },
  'stride 2': { height: axis(6, 3, 2), width: axis(7, 2, 2) },
  'two strides': { height: axis(6, 3, 2), width: axis(7, 2, 3) },
  'same padding': {
    height: axisGeometry(6, 3, 1, 1, 'same'),
    width: axisGeometry(7, 3, 1, 1, 'same'),
  },
  'same padding, stride 2': {
    height: axisGeometry(6, 3, 2, 1, 'same'),
    width: axisGeometry(7, 3, 2, 1, 'same'),
  },
  'explicit padding': { height: axis(6, 3, 1, 1, 2, 1), width: axis(7, 2, 1, 1, 0, 1) },
  'explicit padding, two strides': { height: axis(6, 3, 2, 1, 2), width: axis(7, 2, 3, 1, 1) },
  dilation: { height: axis(7, 3, 1, 2), width: axis(8, 2, 1, 3) },
  'dilation, stride and padding': { height: axis(9, 3, 2, 2, 1), width: axis(8, 2, 3, 2, 1) },
  'one column': { height: axis(6, 3, 2), width: axis(3, 3, 2) },
  'one pixel': { height: axis(6, 1), width: axis(7, 1) },
  'one pixel, two strides': { height: axis(6, 1, 2), width: axis(7, 1, 3) },
  'one pixel, two strides and padding': { height: axis(6, 1, 2, 1, 1), width: axis(7, 1, 3, 1, 1) },
};

const POOLS: Readonly<Record<string, Geometry>> = {
  plain: { height: axis(6, 2, 2), width: axis(8, 2, 2) },
  overlapping: { height: axis(7, 3, 2), width: axis(9, 3, 2) },
  padded: { height: axis(6, 3, 2, 1, 1), width: axis(7, 2, 1, 1, 1, 0) },
};

/** Some kernels use another algorithm if a value is not finite. */
const withAndWithoutNaN = (kernel: (x: tf.Tensor) => unknown): Record<string, Case> => ({
  finite: () => {
    const x = draw(50, 48);
    return () => kernel(x);
  },
  NaN: () => {
    const x = tf.fill([50, 48], NaN);
    return () => kernel(x);
  },
});

const each = (
  geometries: Readonly<Record<string, Geometry>>,
  make: (geometry: Geometry) => () => unknown,
): Record<string, Case> =>
  Object.fromEntries(Object.entries(geometries).map(([name, at]) => [name, () => make(at)]));

/** A geometry with so many windows that wasm and cpu compute them in chunks. */
const LARGE: Geometry = { height: axis(26, 5), width: axis(30, 5, 1, 1, 1) };
const [LARGE_N, LARGE_C] = [14, 24];

/**
 * Groupings of a tensor seen as [outer, rows, groups, columns]. Some lengths are prime, and some
 * are summed in blocks.
 */
const GROUPINGS: Readonly<Record<string, groups.ReductionGroups>> = {
  features: { outer: 1, rows: 36, groups: 5, columns: 1 },
  'groups of channels': { outer: 2, rows: 6, groups: 3, columns: 4 },
  examples: { outer: 3, rows: 1, groups: 1, columns: 36 },
  all: { outer: 1, rows: 1, groups: 1, columns: 7 },
  'many features': { outer: 1, rows: 4, groups: 9000, columns: 1 },
};
const elements = ({ outer, rows, groups, columns }: groups.ReductionGroups) =>
  draw<tf.Rank.R1>(outer * rows * groups * columns);
const perGroup = ({ outer, groups }: groups.ReductionGroups) => draw<tf.Rank.R3>(outer, 1, groups);
const grouping = (
  make: (grouping: groups.ReductionGroups) => () => unknown,
): Record<string, Case> =>
  Object.fromEntries(Object.entries(GROUPINGS).map(([name, of]) => [name, () => make(of)]));

const AT = CONVOLUTIONS['explicit padding'];
const BORDERS = {
  height: { input: 6, before: 2, after: 1 },
  width: { input: 7, before: 0, after: 3 },
};
const MODES = ['zeros', 'reflect', 'replicate', 'circular'] as const;
const inEachMode = (make: (mode: (typeof MODES)[number]) => () => unknown) =>
  Object.fromEntries(MODES.map((mode): [string, Case] => [mode, () => make(mode)]));

const MEANS = { height: windowMeans(axis(6, 2, 2), false), width: windowMeans(axis(8, 3), false) };
const RESIZED: Size = [N, 6, 8, C];

/** The batch-norm kernels take images, and treat rows as images. */
const inBothRanks = (make: (shape: number[]) => () => unknown): Record<string, Case> => ({
  images: () => make([N, 5, 7, C]),
  rows: () => make([40, C]),
});

const momentum =
  (shape: number[], nesterov: boolean): Case =>
  () => {
    const grad = tf.ones(shape);
    return () => {
      const [param, scalars] = [tf.tidy(() => tf.variable(tf.ones(shape))), new Scalars()];
      const options = { learningRate: 0.1, momentum: 0.9, nesterov };
      const velocity = momentumStep(param, tf.zeros(shape), grad, options, scalars);
      scalars.dispose();
      return [velocity, param];
    };
  };

const two = (): [tf.Tensor2D, tf.Tensor2D] => [draw<tf.Rank.R2>(3, 5), draw<tf.Rank.R2>(3, 5)];

/**
 * The cases of every exported function that makes tensors. A function with only one case has no
 * case names.
 */
const CASES: Readonly<Record<string, Case | Readonly<Record<string, Case>>>> = {
  conv2d: {
    ...each(CONVOLUTIONS, (at) => {
      const [x, w] = [images(at), filters(at)];
      return () => conv.conv2d(x, w, at);
    }),
    'in chunks': () => {
      const [x, w] = [images(LARGE, LARGE_C, LARGE_N), filters(LARGE, LARGE_C, 2)];
      return () => conv.conv2d(x, w, LARGE);
    },
  },
  'conv2d with a bias': each(CONVOLUTIONS, (at) => {
    const [x, w, b] = [images(at), filters(at), draw<tf.Rank.R1>(O)];
    return () => conv.conv2d(x, w, at, b);
  }),
  conv2dToInput: {
    ...each(CONVOLUTIONS, (at) => {
      const [g, w] = [outputs(at), filters(at)];
      return () => conv.conv2dToInput(g, w, at);
    }),
    'in chunks': () => {
      const [g, w] = [outputs(LARGE, 2, LARGE_N), filters(LARGE, LARGE_C, 2)];
      return () => conv.conv2dToInput(g, w, LARGE);
    },
  },
  conv2dToFilter: {
    ...each(CONVOLUTIONS, (at) => {
      const [x, g] = [images(at), outputs(at)];
      return () => conv.conv2dToFilter(x, g, at);
    }),
    'in chunks': () => {
      const [x, g] = [images(LARGE, LARGE_C, LARGE_N), outputs(LARGE, 2, LARGE_N)];
      return () => conv.conv2dToFilter(x, g, LARGE);
    },
  },
  runConvolution: () => {
    const inputs = { x: images(AT), filter: filters(AT) };
    return () => runConvolution('Conv2D', inputs, CONVOLUTIONS.plain);
  },
  groupedConv2d: () => {
    const [x, w, b] = [images(AT), filters(AT, C / 2), draw<tf.Rank.R1>(O)];
    return () => [grouped.groupedConv2d(x, w, AT, 2), grouped.groupedConv2d(x, w, AT, 2, b)];
  },
  groupedConv2dToInput: () => {
    const [g, w] = [outputs(AT), filters(AT, C / 2)];
    return () => grouped.groupedConv2dToInput(g, w, AT, 2);
  },
  groupedConv2dToFilter: () => {
    const [x, g] = [images(AT), outputs(AT)];
    return () => grouped.groupedConv2dToFilter(x, g, AT, 2);
  },
  depthwiseConv2d: each(CONVOLUTIONS, (at) => {
    const [x, w] = [images(at), filters(at, C, 3)];
    return () => depthwise.depthwiseConv2d(x, w, at);
  }),
  depthwiseConv2dToInput: each(CONVOLUTIONS, (at) => {
    const [g, w] = [outputs(at, 3 * C), filters(at, C, 3)];
    const [single, v] = [outputs(at, C), filters(at, C, 1)];
    return () => [
      depthwise.depthwiseConv2dToInput(g, w, at),
      depthwise.depthwiseConv2dToInput(single, v, at),
    ];
  }),
  depthwiseConv2dToFilter: each(CONVOLUTIONS, (at) => {
    const [x, g] = [images(at), outputs(at, 3 * C)];
    return () => depthwise.depthwiseConv2dToFilter(x, g, at);
  }),
  unfold: () => {
    const x = images(AT);
    return () => unfolding.unfold(x, AT);
  },
  unfoldToInput: () => {
    const { height, width } = AT;
    const cells = height.kernel * width.kernel * C;
    const rows = draw<tf.Rank.R3>(N, height.output * width.output, cells);
    return () => unfolding.unfoldToInput(rows, C, AT);
  },
  dilate: () => {
    const x = images(AT);
    return () => [dilation.dilate(x, 1, 3), dilation.dilate(x, 2, 1), dilation.dilate(x, 2, 2, 14)];
  },
  dilateAdjoint: () => {
    const y = images(AT);
    return () => [dilation.dilateAdjoint(y, 1, 3), dilation.dilateAdjoint(y, 2, 1)];
  },
  dilateFilters: () => {
    const w = filters(CONVOLUTIONS.dilation);
    return () => dilation.dilateFilters(w, CONVOLUTIONS.dilation);
  },
  dilateFiltersAdjoint: () => {
    const w = filters(dilation.undilatedGeometry(CONVOLUTIONS.dilation));
    return () => dilation.dilateFiltersAdjoint(w, CONVOLUTIONS.dilation);
  },
  im2col: () => {
    const x = images(AT);
    return () => windows.im2col(x, AT);
  },
  im2colTransposed: () => {
    const x = images(AT);
    return () => windows.im2colTransposed(x, AT);
  },
  col2im: () => {
    const m = draw<tf.Rank.R2>(N * windows.windowsOf(AT), windows.cellsOf(AT, C));
    const { height, width } = AT;
    return () => windows.col2im(m, [N, height.input, width.input, C], AT);
  },
  locallyConnected: {
    // With few multiplications per position the kernel uses one batched product; with many, one
    // product per position.
    'in batches': () => {
      const [x, w] = [
        images(AT),
        draw<tf.Rank.R3>(windows.windowsOf(AT), windows.cellsOf(AT, C), O),
      ];
      return () => local.locallyConnected(x, w, AT);
    },
    'place by place': () => {
      const cells = windows.cellsOf(AT, C);
      const [x, w] = [images(AT, C, 40), draw<tf.Rank.R3>(windows.windowsOf(AT), cells, 25)];
      return () => local.locallyConnected(x, w, AT);
    },
  },
  locallyConnectedToInput: {
    'in batches': () => {
      const [places, cells] = [windows.windowsOf(AT), windows.cellsOf(AT, C)];
      const [g, w] = [draw<tf.Rank.R3>(N, places, O), draw<tf.Rank.R3>(places, cells, O)];
      return () => local.locallyConnectedToInput(g, w, C, AT);
    },
    'place by place': () => {
      const [places, cells] = [windows.windowsOf(AT), windows.cellsOf(AT, C)];
      const [g, w] = [draw<tf.Rank.R3>(40, places, 25), draw<tf.Rank.R3>(places, cells, 25)];
      return () => local.locallyConnectedToInput(g, w, C, AT);
    },
  },
  locallyConnectedToFilters: {
    'in batches': () => {
      const [x, g] = [images(AT), draw<tf.Rank.R3>(N, windows.windowsOf(AT), O)];
      return () => local.locallyConnectedToFilters(x, g, AT);
    },
    'place by place': () => {
      const [x, g] = [images(AT, C, 40), draw<tf.Rank.R3>(40, windows.windowsOf(AT), 25)];
      return () => local.locallyConnectedToFilters(x, g, AT);
    },
  },
  depthWindows: () => {
    const x = draw<tf.Rank.R5>(N, AT.height.input, 2, 3, C);
    return () => volumes.depthWindows(x, AT.height, 1);
  },
  depthWindowsToInput: () => {
    const { output, kernel } = AT.height;
    const g = draw<tf.Rank.R4>(N * output, 2, 3, kernel * C);
    return () => volumes.depthWindowsToInput(g, AT.height, 1);
  },
  filtersOfImages: () => {
    const w = draw<tf.Rank.R5>(2, 3, 2, C, O);
    return () => volumes.filtersOfImages(w);
  },
  filtersOfVolumes: () => {
    const w = draw<tf.Rank.R4>(3, 2, 2 * C, O);
    return () => volumes.filtersOfVolumes(w, 2);
  },
  maxPool2d: each(POOLS, (at) => {
    const x = images(at);
    return () => maxPool.maxPool2d(x, at);
  }),
  maxPool2dWithWinners: each(POOLS, (at) => {
    const x = images(at);
    return () => maxPool.maxPool2dWithWinners(x, at);
  }),
  maxPool2dToInput: each(POOLS, (at) => {
    const [x, g] = [images(at), outputs(at, C)];
    const { output, winners } = maxPool.maxPool2dWithWinners(x, at);
    return () => [
      maxPool.maxPool2dToInput(g, x, output, at),
      maxPool.maxPool2dToInput(g, x, output, at, winners),
    ];
  }),
  avgPool2d: each(POOLS, (at) => {
    const x = images(at);
    return () => [avgPool.avgPool2d(x, at, false), avgPool.avgPool2d(x, at, true)];
  }),
  avgPool2dToInput: each(POOLS, (at) => {
    const g = outputs(at, C);
    return () => [avgPool.avgPool2dToInput(g, at, false), avgPool.avgPool2dToInput(g, at, true)];
  }),
  pad2d: inEachMode((mode) => {
    const x = images(AT);
    return () => [padding.pad2d(x, BORDERS, mode), padding.pad2d(x, BORDERS, mode, -1)];
  }),
  pad2dToInput: inEachMode((mode) => {
    const g = draw<tf.Rank.R4>(N, 9, 10, C);
    return () => padding.pad2dToInput(g, BORDERS, mode);
  }),
  paddedInput: inEachMode((mode) => {
    const x = images(AT);
    return () => padding.paddedInput(x, AT, mode).images;
  }),
  paddedInputToInput: inEachMode((mode) => {
    const { height, width } = mode === 'zeros' ? AT : paddedGeometry(AT);
    const g = draw<tf.Rank.R4>(N, height.input, width.input, C);
    return () => padding.paddedInputToInput(g, AT, mode);
  }),
  bound: withAndWithoutNaN((x) => bound(x, 0.5)),
  between: withAndWithoutNaN((x) => between(x, 0, 1)),
  clip: withAndWithoutNaN((x) => clip(x, 0, 1)),
  maximum: withAndWithoutNaN((x) => maximum(x, x)),
  signOf: withAndWithoutNaN(signOf),
  roughSum: withAndWithoutNaN(roughSum),
  surelyFinite: withAndWithoutNaN((x) => void surelyFinite(x)),
  maxOfCells: () => {
    const x = images(AT);
    return () => [[1, 1] as const, [2, 3] as const, [3, 20] as const].map((size) => maxOfCells(x, coverAxes(x.shape, size))); // prettier-ignore
  },
  maxOfCellsToInput: () => {
    const x = images(AT);
    const windows = coverAxes(x.shape, [2, 3]);
    const { output, winners } = maxOfCells(x, windows);
    return () => [
      maxOfCellsToInput(output, x, output, windows),
      maxOfCellsToInput(output, x, output, windows, winners),
    ];
  },
  maxPool2dInLoops: each(POOLS, (at) => {
    const x = images(at);
    return () => maxPoolLoops.maxPool2dInLoops(x, at);
  }),
  maxPool2dToInputInLoops: each(POOLS, (at) => {
    const [g, x, y] = [outputs(at, C), images(at), outputs(at, C)];
    return () => maxPoolLoops.maxPool2dToInputInLoops(g, x, y, at);
  }),
  mapAxis: () => {
    const x = draw<tf.Rank.R4>(...RESIZED);
    return () => axisMap.mapAxis(x, 1, MEANS.height);
  },
  byMatMul: () => {
    const x = draw<tf.Rank.R4>(...RESIZED);
    return () => axisMap.byMatMul(x, 1, MEANS.height);
  },
  mapImage: () => {
    const x = draw<tf.Rank.R4>(...RESIZED);
    return () => axisMap.mapImage(x, MEANS);
  },
  mapImageToInput: () => {
    const g = draw<tf.Rank.R4>(N, MEANS.height.rows.length, MEANS.width.rows.length, C);
    return () => axisMap.mapImageToInput(g, MEANS);
  },
  resize: () => {
    const x = draw<tf.Rank.R4>(...RESIZED);
    const by = (factor: number, map: typeof nearest | typeof linear) => ({
      height: map(6, 6 * factor, factor, false),
      width: map(8, 8 * factor, factor, false),
    });
    return () => [
      resize(x, [2, 2], 'nearest', by(2, nearest)),
      resize(x, [2, 2], 'bilinear', by(2, linear)),
      resize(x, [3, 3], 'bilinear', by(3, linear)),
      resize(x, [2, 2], 'aligned', by(2, linear)),
    ];
  },
  matMul: () => {
    const [a, b, wide] = [draw<tf.Rank.R2>(3, 5), draw<tf.Rank.R2>(5, 2), draw<tf.Rank.R2>(5, 9)];
    return () => [matrix.matMul(a, b), matrix.matMul(a, wide)];
  },
  matMulTransposedA: () => {
    const [a, b] = [draw<tf.Rank.R2>(5, 3), draw<tf.Rank.R2>(5, 9)];
    return () => matrix.matMulTransposedA(a, b);
  },
  matMulTransposedB: () => {
    const [a, b, tall] = [draw<tf.Rank.R2>(3, 5), draw<tf.Rank.R2>(2, 5), draw<tf.Rank.R2>(9, 5)];
    return () => [matrix.matMulTransposedB(a, b), matrix.matMulTransposedB(a, tall)];
  },
  multiplyEach: () => {
    const [a, b] = [draw<tf.Rank.R3>(2, 3, 5), draw<tf.Rank.R3>(1, 5, 4)];
    return () => [
      matrix.multiplyEach(a, b),
      matrix.multiplyEach(a, a, true),
      matrix.multiplyEach(a, a, false, true),
    ];
  },
  asRows: () => {
    const x = draw<tf.Rank.R5>(2, 1, 3, 2, 4);
    return () => matrix.asRows(x, (rows) => tf.mul(rows, rows));
  },
  sumOver: grouping((of) => {
    const x = elements(of);
    return () => groups.sumOver(x, of);
  }),
  meanOver: grouping((of) => {
    const x = elements(of);
    return () => groups.meanOver(x, of);
  }),
  momentsOver: grouping((of) => {
    const x = elements(of);
    return () => groups.momentsOver(x, of);
  }),
  broadcastGroups: grouping((of) => {
    const x = perGroup(of);
    return () => groups.broadcastGroups(x, of);
  }),
  standardizeGroups: grouping((of) => {
    const x = elements(of);
    return () => standardizeGroups(x, of, 1e-3);
  }),
  standardizeGroupsToInput: grouping((of) => {
    const x = elements(of);
    const standardized = standardizeGroups(x, of, 1e-3);
    return () => standardizeGroupsToInput(x, standardized, of);
  }),
  shiftFeatures: inBothRanks((shape) => {
    const [x, b] = [tf.ones(shape), draw<tf.Rank.R1>(C)];
    return () => features.shiftFeatures(x, b);
  }),
  scaleAndShiftFeatures: inBothRanks((shape) => {
    const [x, s, b] = [tf.ones(shape), draw<tf.Rank.R1>(C), draw<tf.Rank.R1>(C)];
    return () => features.scaleAndShiftFeatures(x, s, b);
  }),
  scaleFeatures: inBothRanks((shape) => {
    const [x, s] = [tf.ones(shape), draw<tf.Rank.R1>(C)];
    return () => features.scaleFeatures(x, s);
  }),
  standardize: inBothRanks((shape) => {
    const x = tf.ones(shape);
    return () => features.standardize(x, 1e-3);
  }),
  standardizeToInput: inBothRanks((shape) => {
    const [g, s] = [tf.ones(shape), draw<tf.Rank.R1>(C)];
    return () => features.standardizeToInput(g, g, s);
  }),
  standardizeAcross: inBothRanks((shape) => {
    const x = tf.ones(shape);
    return () => standardizeAcross(soloGroup, x, 1e-5, true);
  }),
  standardizeToInputAcross: inBothRanks((shape) => {
    const [g, s] = [tf.ones(shape), draw<tf.Rank.R1>(C)];
    const across = { values: 4, counts: true, sum: () => undefined };
    return () => standardizeToInputAcross(across, g, g, s);
  }),
  normGradSums: inBothRanks((shape) => {
    const g = tf.ones(shape);
    return () => features.normGradSums(g, g);
  }),
  localWindow: () => () => localMeans.localWindow(5, 6, { kernelSize: [3, 5], sigma: [1, 2] }),
  localMean: () => {
    const window = localMeans.localWindow(5, 6, { kernelSize: [3, 5], sigma: [1, 2] });
    const maps = draw<tf.Rank.R3>(N, 5, 6);
    return () => localMeans.localMean(maps, window);
  },
  localMeanToInput: () => {
    const window = localMeans.localWindow(5, 6, { kernelSize: [3, 5], sigma: [1, 2] });
    const maps = draw<tf.Rank.R3>(N, 5, 6);
    return () => localMeans.localMeanToInput(maps, window);
  },
  asMap: () => {
    const x = draw<tf.Rank.R2>(N * 5 * 6, 1);
    return () => localMeans.asMap(x, [N, 5, 6, C]);
  },
  centerFlat: () => {
    const [flat, images] = [tf.fill([N, 5, 6, C], 7), draw<tf.Rank.R4>(N, 5, 6, C)];
    const maps = [tf.fill([N, 5, 6], 7), draw<tf.Rank.R3>(N, 5, 6)] as tf.Tensor3D[];
    return () => [
      localMeans.centerFlat(flat as tf.Tensor4D, maps[0]),
      localMeans.centerFlat(images, maps[1]),
    ];
  },
  sumOfChannels: () => {
    const x = images(AT);
    return () => sumOfChannels(x, 1, 2);
  },
  inversePower: () => {
    const x = images(AT);
    return () => [inversePower(x, 0.75), inversePower(x, 0.5)];
  },
  sumLeading: () => {
    const x = images(AT);
    const long = tf.ones([2 ** 16 + 2, 2]);
    return () => [...[0, 1, 2].map((trailing) => sumLeading(x, trailing)), sumLeading(long)];
  },
  sumTo: () => {
    const x = images(AT);
    const [n, h, w, c] = x.shape;
    const shapes = [
      [n, h, w, c],
      [n, 1, 1, c],
      [n, 1, w, 1],
    ];
    return () => shapes.map((shape) => sumTo(x, shape));
  },
  sumAll: () => {
    const x = images(AT);
    return () => sumAll(x);
  },
  meanAll: () => {
    const x = images(AT);
    return () => meanAll(x);
  },
  normOf: () => {
    const [x, huge] = [images(AT), tf.fill([3], 3e38)];
    return () => [normOf([x, x]), normOf([x, huge])];
  },
  zeroIfFinite: () => {
    const [x, huge, integers] = [images(AT), tf.fill([3], 3e38), tf.zeros([2], 'int32')];
    return () => [[], [x], [x, integers], [integers], [x, huge]].map((some) => zeroIfFinite(some));
  },
  plus: () => {
    const [a, b] = two();
    return () => arithmetic.plus(a, b);
  },
  times: () => {
    const [a, b] = two();
    return () => arithmetic.times(a, b);
  },
  minus: () => {
    const [a, b] = two();
    return () => arithmetic.minus(a, b);
  },
  addBias: () => {
    const [x, b] = [images(AT), draw<tf.Rank.R1>(C)];
    return () => arithmetic.addBias(x, b);
  },
  mulNoNan: () => {
    const [a, b] = two();
    return () => arithmetic.mulNoNan(a, b);
  },
  power: () => {
    const x = images(AT);
    return () => [-1, 0, 0.5, 1, 2, 2.5].map((p) => arithmetic.power(x, p));
  },
  positivePart: () => {
    const x = images(AT);
    return () => parts.positivePart(x);
  },
  positivePartToInput: () => {
    const x = images(AT);
    return () => parts.positivePartToInput(x, x);
  },
  negativePart: () => {
    const x = images(AT);
    return () => parts.negativePart(x);
  },
  expOf: withAndWithoutNaN(nan.expOf),
  logOf: withAndWithoutNaN(nan.logOf),
  powOf: withAndWithoutNaN((x) => nan.powOf(x, 1.2)),
  quotient: withAndWithoutNaN((x) => nan.quotient(x, x)),
  sigmoidOf: withAndWithoutNaN(nan.sigmoidOf),
  softmaxOf: withAndWithoutNaN(nan.softmaxOf),
  softplusOf: withAndWithoutNaN(nan.softplusOf),
  logSoftmax: () => {
    const [x] = two();
    return () => logSoftmax(x);
  },
  normalCdf: () => {
    const x = images(AT);
    return () => normalCdf(x);
  },
  oneHot: () => () => [oneHot([1, 0, 2], 3), oneHot([1, 0, 5], 3, [1, 2, 0])],
  atClass: () => {
    const labels = tf.tensor1d([1, 0, 2], 'int32');
    return () => atClass(labels, 3);
  },
  dropMask: () => () => dropMask({}, [3, 4], 0.3, { rng: new Rng(0) }),
  adamMoments: () => {
    const [g, mean, squares] = [1, 2, 3].map(() => tf.ones([2, 3]));
    const numbers = { betas: [0.9, 0.999], rate: 0.1, scale: 2, eps: 1e-8 } as const;
    return () => {
      const scalars = new Scalars();
      const moments = adamMoments(g, mean, squares, numbers, scalars);
      scalars.dispose();
      return { ...moments };
    };
  },
  momentumStep: {
    small: momentum([2, 3], false),
    'small, Nesterov': momentum([2, 3], true),
    large: momentum([521, 523], false),
    'large, Nesterov': momentum([521, 523], true),
  },
  computeOnHost: () => {
    const x = images(AT);
    return () => host.computeOnHost([x], x.shape, (y, values) => y.set(values));
  },
  sliceOnHost: () => {
    const x = images(AT);
    return () => host.sliceOnHost(x, 5, [2, 3]);
  },
  hostValues: () => {
    const x = images(AT);
    return () => hostValues(x);
  },
};

/** The cases of functions that exist on one backend only. */
const OF_ONE_BACKEND: Readonly<Partial<Record<(typeof BACKENDS)[number], typeof CASES>>> = {
  ...Object.fromEntries(
    (['cpu', 'wasm'] as const).map((backend) => [
      backend,
      {
        matMulInBlocks: () => {
          const [a, b] = [draw<tf.Rank.R2>(2, 20_000), draw<tf.Rank.R2>(20_000, 3)];
          return () => matMulInBlocks(a, b);
        },
        writeOnHost: () => {
          const [x, y] = [images(AT), host.computeOnHost([], [3], () => undefined)];
          return () => host.writeOnHost(y, [x], (values, [first]) => values.fill(first));
        },
      },
    ]),
  ),
  tensorflow: {
    hasOneDnn: () => () => tensorflow.hasOneDnn(),
    runOperation: () => {
      const x = images(AT);
      return () => tensorflow.runOperation('Relu', {}, [x]);
    },
    runOperations: () => {
      const x = images(AT);
      return () => tensorflow.runOperations('Relu', {}, [x], 1);
    },
    shapeTensor: () => () => tensorflow.shapeTensor([2, 3]),
  },
};

/**
 * Exported functions that need no case: they make no tensors, or the cases of their callers test
 * them.
 */
const WITHOUT_CASE = new Set(
  [
    'copyToHost forBackend onHost onTensorflow onSoftwareGpu isPacked freeIfUnshared runOnWebgl runOnWebgpu',
    'perRow perColumn perElement slidingAttributes poolingAttributes isSame attributes',
    'poolAttributes gather scatter batchChunks windowsOf cellsOf copy windowsInside matrixAt',
    'transposeOf addProduct undilatedGeometry isDilated withDilatedGradients withDilation',
    'webglKernels transposed nearest linear windowSums windowMeans windowSumsFilledUp',
    'windowsThatCover coverAxis coverAxes dilatedWindows hasEmptyWindow',
    'viewOf groupSize pixelsOf spread sumInLoops addRows normalTail',
    'checkDropProbability bitsOf mapOnWebgl mapOnWebgpu sumOfRun cellsInWindow',
    // These are parts of the kernels on wasm, which have cases.
    'Simd Pool startSimd startPool setSimd addSimd simd simdOf runElementwise float unitsOf',
    'byFeature wasmSimd',
    'axisFields reach isInside rowsOfStrip panelsWidth simdStandardize simdStandardizeToInput moments withSums mapLines',
  ].flatMap((names) => names.split(' ')),
);

const counts = () => {
  const { numTensors, numDataBuffers } = tf.memory();
  return { numTensors, numDataBuffers, numDataIds: tf.backend().numDataIds() };
};

const named = (cases: typeof CASES): [string, Case][] =>
  Object.entries(cases).flatMap(([kernel, one]) =>
    typeof one === 'function'
      ? [[kernel, one] as [string, Case]]
      : Object.entries(one).map(([what, run]): [string, Case] => [`${kernel}: ${what}`, run]),
  );

function leavesNothing(prepare: Case): void {
  tf.tidy(() => {
    const run = prepare();
    const before = counts();
    disposeTensors(run());
    expect(counts()).toEqual(before);
  });
}

describe.each([...BACKENDS, 'float64'] as const)('leaves nothing behind: %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(named({ ...CASES, ...OF_ONE_BACKEND[backend] }))('%s', (_, prepare) =>
    leavesNothing(prepare),
  );
});

// Simulates a GPU, where TensorFlow has no oneDNN kernels.
if (BACKENDS.includes('tensorflow')) {
  describe('leaves nothing behind without oneDNN: tensorflow', () => {
    beforeAll(async () => {
      await useBackend('tensorflow');
      Object.assign(tf.backend(), { isUsingGpuDevice: true });
    });
    afterAll(() => void Object.assign(tf.backend(), { isUsingGpuDevice: false }));

    test('runs without oneDNN', () => expect(tensorflow.hasOneDnn()).toBe(false));

    test.each(named(CASES))('%s', (_, prepare) => leavesNothing(prepare));
  });
}

test('every function that lib/kernels exports has a case, unless it makes no tensors', async () => {
  const folder = new URL('../../../lib/kernels/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const exported: string[] = [];
  // The graphs run whole steps; spec/train/compiledRuns.long.spec.ts checks their memory.
  const kernels = files.filter((name) => name.endsWith('.ts') && !name.startsWith('graph'));
  // One after another, because Jest cannot load modules that import each other at the same time.
  for (const file of kernels) {
    const module = (await import(new URL(file, folder).href)) as Record<string, unknown>;
    exported.push(...Object.keys(module).filter((name) => typeof module[name] === 'function'));
  }
  const withCase = new Set(
    [CASES, ...Object.values(OF_ONE_BACKEND)].flatMap((cases) =>
      Object.keys(cases).map((title) => title.split(' ')[0]),
    ),
  );
  const isListed = (name: string) => withCase.has(name) !== WITHOUT_CASE.has(name);
  expect(exported.filter((name) => !isListed(name))).toEqual([]);
  expect([...withCase, ...WITHOUT_CASE].filter((name) => !exported.includes(name))).toEqual([]);
});

test('finds a tensor that a kernel makes and does not return', async () => {
  await useBackend(BACKENDS[0]);
  const leaking: Case = () => () => [0, 1].map(() => tf.ones([2]))[0];
  expect(() => leavesNothing(leaking)).toThrow('numTensors');
});
