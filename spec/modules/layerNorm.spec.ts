import * as tf from '@tensorflow/tfjs-core';
import { LayerNorm, type LayerNormOptions } from '../../modules/layerNorm.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('normalizes each example by itself; each element has its own scale', () => {
    const box = new LayerNorm(4, { eps: 1e-12 });
    box.params.weight?.assign(tf.tensor1d([1, 2, 3, 4]));
    box.params.bias?.assign(tf.tensor1d([0, 0, 0, 1]));
    // The first example has mean 3 and variance 4, the second mean 0 and variance 1.
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1, 1, 5, 5],
        [-1, 1, 1, -1],
      ]),
    );
    expect(numbers(output)).toEqual([
      [-1, -2, 3, 5],
      [-1, 2, 3, -3],
    ]);
    const g = tf.tensor2d([
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
    // ĝ is the gradient of x̂. First example: ĝ = (1, 0, 0, 0) with mean 1/4; the mean of ĝ x̂ is
    // -1/4, and all is divided by σ = 2. Second example: ĝ = (0, 0, 0, 4) with mean 1; the mean of
    // ĝ x̂ is -1.
    expectAllClose(box.backpropToInput(g, cache), {
      shape: [2, 4],
      values: [
        ...[1 - 1 / 4 - 1 / 4, -1 / 4 - 1 / 4, -1 / 4 + 1 / 4, -1 / 4 + 1 / 4].map((v) => v / 2),
        -1 - 1,
        -1 + 1,
        -1 + 1,
        4 - 1 - 1,
      ],
    });
    const { weight, bias } = box.backpropToParams(g, cache) as {
      weight: tf.Tensor;
      bias: tf.Tensor;
    };
    expect(numbers(weight)).toEqual([-1, 0, 0, -1]);
    expect(numbers(bias)).toEqual([1, 0, 0, 1]);
  });

  test('without scale and shift there is no parameter and no gradient of that name', () => {
    const box = new LayerNorm([2, 3], { affine: false });
    const { output, cache } = box.forward(tf.randomNormal([4, 2, 3], 0, 1, 'float32', 1));
    expect(box.params).toEqual({});
    expect(box.backpropToParams(output, cache)).toEqual({});
  });
});

describeFixture('layerNorm', (shape: number | number[], options: LayerNormOptions) => {
  return new LayerNorm(shape, options);
});

describeContract(
  () => new LayerNorm(3),
  () => [tf.tensor2d([1, 2, 4, 0, 5, 1], [2, 3]), tf.tensor2d([3, 2, 9], [1, 3])],
);

const cache = () => new LayerNorm(3).forward(blank([4, 3])).cache;

describeFacts({
  'of rows': {
    box: () => new LayerNorm(3),
    input: [4, 3],
    output: [4, 3],
    multiplyAdds: 0,
    window: 'channels',
    noDecay: ['weight', 'bias'],
  },
  'of images': {
    box: () => new LayerNorm([2, 5, 3]),
    input: [4, 2, 5, 3],
    output: [4, 2, 5, 3],
    multiplyAdds: 0,
    window: 'channels',
    statistics: true,
    noDecay: ['weight', 'bias'],
  },
});

describeRefusals([
  [
    'LayerNorm: unknown option epsilon; expected one of eps, affine',
    () => new LayerNorm(3, { epsilon: 1 } as never),
  ],
  [
    'LayerNorm.forward: expected input of shape [N, ..., 2, 3], got [4, 3, 2]',
    () => new LayerNorm([2, 3]).facts([[4, 3, 2]]),
  ],
  [
    'LayerNorm.forward: expected input of shape [N, ..., 2, 3], got [4, 3, 2]',
    () => new LayerNorm([2, 3]).forward(blank([4, 3, 2])),
  ],
  [
    'LayerNorm.forward: expected input of shape [N, ..., 2, 3], got [2, 3]',
    () => new LayerNorm([2, 3]).forward(blank([2, 3])),
  ],
  [
    'LayerNorm.forward: expected input of dtype float32, got int32',
    () => new LayerNorm(3).forward(blank([4, 3], 'int32')),
  ],
  [
    'LayerNorm.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => new LayerNorm(3).backpropToInput(blank([4, 1]), cache()),
  ],
  [
    'LayerNorm.backpropToParams: expected gradOutput of shape [4, 3], got [3]',
    () => new LayerNorm(3).backpropToParams(blank([3]), cache()),
  ],
  ['LayerNorm: expected shape to be an integer of at least 1, got 0', () => new LayerNorm([3, 0])],
  ['LayerNorm: expected a shape of 2 elements or more, got [1]', () => new LayerNorm(1)],
  ['LayerNorm: expected a shape of 2 elements or more, got []', () => new LayerNorm([])],
  ['LayerNorm: expected eps to be a number above 0, got -1', () => new LayerNorm(3, { eps: -1 })],
]);
