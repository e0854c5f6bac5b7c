import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import {
  LocallyConnected2D,
  type LocallyConnected2DOptions,
} from '../../modules/locallyConnected2d.ts';
import { image, numbers, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, packed, random } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('forward and both gradients: each position has its own filter', () => {
    const init = values([1, 2, 3, 4, 5, 6, 7, 8]);
    const box = new LocallyConnected2D([2, 3], 1, 1, [1, 2], { init });
    box.params.bias?.assign(tf.tensor3d([0, 10, 20, 30], [2, 2, 1]));
    const { output, cache } = box.forward(
      image([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    expect(rowsOf(output)).toEqual([
      [1 + 4, 6 + 12 + 10],
      [20 + 30 + 20, 35 + 48 + 30],
    ]);
    const g = image([
      [1, 2],
      [3, 4],
    ]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([
      [1, 2 + 6, 8],
      [15, 18 + 28, 32],
    ]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(packed(weight)).toEqual({
      shape: [2, 2, 1, 2, 1, 1],
      values: [1, 2, 4, 6, 12, 15, 20, 24],
    });
    expect(numbers(bias as tf.Tensor)).toEqual(numbers(tf.reshape(g, [2, 2, 1])));
  });
});

describeFixture(
  'locallyConnected2d',
  (
    size: Pair,
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: LocallyConnected2DOptions,
  ) =>
    new LocallyConnected2D(size, inChannels, outChannels, kernelSize, { ...options, init: zeros }),
);

eachBackend('with equal weights is Conv2D', () => {
  test.each<[string, LocallyConnected2DOptions]>([
    ['plain', {}],
    ['stride', { stride: [2, 3] }],
    ['padding', { padding: [2, 1], stride: 2 }],
    ['same', { padding: 'same' }],
  ])('%s', (_, options) => {
    const conv = new Conv2D(2, 3, [3, 2], { ...options, rng: new Rng(1) });
    conv.params.bias?.assign(tf.tensor1d([1, -2, 3]));
    const local = new LocallyConnected2D([5, 6], 2, 3, [3, 2], { ...options, init: zeros });
    const { weight, bias } = local.params;
    weight.assign(tf.add(weight, conv.params.weight));
    bias?.assign(tf.add(bias, conv.params.bias ?? 0));
    const x = random<tf.Tensor4D>([2, 5, 6, 2], 2);
    const [a, b] = [given(local, x), given(conv, x)];
    expectSame(a.output, b.output, 'output');
    expectSame(a.gradInput, b.gradInput, 'gradInput');
    // The convolution's filter is shared, so its gradient is the sum over all positions.
    const summed = (name: string) =>
      packed(
        tf.sum(tf.tensor([...a.gradParams[name].values], [...a.gradParams[name].shape]), [0, 1]),
      );
    expectSame(summed('weight'), b.gradParams.weight, 'weight');
    expectSame(summed('bias'), b.gradParams.bias, 'bias');
  });
});

const small = (options: LocallyConnected2DOptions = {}) =>
  new LocallyConnected2D([4, 5], 2, 3, [2, 3], { rng: new Rng(0), ...options });

describeContract(
  () => small({ padding: [0, 1], stride: [1, 2] }),
  () => [tf.ones([2, 4, 5, 2]), tf.ones([1, 4, 5, 2])],
);

const cache = () => small().forward(blank([2, 4, 5, 2])).cache;

describeRefusals([
  [
    'LocallyConnected2D: unknown option strides; did you mean stride?',
    () => small({ strides: 2 } as never),
  ],
  [
    'LocallyConnected2D.forward: expected input of shape [N, 4, 5, 2], got [2, 5, 4, 2]',
    () => small().forward(blank([2, 5, 4, 2])),
  ],
  [
    'LocallyConnected2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'LocallyConnected2D.backpropToInput: expected gradOutput of shape [2, 3, 3, 3], got [2, 4, 5, 3]',
    () => small().backpropToInput(blank([2, 4, 5, 3]), cache()),
  ],
  [
    'LocallyConnected2D.backpropToParams: expected gradOutput of shape [2, 3, 3, 3], got [1, 3, 3, 3]',
    () => small().backpropToParams(blank([1, 3, 3, 3]), cache()),
  ],
  [
    'LocallyConnected2D: expected a padded input of at least 3x3 for the kernel, got 2x6',
    () => new LocallyConnected2D([2, 4], 1, 1, 3, { padding: [0, 1], init: zeros }),
  ],
  [
    'LocallyConnected2D: expected inputSize to be an integer of at least 1, or a pair [height, width], got [4, 0]',
    () => new LocallyConnected2D([4, 0], 1, 1, 1),
  ],
  [
    'LocallyConnected2D: expected inChannels to be an integer of at least 1, got 0',
    () => new LocallyConnected2D(4, 0, 1, 1),
  ],
  [
    'LocallyConnected2D: expected outChannels to be an integer of at least 1, got 0',
    () => new LocallyConnected2D(4, 1, 0, 1),
  ],
  [
    'LocallyConnected2D: expected stride to be an integer of at least 1, or a pair [height, width], got 0',
    () => small({ stride: 0 }),
  ],
  [
    'LocallyConnected2D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new LocallyConnected2D(4, 1, 1, 1),
  ],
]);

describeFacts({
  'each weight once': {
    box: () =>
      new LocallyConnected2D([5, 6], 2, 3, [2, 3], {
        stride: [1, 2],
        padding: [0, 1],
        init: zeros,
      }),
    input: [2, 5, 6, 2],
    output: [2, 5 - 2 + 1, 3, 3],
    multiplyAdds: 4 * 3 * (2 * 3 * 2 * 3),
    window: [
      [2, 1],
      [3, 2],
    ],
    inputs: [
      [
        [0, 0, 0],
        [
          [0, 1],
          [0, 1],
          [0, 1],
        ],
      ],
      [
        [3, 2, 2],
        [
          [3, 4],
          [3, 5],
          [0, 1],
        ],
      ],
    ],
    noDecay: ['bias'],
  },
});
