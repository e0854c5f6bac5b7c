import * as tf from '@tensorflow/tfjs-core';
import type { PositionWindow } from '../../lib/facts.ts';
import { inputsOf } from '../../lib/window.ts';
import { MatMul } from '../../modules/matMul.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { mergedAndBack } from '../support/merging.ts';
import { Stacked } from '../support/stacked.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('2x3 times 3x1, for two examples', () => {
    const a = tf.tensor3d([1, 2, 3, 4, 5, 6, 1, 0, 0, 0, 1, 0], [2, 2, 3]);
    const b = tf.tensor3d([10, 100, 1000, 7, 8, 9], [2, 3, 1]);
    const g = tf.tensor3d([1, 2, 3, 4], [2, 2, 1]);
    const { output, grads } = mergedAndBack(new MatMul(), [a, b], g);
    expect(output).toEqual([
      [[10 + 200 + 3000], [40 + 500 + 6000]],
      [[7], [8]],
    ]);
    expect(grads).toEqual([
      [
        [
          [10, 100, 1000],
          [20, 200, 2000],
        ],
        [
          [3 * 7, 3 * 8, 3 * 9],
          [4 * 7, 4 * 8, 4 * 9],
        ],
      ],
      [
        [[1 * 1 + 2 * 4], [1 * 2 + 2 * 5], [1 * 3 + 2 * 6]],
        [[3], [4], [0]],
      ],
    ]);
  });

  test('heads: each has its own matrices', () => {
    const a = tf.tensor4d([1, 2, 3, 4], [1, 2, 1, 2]);
    const b = tf.tensor4d([1, 10, 100, 1000], [1, 2, 2, 1]);
    const { output } = mergedAndBack(new MatMul(), [a, b], tf.ones([1, 2, 1, 1]));
    expect(output).toEqual([[[[21]], [[4300]]]]);
  });
});

describeFixture('matMul', () => new Stacked(new MatMul()));

describeContract(
  () => new Stacked(new MatMul()),
  () => [
    tf.reshape(tf.linspace(-2, 2, 36), [2, 2, 3, 3]),
    tf.reshape(tf.linspace(-1, 3, 8), [2, 1, 2, 2]),
  ],
);

test('facts: a row of A, a column of B, and a product for each element', () => {
  const shapes = [
    [2, 5, 3, 4],
    [2, 5, 4, 6],
  ];
  const { outputShape, multiplyAdds, window } = new MatMul().facts(shapes);
  expect({ outputShape, multiplyAdds }).toEqual({
    outputShape: [2, 5, 3, 6],
    multiplyAdds: 5 * 3 * 4 * 6,
  });
  const at: [number, number][] = [
    [1, 1],
    [2, 2],
    [5, 5],
  ];
  const windows = window as readonly ['channels', PositionWindow];
  expect(windows.map((one, k) => inputsOf(one, at, shapes[k], [2, 5, 3, 6]))).toEqual([
    [
      [1, 1],
      [2, 2],
      [0, 3],
    ],
    [
      [1, 1],
      [0, 3],
      [5, 5],
    ],
  ]);
});

const unfit = 'MatMul.forward: expected two inputs [N, ..., M, K] and [N, ..., K, P]';
const two = (a: number[], b: number[]) => new MatMul().forward([blank(a), blank(b)]);

describeRefusals([
  [`${unfit}, got [2, 3, 4] and [2, 3, 4]`, () => two([2, 3, 4], [2, 3, 4])],
  [`${unfit}, got [2, 3, 4] and [1, 4, 5]`, () => two([2, 3, 4], [1, 4, 5])],
  [`${unfit}, got [2, 3, 4]`, () => new MatMul().forward([blank([2, 3, 4])])],
  [
    `${unfit}, got [1, 1, 1] and [1, 1, 1] and [1, 1, 1]`,
    () => new MatMul().facts([[1, 1, 1], [1, 1, 1], [1, 1, 1]]), // prettier-ignore
  ],
  [
    'MatMul.forward: expected input of rank 3 or more, got shape [3, 4]',
    () => two([3, 4], [3, 4, 5]),
  ],
  [
    'MatMul.backpropToInput: expected gradOutput of shape [2, 3, 5], got [2, 3, 4]',
    () => new MatMul().backpropToInput(blank([2, 3, 4]), two([2, 3, 4], [2, 4, 5]).cache),
  ],
]);
