import { square, type Tensor } from '@tensorflow/tfjs-core';
import { boxNames } from '../../gradcheck/index.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { fill, glorotUniform, positiveUniform, zeros } from '../../lib/init/initializers.ts';
import type { AnyModule } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import * as modules from '../../modules/index.ts';

/**
 * Compares the defaults of every option with the documented ones. The fixtures would not notice a
 * wrong default, because they pass all options.
 */

const rng = () => new Rng(3);
const table = [[0], [0, 1]];
const {
  Affine,
  Arithmetic,
  AvgPool1D,
  AvgPool2D,
  AvgPool3D,
  BatchNorm,
  Branch,
  CCell,
  ContrastNorm2D,
  Conv1D,
  Conv2D,
  Conv3D,
  ConvTranspose2D,
  DepthwiseConv2D,
  DivisiveNorm2D,
  Dropout,
  ELU,
  GELU,
  GroupNorm,
  HardTanh,
  Identity,
  InstanceNorm,
  LPPool2D,
  LayerNorm,
  LeakyReLU,
  Linear,
  LocalResponseNorm,
  LocallyConnected1D,
  LocallyConnected2D,
  MaxPool1D,
  MaxPool2D,
  MaxPool3D,
  MaxUnpool2D,
  PReLU,
  Pad2D,
  Pointwise,
  RBF,
  Residual,
  SCell,
  ScaledTanh,
  Slice,
  Softplus,
  SpatialDropout,
  SubtractiveNorm2D,
  SumPool2D,
  TableConv2D,
  Tanh,
  Upsample2D,
} = modules;

const filters = { bias: true, init: glorotUniform } as const;
const sliding = { stride: 1, padding: 'valid', paddingMode: 'zeros', dilation: 1 } as const;
const pooling = { stride: 3, padding: 'valid', ceilMode: false } as const;
const gaussian = { kernelSize: 7, sigma: 7 / 4 };
const h = (x: Tensor) => square(x);

/** Each box with its defaults, and the same box with all options written out. */
const PAIRS: Record<string, readonly [() => unknown, () => unknown]> = {
  Linear: [
    () => new Linear(3, 2, { rng: rng() }),
    () => new Linear(3, 2, { ...filters, rng: rng() }),
  ],
  Conv1D: [
    () => new Conv1D(2, 3, 3, { rng: rng() }),
    () => new Conv1D(2, 3, 3, { ...sliding, groups: 1, ...filters, rng: rng() }),
  ],
  Conv2D: [
    () => new Conv2D(2, 3, 3, { rng: rng() }),
    () => new Conv2D(2, 3, 3, { ...sliding, groups: 1, ...filters, rng: rng() }),
  ],
  ConvTranspose2D: [
    () => new ConvTranspose2D(2, 3, 3, { rng: rng() }),
    () =>
      new ConvTranspose2D(2, 3, 3, {
        stride: 1,
        padding: 0,
        outputPadding: 0,
        dilation: 1,
        groups: 1,
        ...filters,
        rng: rng(),
      }),
  ],
  DepthwiseConv2D: [
    () => new DepthwiseConv2D(2, 3, { rng: rng() }),
    () => new DepthwiseConv2D(2, 3, { multiplier: 1, ...sliding, ...filters, rng: rng() }),
  ],
  LocallyConnected1D: [
    () => new LocallyConnected1D(5, 2, 3, 3, { rng: rng() }),
    () =>
      new LocallyConnected1D(5, 2, 3, 3, { stride: 1, padding: 'valid', ...filters, rng: rng() }),
  ],
  LocallyConnected2D: [
    () => new LocallyConnected2D(5, 2, 3, 3, { rng: rng() }),
    () =>
      new LocallyConnected2D(5, 2, 3, 3, { stride: 1, padding: 'valid', ...filters, rng: rng() }),
  ],
  TableConv2D: [
    () => new TableConv2D(2, table, 3, { rng: rng() }),
    () => new TableConv2D(2, table, 3, { stride: 1, padding: 'valid', ...filters, rng: rng() }),
  ],
  SCell: [
    () => new SCell(2, 3, 3, { rng: rng() }),
    () =>
      new SCell(2, 3, 3, {
        r: 4,
        decay: 0.9,
        stride: 1,
        padding: 'valid',
        init: positiveUniform,
        rng: rng(),
      }),
  ],
  CCell: [
    () => new CCell(2, 3),
    () => new CCell(2, 3, { alpha: 0.5, decay: 0.9, total: 1, stride: 1, padding: 'valid' }),
  ],
  RBF: [() => new RBF([[1, 2]]), () => new RBF([[1, 2]], { learned: false })],
  Affine: [() => new Affine(3), () => new Affine(3, { bias: true, init: fill(1) })],
  ScaledTanh: [() => new ScaledTanh(), () => new ScaledTanh({ amplitude: 1.7159, slope: 2 / 3 })],
  Pointwise: [
    () => new Pointwise(3, h, h),
    () => new Pointwise(3, h, h, { bias: true, init: zeros }),
  ],
  PReLU: [() => new PReLU(), () => new PReLU(1, { init: 0.25 })],
  LeakyReLU: [() => new LeakyReLU(), () => new LeakyReLU({ negativeSlope: 0.01 })],
  ELU: [() => new ELU(), () => new ELU({ alpha: 1 })],
  GELU: [() => new GELU(), () => new GELU({ approximate: 'none' })],
  Softplus: [() => new Softplus(), () => new Softplus({ beta: 1, threshold: 20 })],
  HardTanh: [() => new HardTanh(), () => new HardTanh({ minValue: -1, maxValue: 1 })],
  MaxPool1D: [() => new MaxPool1D(3), () => new MaxPool1D(3, pooling)],
  MaxPool2D: [() => new MaxPool2D(3), () => new MaxPool2D(3, { ...pooling, dilation: 1 })],
  MaxPool3D: [() => new MaxPool3D(3), () => new MaxPool3D(3, pooling)],
  AvgPool3D: [
    () => new AvgPool3D(3),
    () => new AvgPool3D(3, { ...pooling, countIncludePad: true }),
  ],
  MaxUnpool2D: [
    () => new MaxUnpool2D(3),
    () => new MaxUnpool2D(3, { stride: 3, padding: 'valid' }),
  ],
  Conv3D: [
    () => new Conv3D(2, 3, 3, { rng: rng() }),
    () =>
      new Conv3D(2, 3, 3, {
        ...{ stride: 1, padding: 'valid', dilation: 1, groups: 1 },
        ...filters,
        rng: rng(),
      }),
  ],
  Arithmetic: [
    () => new Arithmetic('multiply'),
    () => new Arithmetic('multiply', { shape: [], trainable: true, init: 1 }),
  ],
  AvgPool1D: [
    () => new AvgPool1D(3),
    () => new AvgPool1D(3, { ...pooling, countIncludePad: true }),
  ],
  AvgPool2D: [
    () => new AvgPool2D(3),
    () => new AvgPool2D(3, { ...pooling, countIncludePad: true }),
  ],
  SumPool2D: [() => new SumPool2D(3), () => new SumPool2D(3, pooling)],
  LPPool2D: [() => new LPPool2D(2, 3), () => new LPPool2D(2, 3, { stride: 3, ceilMode: false })],
  SubtractiveNorm2D: [() => new SubtractiveNorm2D(2), () => new SubtractiveNorm2D(2, gaussian)],
  DivisiveNorm2D: [
    () => new DivisiveNorm2D(2),
    () => new DivisiveNorm2D(2, { ...gaussian, threshold: 1e-4 }),
  ],
  ContrastNorm2D: [
    () => new ContrastNorm2D(2),
    () => new ContrastNorm2D(2, { ...gaussian, threshold: 1e-4 }),
  ],
  LocalResponseNorm: [
    () => new LocalResponseNorm(5),
    () => new LocalResponseNorm(5, { alpha: 1e-4, beta: 0.75, k: 1 }),
  ],
  BatchNorm: [
    () => new BatchNorm(3),
    () => new BatchNorm(3, { eps: 1e-5, momentum: 0.1, affine: true }),
  ],
  LayerNorm: [() => new LayerNorm(3), () => new LayerNorm(3, { eps: 1e-5, affine: true })],
  GroupNorm: [() => new GroupNorm(2, 4), () => new GroupNorm(2, 4, { eps: 1e-5, affine: true })],
  InstanceNorm: [
    () => new InstanceNorm(3),
    () => new InstanceNorm(3, { eps: 1e-5, affine: false }),
  ],
  Dropout: [() => new Dropout(), () => new Dropout({ p: 0.5 })],
  SpatialDropout: [() => new SpatialDropout(), () => new SpatialDropout({ p: 0.5 })],
  Pad2D: [() => new Pad2D(1), () => new Pad2D(1, { mode: 'zeros', value: 0 })],
  Upsample2D: [
    () => new Upsample2D({ scaleFactor: 2 }),
    () => new Upsample2D({ scaleFactor: 2, mode: 'nearest', alignCorners: false }),
  ],
  Slice: [() => new Slice(1), () => new Slice(1, { begin: 0, step: 1 })],
  Branch: [() => new Branch([new Tanh()]), () => new Branch([new Tanh()], { merge: 'concat' })],
  Residual: [() => new Residual(new Tanh()), () => new Residual(new Tanh(), new Identity())],
};

/** Boxes without options. */
const PLAIN = [
  ...['ReLU', 'ReLU6', 'Tanh', 'Sigmoid', 'SELU', 'SiLU', 'Softmax', 'LogSoftmax', 'Abs'],
  ...['HardSigmoid', 'HardSwish'],
  ...[
    'GlobalAvgPool2D',
    'GlobalMaxPool2D',
    'AdaptiveAvgPool2D',
    'AdaptiveMaxPool2D',
    'Maxout',
    'Flatten',
    'Reshape',
    'Identity',
  ],
  ...[
    'Permute',
    'PixelShuffle',
    'ChannelShuffle',
    'PadChannels',
    'Concat',
    'Sum',
    'Product',
    'Max',
    'MatMul',
    'Gather',
    'Sequential',
    'Graph',
  ],
];

beforeAll(() => useBackend('cpu'));

/** The public fields of a box and of its inner boxes, and the values of their parameters. */
function stateOf(box: AnyModule): unknown {
  const values = (tensors: AnyModule['params']) =>
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.shape, [...tensor.dataSync()]]);
  // Parameters and boxes are compared below; everything else is plain data.
  const isPlain = (value: unknown) =>
    typeof value !== 'object' || Array.isArray(value) || value?.constructor === Object;
  const fields = Object.entries(box).filter(
    ([name, value]) => isPlain(value) && !['params', 'buffers', 'boxes'].includes(name),
  );
  return {
    kind: box.constructor.name,
    fields,
    params: values(box.params),
    buffers: values(box.buffers),
    text: box.describe(),
    children: box.children().map(([name, child]) => [name, stateOf(child)]),
  };
}

test.each(Object.entries(PAIRS))('%s', (_, [byDefault, written]) => {
  expect(stateOf(byDefault() as AnyModule)).toEqual(stateOf(written() as AnyModule));
});

test('every box is listed here', () => {
  expect([...Object.keys(PAIRS), ...PLAIN].sort()).toEqual(boxNames({ ...modules }).sort());
});
