import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { DepthwiseConv2D, type DepthwiseConv2DOptions } from '../../modules/depthwiseConv2d.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, packed, random, shaped } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('forward and both gradients, with two filters for each of two channels', () => {
    // Channel 0 has the filters [1, 2] and [3, 4], channel 1 has [5, 6] and [7, 8].
    const init = values([1, 3, 5, 7, 2, 4, 6, 8]);
    const box = new DepthwiseConv2D(2, [1, 2], { multiplier: 2, init });
    box.params.bias?.assign(tf.tensor1d([0.1, 0.2, 0.3, 0.4]));
    const { output, cache } = box.forward(tf.tensor4d([1, 10, 2, 20], [1, 1, 2, 2]));
    expectSame(
      packed(output),
      { shape: [1, 1, 1, 4], values: [1 + 4 + 0.1, 3 + 8 + 0.2, 50 + 120 + 0.3, 70 + 160 + 0.4] },
      'output',
    );
    const g = tf.tensor4d([1, 2, 3, 4], [1, 1, 1, 4]);
    expect(packed(box.backpropToInput(g, cache)).values).toEqual([1 + 6, 15 + 28, 2 + 8, 18 + 32]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(packed(weight).values).toEqual([1, 2, 30, 40, 2, 4, 60, 80]);
    expect(packed(bias as tf.Tensor).values).toEqual([1, 2, 3, 4]);
  });
});

describeFixture(
  'depthwiseConv2d',
  (channels: number, kernelSize: Pair, options: DepthwiseConv2DOptions) => {
    return new DepthwiseConv2D(channels, kernelSize, { ...options, init: zeros });
  },
);

eachBackend('is Conv2D with a group a channel', () => {
  test.each<[string, DepthwiseConv2DOptions]>([
    ['plain', {}],
    ['multiplier 3', { multiplier: 3 }],
    ['stride and dilation', { stride: [2, 3], dilation: [2, 1], multiplier: 2 }],
    ['padding', { padding: [3, 1], stride: 2 }],
    ['same', { padding: 'same', multiplier: 2 }],
    ['reflect', { padding: 2, paddingMode: 'reflect' }],
    ['circular', { padding: 'same', paddingMode: 'circular', dilation: 2 }],
  ])('%s', (_, options) => {
    const { multiplier = 1, ...shared } = options;
    const box = new DepthwiseConv2D(3, [2, 3], { ...options, rng: new Rng(1) });
    const grouped = new Conv2D(3, 3 * multiplier, [2, 3], { ...shared, groups: 3, init: zeros });
    grouped.params.weight.assign(tf.reshape(box.params.weight, [2, 3, 1, 3 * multiplier]));
    const x = random<tf.Tensor4D>([2, 6, 7, 3], 2);
    const [a, b] = [given(box, x), given(grouped, x)];
    expectSame(a.output, b.output, 'output');
    expectSame(a.gradInput, b.gradInput, 'gradInput');
    expectSame(a.gradParams.weight, shaped(b.gradParams.weight, [2, 3, 3, multiplier]), 'weight');
    expectSame(a.gradParams.bias, b.gradParams.bias, 'bias');
  });
});

const small = (options: DepthwiseConv2DOptions = {}) =>
  new DepthwiseConv2D(2, [2, 3], { rng: new Rng(0), ...options });

describeContract(
  () => small({ multiplier: 2, padding: 1, paddingMode: 'reflect', stride: [1, 2] }),
  () => [tf.ones([2, 4, 5, 2]), tf.ones([1, 5, 3, 2])],
);

const cache = () => small({ multiplier: 3 }).forward(blank([2, 4, 5, 2])).cache;

describeRefusals([
  [
    'DepthwiseConv2D: unknown option multipliers; did you mean multiplier?',
    () => new DepthwiseConv2D(2, 3, { multipliers: 2 } as never),
  ],
  [
    'DepthwiseConv2D.forward: expected input of shape [N, H, W, 2], got [2, 4, 5, 3]',
    () => small().forward(blank([2, 4, 5, 3])),
  ],
  [
    'DepthwiseConv2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'DepthwiseConv2D.backpropToInput: expected gradOutput of shape [2, 3, 3, 6], got [2, 3, 3, 2]',
    () => small({ multiplier: 3 }).backpropToInput(blank([2, 3, 3, 2]), cache()),
  ],
  [
    'DepthwiseConv2D.backpropToParams: expected gradOutput of shape [2, 3, 3, 6], got [1, 3, 3, 6]',
    () => small({ multiplier: 3 }).backpropToParams(blank([1, 3, 3, 6]), cache()),
  ],
  [
    'DepthwiseConv2D.forward: expected a padded input of at least 2x5 for the kernel, got 4x4',
    () => small({ dilation: [1, 2] }).forward(blank([1, 4, 4, 2])),
  ],
  [
    'DepthwiseConv2D.forward: expected reflect padding of at most 3x3 for this input, got 4x4',
    () => small({ padding: 4, paddingMode: 'reflect' }).forward(blank([1, 4, 4, 2])),
  ],
  [
    'DepthwiseConv2D.forward: expected circular padding of at most 4x4 for this input, got 5x5',
    () => small({ padding: 5, paddingMode: 'circular' }).forward(blank([1, 4, 4, 2])),
  ],
  [
    'DepthwiseConv2D: expected channels to be an integer of at least 1, got 0',
    () => new DepthwiseConv2D(0, 1),
  ],
  [
    'DepthwiseConv2D: expected multiplier to be an integer of at least 1, got 0.5',
    () => small({ multiplier: 0.5 }),
  ],
  [
    'DepthwiseConv2D: expected stride to be an integer of at least 1, or a pair [height, width], got 0',
    () => small({ stride: 0 }),
  ],
  [
    'DepthwiseConv2D: expected paddingMode to be one of "zeros", "reflect", "replicate", "circular", got "wrap"',
    () => small({ paddingMode: 'wrap' as 'circular' }),
  ],
  [
    'DepthwiseConv2D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new DepthwiseConv2D(1, 1),
  ],
]);

describeFacts({
  'several filters per channel, and repeated pixels': {
    box: () =>
      new DepthwiseConv2D(2, [2, 3], {
        multiplier: 3,
        stride: [2, 1],
        padding: [0, 1],
        paddingMode: 'replicate',
        init: zeros,
      }),
    input: [2, 5, 4, 2],
    output: [2, 2, 4, 6],
    multiplyAdds: 2 * 4 * (2 * 3 * 2 * 3),
    window: [
      [2, 2],
      [3, 1],
    ],
    inputs: [
      [
        [0, 0, 2],
        [
          [0, 1],
          [0, 1],
          [0, 0],
        ],
      ],
      [
        [1, 3, 3],
        [
          [2, 3],
          [2, 3],
          [1, 1],
        ],
      ],
    ],
    noDecay: ['bias'],
    words: '6 2x3 filters at stride 2x1, pad 0x1, each of one channel',
  },
});
