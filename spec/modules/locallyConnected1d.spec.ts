import * as tf from '@tensorflow/tfjs-core';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import {
  LocallyConnected1D,
  type LocallyConnected1DOptions,
} from '../../modules/locallyConnected1d.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, packed, random } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('forward and both gradients: each position has its own filter', () => {
    const box = new LocallyConnected1D(3, 1, 1, 2, { init: values([1, 2, 3, 4]) });
    box.params.bias?.assign(tf.tensor2d([0, 10], [2, 1]));
    const { output, cache } = box.forward(tf.tensor3d([1, 2, 3], [1, 3, 1]));
    expect(numbers(output)).toEqual([[[1 + 4], [6 + 12 + 10]]]);
    const g = tf.tensor3d([5, 6], [1, 2, 1]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([[[5], [10 + 18], [24]]]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(packed(weight)).toEqual({ shape: [2, 2, 1, 1], values: [5, 10, 12, 18] });
    expect(numbers(bias as tf.Tensor)).toEqual([[5], [6]]);
  });
});

describeFixture(
  'locallyConnected1d',
  (
    length: number,
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: LocallyConnected1DOptions,
  ) =>
    new LocallyConnected1D(length, inChannels, outChannels, kernelSize, {
      ...options,
      init: zeros,
    }),
);

eachBackend('with equal weights is Conv1D', () => {
  test.each<[string, LocallyConnected1DOptions]>([
    ['plain', {}],
    ['stride and padding', { stride: 3, padding: 2 }],
    ['same', { padding: 'same', stride: 2 }],
  ])('%s', (_, options) => {
    const conv = new Conv1D(2, 3, 4, { ...options, rng: new Rng(1) });
    const local = new LocallyConnected1D(9, 2, 3, 4, { ...options, init: zeros });
    local.params.weight.assign(tf.add(local.params.weight, conv.params.weight));
    const x = random<tf.Tensor3D>([2, 9, 2], 2);
    const [a, b] = [given(local, x), given(conv, x)];
    expectSame(a.output, b.output, 'output');
    expectSame(a.gradInput, b.gradInput, 'gradInput');
    // The convolution's filter is shared, so its gradient is the sum over all positions.
    const summed = (name: string) =>
      packed(tf.sum(tf.tensor([...a.gradParams[name].values], [...a.gradParams[name].shape]), 0));
    expectSame(summed('weight'), b.gradParams.weight, 'weight');
    expectSame(summed('bias'), b.gradParams.bias, 'bias');
  });
});

const small = (options: LocallyConnected1DOptions = {}) =>
  new LocallyConnected1D(6, 2, 3, 3, { rng: new Rng(0), ...options });

describeContract(
  () => small({ padding: 1, stride: 2 }),
  () => [tf.ones([2, 6, 2]), tf.ones([1, 6, 2])],
);

const cache = () => small().forward(blank([2, 6, 2])).cache;

describeRefusals([
  [
    'LocallyConnected1D: unknown option strides; did you mean stride?',
    () => small({ strides: 2 } as never),
  ],
  [
    'LocallyConnected1D.forward: expected input of shape [N, 6, 2], got [2, 5, 2]',
    () => small().forward(blank([2, 5, 2])),
  ],
  [
    'LocallyConnected1D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 6, 2], 'int32')),
  ],
  [
    'LocallyConnected1D.backpropToInput: expected gradOutput of shape [2, 4, 3], got [2, 6, 3]',
    () => small().backpropToInput(blank([2, 6, 3]), cache()),
  ],
  [
    'LocallyConnected1D.backpropToParams: expected gradOutput of shape [2, 4, 3], got [1, 4, 3]',
    () => small().backpropToParams(blank([1, 4, 3]), cache()),
  ],
  [
    'LocallyConnected1D: expected a padded input of at least 5 for the kernel, got 4',
    () => new LocallyConnected1D(2, 1, 1, 5, { padding: 1, init: zeros }),
  ],
  [
    'LocallyConnected1D: expected inputLength to be an integer of at least 1, got 0',
    () => new LocallyConnected1D(0, 1, 1, 1),
  ],
  [
    'LocallyConnected1D: expected kernelSize to be an integer of at least 1, got 1.5',
    () => new LocallyConnected1D(4, 1, 1, 1.5),
  ],
  [
    'LocallyConnected1D: expected stride to be an integer of at least 1, got 0',
    () => small({ stride: 0 }),
  ],
  [
    'LocallyConnected1D: expected padding to be "valid", "same" or an integer of at least 0, got "full"',
    () => small({ padding: 'full' as 'same' }),
  ],
  [
    'LocallyConnected1D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new LocallyConnected1D(4, 1, 1, 1),
  ],
]);

describeFacts({
  'each weight once': {
    box: () => new LocallyConnected1D(8, 2, 3, 4, { stride: 2, padding: 1, init: zeros }),
    input: [5, 8, 2],
    output: [5, (8 + 2 - 4) / 2 + 1, 3],
    multiplyAdds: 4 * (4 * 2 * 3),
    window: [[4, 2]],
    inputs: [
      [
        [0, 1],
        [
          [0, 2],
          [0, 1],
        ],
      ],
      [
        [3, 2],
        [
          [5, 7],
          [0, 1],
        ],
      ],
    ],
    noDecay: ['bias'],
  },
});
