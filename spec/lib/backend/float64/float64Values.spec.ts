import { jest } from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { erf } from '../../../../lib/backend/float64/erf.ts';
import { registerFloat64 } from '../../../../lib/backend/float64/index.ts';
import {
  type Data,
  dot,
  type Inputs,
  ints,
  real,
  reals,
  run,
  tensor,
} from '../../../support/float64.ts';

/**
 * Tests the float64 backend with values that are known to all digits, with kernels for which tfjs
 * is wrong, and as a store of tensors.
 */

beforeAll(async () => {
  registerFloat64();
  await tf.setBackend('float64');
});

const of = (shape: number[], ...values: number[]): Data => ({ ...reals(...values), shape });
const values = (kernel: string, inputs: Inputs, attrs: object = {}) => [
  ...run(kernel, inputs, attrs)[0].values,
];
const tenths = reals(0.1, 0.2, 0.3, 0.4, 0.5, 0.7);

function expectWithin(got: number, expected: number, relative: number) {
  expect(Math.abs(got - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
}

describe('double precision', () => {
  it.each([
    [0, 0],
    [1e-10, 1.1283791670955126e-10],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [1.999999, 0.995322244351926],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [-3, -0.9999779095030014],
    [5, 0.9999999999984626],
    [-7, -1],
    [Infinity, 1],
  ])('erf(%p) = %p', (x, expected) => {
    expectWithin(erf(x), expected, 1e-15);
    expectWithin(values('Erf', { x: reals(x) })[0], expected, 1e-15);
  });

  it('erf of NaN is NaN', () => expect(erf(NaN)).toBeNaN());

  it.each([
    ['Exp', 0.1, 1.1051709180756477],
    ['Expm1', 1e-10, 1.00000000005e-10],
    ['Log1p', 1e-10, 9.9999999995e-11],
    ['Log', 0.1, -2.302585092994046],
    ['Tanh', 0.1, 0.09966799462495582],
    ['Sigmoid', 0.1, 0.52497918747894],
    ['Sigmoid', -800, 0],
    ['Softplus', 0.1, 0.744396660073571],
    ['Softplus', -40, 4.248354255291589e-18],
    ['Softplus', 800, 800],
    ['Rsqrt', 0.3, 1.8257418583505538],
  ])('%s(%p) = %p', (kernel, x, expected) => {
    expectWithin(values(kernel, { x: reals(x) })[0], expected, 2e-15);
  });

  it('sums and products of matrices', () => {
    const got = values('BatchMatMul', { a: of([1, 2], 0.1, 0.2), b: of([2, 1], 0.3, 0.4) }, {});
    expectWithin(got[0], 0.11, 2e-16);
    expect(values('Sum', { x: tenths }, { axis: 0, keepDims: false })).toEqual([
      0.1 + 0.2 + 0.3 + 0.4 + 0.5 + 0.7,
    ]);
    expect(values('Add', { a: reals(0.1), b: of([], 1e-15) })).toEqual([0.1 + 1e-15]);
  });

  it('the logarithm of a softmax, also of large logits', () => {
    const got = values('LogSoftmax', { logits: of([1, 3], 1000, 1001, 1002) }, { axis: -1 });
    [-2.4076059644443806, -1.4076059644443804, -0.40760596444438].forEach((expected, i) =>
      expectWithin(got[i], expected, 1e-15),
    );
  });

  it('is kept when elements are moved', () => {
    const x = { ...tenths, shape: [2, 3] };
    expect(values('Reshape', { x }, { shape: [6] })).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.7]);
    expect(values('Transpose', { x }, { perm: [1, 0] })).toEqual([0.1, 0.4, 0.2, 0.5, 0.3, 0.7]);
    expect(values('Slice', { x }, { begin: [0, 1], size: [2, 1] })).toEqual([0.2, 0.5]);
    expect(values('Concat', [x, x], { axis: 0 }).slice(6)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.7]);
    expect(values('PadV2', { x: reals(0.1) }, { paddings: [[1, 1]], constantValue: 0.3 })).toEqual([
      0.3, 0.1, 0.3,
    ]);
    expect(values('Tile', { x: reals(0.1, 0.2) }, { reps: [2] })).toEqual([0.1, 0.2, 0.1, 0.2]);
    expect(values('Fill', {}, { shape: [1], value: 0.1 })).toEqual([0.1]);
  });
});

describe('kernels for which tfjs is wrong', () => {
  it('AvgPoolGrad divides by the number of cells inside the input', () => {
    const attrs = { filterSize: 2, strides: 1, pad: 'same' };
    const input = of([1, 3, 3, 1], ...new Array<number>(9).fill(0));
    const dy = of([1, 3, 3, 1], ...new Array<number>(9).fill(1));
    expect(values('AvgPoolGrad', { dy, input }, attrs)).toEqual([
      0.25, 0.5, 0.75, 0.5, 1, 1.5, 0.75, 1.5, 2.25,
    ]);
  });

  it('AvgPoolGrad and MaxPoolGrad with asymmetric padding', () => {
    const attrs = { filterSize: [1, 2], strides: [1, 2], pad: [[0, 0], [0, 0], [1, 0], [0, 0]] }; // prettier-ignore
    const input = of([1, 1, 3, 1], -3, -1, -2);
    const dy = of([1, 1, 2, 1], 1, 4);
    expect(values('AvgPoolGrad', { dy, input }, attrs)).toEqual([1, 2, 2]);
    expect(values('MaxPoolGrad', { dy, input, output: dy }, attrs)).toEqual([1, 4, 0]);
  });

  it('numeric padding is the same on both axes, even for a filter that is not square', () => {
    const attrs = { strides: 1, pad: 1, dilations: 1, dataFormat: 'NHWC' };
    const [output] = run('Conv2D', { x: real([1, 5, 7, 1]), filter: real([1, 3, 1, 1]) }, attrs);
    expect(output.shape).toEqual([1, 7, 7, 1]);
  });

  it('StridedSlice drops one axis and takes steps along another', () => {
    const x = of([2, 3, 2], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 2 };
    const attrs = { begin: [1, 2, 1], end: [-3, 3, -3], strides: [-1, 1, -1], ...masks };
    const [output] = run('StridedSlice', { x }, attrs);
    expect(output.shape).toEqual([2, 2]);
    expect([...output.values]).toEqual([11, 10, 5, 4]);
  });

  it('BatchMatMul broadcasts both factors', () => {
    const [a, b] = [of([1, 2, 1, 1], 2, 3), of([3, 1, 1, 1], 5, 7, 11)];
    const [output] = run('BatchMatMul', { a, b }, {});
    expect(output.shape).toEqual([3, 2, 1, 1]);
    expect([...output.values]).toEqual([10, 15, 14, 21, 22, 33]);
  });

  it.each<[string, string, number[]]>([
    ['Conv2D', 'Conv2DBackprop', [3, 2, 3, 4]],
    ['DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackprop', [3, 2, 3, 2]],
  ])('the gradients of a dilated %s are its adjoints', (forward, gradient, filterShape) => {
    const attrs = { strides: 1, pad: [[0, 0], [0, 1], [2, 1], [0, 0]], dilations: [2, 3], dataFormat: 'NHWC' }; // prettier-ignore
    const [x, filter] = [real([2, 6, 7, 3]), real(filterShape)];
    const [y] = run(forward, { x, filter }, attrs);
    const dy = real(y.shape);
    const [dx] = run(`${gradient}Input`, { dy, filter }, { ...attrs, inputShape: x.shape });
    const [dw] = run(`${gradient}Filter`, { x, dy }, { ...attrs, filterShape });
    expectWithin(dot(dx, x), dot(y, dy), 1e-12);
    expectWithin(dot(dw, filter), dot(y, dy), 1e-12);
  });
});

describe('as a store', () => {
  it('copies values that are written and read', () => {
    const mine = Float64Array.of(0.1, 0.2);
    const x = tensor({ values: mine, shape: [2], dtype: 'float32' });
    mine[0] = 5;
    x.dataSync()[1] = 5;
    expect([...x.dataSync()]).toEqual([0.1, 0.2]);
    x.dispose();
  });

  it('fetches tensors from another backend, and gives them back', async () => {
    const before = [tf.memory().numDataBuffers, tf.backend().numDataIds()];
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 2, 3]);
    await tf.setBackend('float64');
    const tenth = tensor(of([], 0.1));
    const y = tf.mul(x, tenth);
    expect([...y.dataSync()]).toEqual([0.1, 0.2, 3 * 0.1]);
    expect(await x.data()).toEqual(Float64Array.of(1, 2, 3));
    await tf.setBackend('cpu');
    const z = tf.add(y, x);
    expect([...z.dataSync()]).toEqual([1.1, 2.2, 3.3].map(Math.fround));
    await tf.setBackend('float64');
    tf.dispose([x, y, z, tenth]);
    expect([tf.memory().numDataBuffers, tf.backend().numDataIds()]).toEqual(before);
  });

  it('reshaped tensors share values, which are freed with the last of them', () => {
    const before = [tf.memory().numTensors, tf.backend().numDataIds()];
    const x = tensor({ ...tenths, shape: [2, 3] });
    const y = tf.reshape(x, [6]);
    const z = tf.clone(y);
    expect(tf.backend().numDataIds()).toBe(before[1] + 1);
    tf.dispose([x, y]);
    expect([...z.dataSync()]).toEqual([...tenths.values]);
    z.dispose();
    expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual(before);
  });

  it('can be registered again without a warning', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    registerFloat64();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

describe('errors', () => {
  const conv = { strides: 1, pad: 'valid', dilations: 1, dataFormat: 'NHWC' };
  it.each<[string, Inputs, object, string]>([
    [
      'BatchMatMul',
      { a: real([2, 3]), b: real([2, 3]) },
      {},
      'BatchMatMul: expected equal inner sizes, got 3 and 2',
    ],
    ['GatherV2', { x: real([3]), indices: ints([1], 3) }, { axis: 0 }, 'GatherV2: expected indices from 0 to 2, got 3'], // prettier-ignore
    ['Conv2DBackpropInput', { dy: real([1, 2, 2, 1]), filter: real([2, 2, 1, 1]) }, { ...conv, inputShape: [1, 4, 3, 1] }, 'Conv2DBackpropInput: expected dy of shape [1, 3, 2, 1], got [1, 2, 2, 1]'], // prettier-ignore
    ['Conv2D', { x: real([1, 2, 2, 1]), filter: real([2, 2, 1, 1]) }, { ...conv, dataFormat: 'NCHW' }, 'float64: expected data format NHWC, got NCHW'], // prettier-ignore
    [
      'Fill',
      {},
      { shape: [1], value: 'a', dtype: 'string' },
      'Fill: expected value to be a number, got "a"',
    ],
    [
      'Cast',
      { x: real([1]) },
      { dtype: 'complex64' },
      'float64: expected dtype float32, int32 or bool, got complex64',
    ],
  ])('%s', (kernel, inputs, attrs, message) => {
    expect(() => run(kernel, inputs, attrs)).toThrow(new Error(message));
  });
});
