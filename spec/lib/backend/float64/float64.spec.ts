import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { registerFloat64 } from '../../../../lib/backend/float64/index.ts';
import {
  bools,
  call,
  type Data,
  type Inputs,
  integers,
  ints,
  named,
  real,
  reals,
  run,
  tensor,
} from '../../../support/float64.ts';

/**
 * Compares every kernel of the float64 backend with tfjs's cpu backend. Kernels are called by name,
 * with shapes for which swapped axes change the result. If tfjs is wrong or lacks the kernel,
 * float64Values.spec.ts has values from other sources.
 */
type Case = [kernel: string, inputs: Inputs, attrs?: object];

const x = real([2, 3, 4]);
const positive = real([2, 3, 4], 0.1, 3);
const special = reals(-Infinity, -2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, Infinity, NaN);
const unary = (names: string, input: Data, attrs: object = {}): Case[] =>
  names.split(' ').map((name) => [name, { x: input }, attrs]);

/**
 * Input pairs for broadcasting: equal shapes, a scalar on either side, a row, and a column with a
 * row.
 */
const binary = (names: string, make: (shape: number[]) => Data): Case[] =>
  names.split(' ').flatMap((name): Case[] => [
    [name, { a: make([2, 3, 4]), b: make([2, 3, 4]) }],
    [name, { a: make([2, 3]), b: make([]) }],
    [name, { a: make([]), b: make([2, 3]) }],
    [name, { a: make([2, 3, 4]), b: make([4]) }],
    [name, { a: make([3, 1]), b: make([2, 1, 4]) }],
  ]);

const reduction = (names: string, input: Data, axisName = 'axis'): Case[] =>
  names.split(' ').flatMap((name): Case[] => [
    [name, { x: input }, { [axisName]: 1, keepDims: false }],
    [name, { x: input }, { [axisName]: [0, 2], keepDims: true }],
    [name, { x: input }, { [axisName]: [-1, 0], keepDims: false }],
    [name, { x: input }, { [axisName]: [0, 1, 2], keepDims: false }],
  ]);

const numbers = (shape: number[]) => real(shape);
const smallIntegers = (shape: number[]) => integers(shape, -2, 3);

const elementwise: Case[] = [
  ...unary(
    'Abs Neg Exp Expm1 Square Reciprocal Tanh Sigmoid Relu Relu6 Elu Selu Sign Softplus Erf',
    x,
  ),
  ...unary('Floor Ceil Round Sin Cos Tan Atan IsNan IsInf IsFinite Identity ZerosLike OnesLike', x),
  ...unary('Floor Ceil Round Relu Abs IsNan IsInf IsFinite Softplus Sigmoid Tanh Elu Exp', special),
  ...unary('Log Log1p Sqrt Rsqrt', positive),
  ...unary('Step', x, { alpha: 0.3 }),
  ...unary('Step', special, { alpha: 0.3 }),
  ...unary('LeakyRelu', x, { alpha: 0.3 }),
  ...unary('ClipByValue', x, { clipValueMin: -0.5, clipValueMax: 1.1 }),
  ...unary('Cast', x, { dtype: 'int32' }),
  ...unary('Cast', x, { dtype: 'float32' }),
  ...unary('Cast', smallIntegers([3, 4]), { dtype: 'bool' }),
  ...unary('Cast', smallIntegers([3, 4]), { dtype: 'float32' }),
  ...unary('Cast', bools([3, 4]), { dtype: 'float32' }),
  ...unary('LogicalNot ZerosLike OnesLike', bools([3, 4])),
  ...binary('Add Sub Multiply Maximum Minimum SquaredDifference', numbers),
  ...binary('Add Sub Multiply', smallIntegers),
  ...binary('RealDiv FloorDiv Mod', (shape) => real(shape, 0.5, 3)),
  ...binary('Mod', (shape) => real(shape, -3, -0.5)),
  ['Mod', { a: real([9], -5, 5), b: real([9], 0.5, 1) }],
  ...binary('Pow', (shape) => real(shape, 0.1, 2)),
  ...binary('Greater GreaterEqual Less LessEqual Equal NotEqual', smallIntegers),
  ...binary('LogicalAnd LogicalOr', bools),
  ['Prelu', { x, alpha: real([4]) }],
  ['AddN', [real([2, 3]), real([2, 3]), real([2, 3])]],
  ['Select', { condition: bools([2, 3, 4]), t: x, e: positive }],
];

const reductions: Case[] = [
  ...reduction('Sum Mean Min Prod', x),
  ...reduction('Sum Prod', smallIntegers([2, 3, 4])),
  ...reduction('Max', x, 'reductionIndices'),
  ...reduction('All Any', bools([2, 3, 4])),
  ...[0, 1, 2].flatMap((axis) => unary('ArgMax ArgMin', x, { axis })),
  ...[false, true].flatMap((exclusive) =>
    [false, true].flatMap((reverse) => unary('Cumsum', x, { axis: 1, exclusive, reverse })),
  ),
];

const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
const shapes: Case[] = [
  ...unary('Reshape', x, { shape: [4, -1] }),
  ...[0, 2, 3].map((dim): Case => ['ExpandDims', { input: x }, { dim }]),
  ...unary('Transpose', x, { perm: [2, 0, 1] }),
  ...unary('Reverse', x, { dims: [0, 2] }),
  ...unary('Slice', x, { begin: [1, 0, 2], size: [1, 2, -1] }),
  ...unary('StridedSlice', x, { begin: [0, 2, 3], end: [2, 0, 0], strides: [1, -1, -2], ...masks }),
  // If an axis is also dropped, tfjs reads the wrong elements; float64Values.spec.ts tests that
  // case.
  ...unary('StridedSlice', x, { begin: [1], end: [2], strides: [1], ...masks }),
  ['Concat', [real([2, 1, 4]), x, real([2, 2, 4])], { axis: 1 }],
  ['Concat', [smallIntegers([2]), smallIntegers([3])], { axis: 0 }],
  ...[0, 1, 2].map((axis): Case => ['Pack', [real([2, 3]), real([2, 3])], { axis }]),
  ...[0, 1, -1].map((axis): Case => ['Unpack', { value: x }, { axis }]),
  ...unary('SplitV', x, { numOrSizeSplits: [1, 3], axis: 2 }),
  ...unary('SplitV', x, { numOrSizeSplits: 3, axis: 1 }),
  ...unary('Tile', x, { reps: [3, 1, 2] }),
  ...unary('PadV2', x, { paddings: [[0, 1], [2, 0], [1, 3]], constantValue: 0.5 }), // prettier-ignore
  ...unary('MirrorPad', x, { paddings: [[0, 1], [2, 0], [1, 3]], mode: 'reflect' }), // prettier-ignore
  ...unary('MirrorPad', x, { paddings: [[0, 1], [2, 0], [1, 3]], mode: 'symmetric' }), // prettier-ignore
];

const places: Case[] = [
  ['GatherV2', { x, indices: ints([2, 2], 2, 0, 1, 1) }, { axis: 1, batchDims: 0 }],
  [
    'GatherV2',
    { x, indices: ints([2, 5], 3, 0, 1, 1, 2, 0, 3, 3, 2, 1) },
    { axis: 2, batchDims: 1 },
  ],
  ['GatherNd', { params: x, indices: ints([3, 2], 1, 2, 0, 0, 1, 1) }],
  ['ScatterNd', { indices: ints([3, 1], 4, 1, 4), updates: real([3, 2]) }, { shape: [5, 2] }],
  [
    'OneHot',
    { indices: ints([2, 2], 2, 0, -1, 3) },
    { depth: 3, onValue: 2, offValue: -1, dtype: 'float32' },
  ],
  [
    'OneHot',
    { indices: ints([3], 2, 0, 1) },
    { depth: 3, onValue: 1, offValue: 0, dtype: 'int32' },
  ],
  ['Fill', {}, { shape: [2, 3], value: 1.5, dtype: 'float32' }],
  ['Range', {}, { start: 1, stop: 3, step: 0.5, dtype: 'float32' }],
  ['Range', {}, { start: 5, stop: -2, step: -2, dtype: 'int32' }],
  ['Range', {}, { start: 3, stop: 0, step: 1, dtype: 'int32' }],
  ['Range', {}, { start: 0, stop: 3, step: -1, dtype: 'int32' }],
  ['LinSpace', {}, { start: -1, stop: 2, num: 7 }],
];

const products: Case[] = [
  [
    'BatchMatMul',
    { a: real([2, 3, 4]), b: real([2, 4, 5]) },
    { transposeA: false, transposeB: false },
  ],
  [
    'BatchMatMul',
    { a: real([2, 4, 3]), b: real([2, 4, 5]) },
    { transposeA: true, transposeB: false },
  ],
  [
    'BatchMatMul',
    { a: real([2, 3, 4]), b: real([2, 5, 4]) },
    { transposeA: false, transposeB: true },
  ],
  [
    'BatchMatMul',
    { a: real([2, 4, 3]), b: real([1, 5, 4]) },
    { transposeA: true, transposeB: true },
  ],
  [
    'BatchMatMul',
    { a: real([1, 1, 3, 4]), b: real([5, 2, 4, 2]) },
    { transposeA: false, transposeB: false },
  ],
  ['Softmax', { logits: real([3, 4], -9, 9) }, { dim: 1 }],
];

type Window = Omit<tf.Conv2DAttrs, 'dataFormat'>;

const nhwc = { dataFormat: 'NHWC' };
const asymmetric: tf.backend_util.ExplicitPadding = [[0, 0], [0, 1], [2, 1], [0, 0]]; // prettier-ignore
const windows: Window[] = [
  { strides: [1, 1], pad: 'valid', dilations: 1 },
  { strides: [2, 1], pad: 'same', dilations: 1 },
  { strides: [1, 3], pad: asymmetric, dilations: 1 },
  { strides: 2, pad: asymmetric, dilations: 1, dimRoundingMode: 'floor' },
];
const dilated: Window[] = [{ strides: 1, pad: 'same', dilations: [2, 1] }, { strides: 1, pad: asymmetric, dilations: [1, 2] }]; // prettier-ignore

const image = real([2, 6, 7, 3]);
/** The shape of the output, which is also the shape of its gradient. */
const outShape = (
  depthwise: boolean,
  filterShape: number[],
  { strides, pad, dilations, dimRoundingMode }: Window,
) =>
  tf.backend_util.computeConv2DInfo(
    [2, 6, 7, 3],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  ).outShape;

function convolution(
  prefix: string,
  depthwise: boolean,
  filterShape: number[],
  attrs: Window,
): Case[] {
  const gradient = depthwise ? 'DepthwiseConv2dNativeBackprop' : 'Conv2DBackprop';
  const filter = real(filterShape);
  const dy = real(outShape(depthwise, filterShape, attrs));
  return [
    [prefix, { x: image, filter }, { ...attrs, ...nhwc }],
    [`${gradient}Input`, { dy, filter }, { ...attrs, ...nhwc, inputShape: image.shape }],
    [`${gradient}Filter`, { x: image, dy }, { ...attrs, ...nhwc, filterShape }],
  ];
}

const convolutions: Case[] = [
  ...windows.flatMap((attrs) => convolution('Conv2D', false, [3, 2, 3, 4], attrs)),
  ...windows.flatMap((attrs) => convolution('DepthwiseConv2dNative', true, [3, 2, 3, 2], attrs)),
  // Only forward: tfjs's gradients ignore dilation. float64Values.spec.ts tests those of float64.
  ...dilated.flatMap((attrs) => convolution('Conv2D', false, [3, 2, 3, 4], attrs).slice(0, 1)),
  ...dilated.flatMap((attrs) =>
    convolution('DepthwiseConv2dNative', true, [3, 2, 3, 2], attrs).slice(0, 1),
  ),
];

const pools: Case[] = windows.flatMap((window) => {
  const attrs = { ...window, filterSize: [3, 2] };
  const dy = real(outShape(true, [3, 2, 3, 1], window));
  const input = real([2, 6, 7, 3], -3, -1);
  const cases: Case[] = [
    ['MaxPool', { x: image }, attrs],
    ['AvgPool', { x: image }, attrs],
    ['MaxPoolGrad', { dy, input, output: dy }, attrs],
  ];
  // tfjs's gradient is right only if no window reaches beyond the input.
  if (window.pad === 'valid') cases.push(['AvgPoolGrad', { dy, input }, attrs]);
  return cases;
});

const cases = [elementwise, reductions, shapes, places, products, convolutions, pools].flat();

const counts = () => [
  tf.memory().numTensors,
  tf.memory().numDataBuffers,
  tf.backend().numDataIds(),
];

beforeAll(() => {
  registerFloat64();
  tf.env().set('IS_TEST', true); // tfjs then looks for leaks after every kernel
});

const summary = (inputs: Inputs, attrs: object = {}) =>
  `${JSON.stringify(Object.values(inputs).map((data: Data) => data.shape))} ${JSON.stringify(attrs)}`;

describe('a float64 kernel agrees with the cpu backend and leaks nothing:', () => {
  it.each(
    cases.map(
      ([kernel, inputs, attrs]) => [kernel, summary(inputs, attrs), inputs, attrs] as const,
    ),
  )('%s %s', async (kernel, _, inputs, attrs = {}) => {
    await tf.setBackend('cpu');
    const expected = run(kernel, inputs, attrs);
    await tf.setBackend('float64');
    const before = counts();
    const got = run(kernel, inputs, attrs);
    expect(counts()).toEqual(before);
    expect(got.map(({ shape, dtype }) => [shape, dtype])).toEqual(
      expected.map(({ shape, dtype }) => [shape, dtype]),
    );
    got.forEach(({ values, dtype }, n) => {
      expect(values.constructor).toBe(
        { float32: Float64Array, int32: Int32Array, bool: Uint8Array }[dtype],
      );
      values.forEach((value, i) => {
        const other = expected[n].values[i];
        if (!Number.isFinite(other)) expect(value).toBe(other);
        else expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-6 + 2e-6 * Math.abs(other));
      });
    });
  });
});

it('has a case for every kernel that is registered', () => {
  const withoutOracle = ['LogSoftmax']; // tfjs has no such kernel
  const covered = new Set([...cases.map(([kernel]) => kernel), ...withoutOracle]);
  const registered = tf.getKernelsForBackend('float64').map(({ kernelName }) => kernelName);
  expect(registered.filter((name) => !covered.has(name))).toEqual([]);
  expect([...covered].filter((name) => !registered.includes(name))).toEqual([]);
});

it('modifies no input', async () => {
  await tf.setBackend('float64');
  for (const [kernel, inputs, attrs = {}] of cases) {
    tf.tidy(() => {
      const tensors = named(inputs, tensor);
      call(kernel, tensors, attrs);
      const after = Object.values(tensors).map((t) => t.dataSync());
      expect(after).toEqual(Object.values(inputs).map((data: Data) => data.values));
    });
  }
});
