import * as tf from '@tensorflow/tfjs-core';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv1D, type Conv1DOptions } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, random, shaped } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('forward and both gradients: each element plus ten times the next, plus 7', () => {
    const box = new Conv1D(1, 1, 2, { init: values([1, 10]) });
    box.params.bias?.assign(tf.tensor1d([7]));
    const { output, cache } = box.forward(tf.tensor3d([1, 2, 3, 4], [1, 4, 1]));
    expect(numbers(output)).toEqual([[[1 + 20 + 7], [2 + 30 + 7], [3 + 40 + 7]]]);
    const g = tf.tensor3d([1, 2, 3], [1, 3, 1]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([[[1], [2 + 10], [3 + 20], [30]]]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(numbers(weight)).toEqual([[[1 + 2 * 2 + 3 * 3]], [[2 + 2 * 3 + 3 * 4]]]);
    expect(numbers(bias as tf.Tensor)).toEqual([6]);
  });

  test('"same" adds an odd padding cell at the end', () => {
    const box = new Conv1D(1, 1, 2, {
      padding: 'same',
      paddingMode: 'circular',
      init: values([1, 10]),
    });
    const { output, cache } = box.forward(tf.tensor3d([1, 2, 3], [1, 3, 1]));
    expect(numbers(output)).toEqual([[[1 + 20], [2 + 30], [3 + 10]]]);
    const g = tf.tensor3d([0, 0, 1], [1, 3, 1]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([[[10], [0], [1]]]);
  });
});

describeFixture(
  'conv1d',
  (inChannels: number, outChannels: number, kernelSize: number, options: Conv1DOptions) =>
    new Conv1D(inChannels, outChannels, kernelSize, { ...options, init: zeros }),
);

eachBackend('is Conv2D of height 1', () => {
  test.each<[string, Conv1DOptions]>([
    ['plain', {}],
    ['stride and dilation', { stride: 2, dilation: 3 }],
    ['same, circular', { padding: 'same', paddingMode: 'circular' }],
    ['groups, reflect', { padding: 2, paddingMode: 'reflect', groups: 2, stride: 3 }],
    ['replicate', { padding: 4, paddingMode: 'replicate', bias: false }],
  ])('%s', (_, options) => {
    const box = new Conv1D(4, 6, 4, { ...options, rng: new Rng(1) });
    const { stride = 1, dilation = 1, padding = 'valid', ...rest } = options;
    const flat = new Conv2D(4, 6, [1, 4], {
      ...rest,
      stride: [1, stride],
      dilation: [1, dilation],
      padding: typeof padding === 'number' ? [0, padding] : padding,
      init: zeros,
    });
    flat.params.weight.assign(tf.expandDims(box.params.weight, 0));
    const x = random<tf.Tensor3D>([2, 11, 4], 2);
    const a = given(box, x);
    const b = given(
      flat,
      tf.expandDims<tf.Tensor4D>(x, 1),
      tf.expandDims<tf.Tensor4D>(random(a.output.shape, 77), 1),
    );
    expectSame(a.output, shaped(b.output, a.output.shape), 'output');
    expectSame(a.gradInput, shaped(b.gradInput, x.shape), 'gradInput');
    expect(Object.keys(a.gradParams)).toEqual(Object.keys(b.gradParams));
    for (const [name, grad] of Object.entries(a.gradParams)) {
      expectSame(grad, shaped(b.gradParams[name], grad.shape), name);
    }
  });
});

const small = (options: Conv1DOptions = {}) => new Conv1D(2, 4, 3, { rng: new Rng(0), ...options });

describeContract(
  () => small({ padding: 1, paddingMode: 'reflect', groups: 2 }),
  () => [tf.ones([2, 5, 2]), tf.ones([1, 4, 2])],
);

const cache = () => small().forward(blank([2, 5, 2])).cache;

describeRefusals([
  [
    'Conv1D: unknown option dilations; did you mean dilation?',
    () => small({ dilations: 2 } as never),
  ],
  [
    'Conv1D.forward: expected input of shape [N, L, 2], got [2, 5, 3]',
    () => small().forward(blank([2, 5, 3])),
  ],
  [
    'Conv1D.forward: expected input of shape [N, L, 2], got [5, 2]',
    () => small().forward(blank([5, 2])),
  ],
  [
    'Conv1D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 5, 2], 'int32')),
  ],
  [
    'Conv1D.backpropToInput: expected gradOutput of shape [2, 3, 4], got [2, 4, 3]',
    () => small().backpropToInput(blank([2, 4, 3]), cache()),
  ],
  [
    'Conv1D.backpropToParams: expected gradOutput of shape [2, 3, 4], got [1, 3, 4]',
    () => small().backpropToParams(blank([1, 3, 4]), cache()),
  ],
  [
    'Conv1D.forward: expected a padded input of at least 5 for the kernel, got 4',
    () => small({ dilation: 2, padding: 1 }).forward(blank([1, 2, 2])),
  ],
  [
    'Conv1D.forward: expected reflect padding of at most 2 for this input, got 3',
    () => small({ padding: 3, paddingMode: 'reflect' }).forward(blank([1, 3, 2])),
  ],
  [
    'Conv1D.forward: expected circular padding of at most 3 for this input, got 4',
    () => small({ padding: 4, paddingMode: 'circular' }).forward(blank([1, 3, 2])),
  ],
  ['Conv1D: expected inChannels to be an integer of at least 1, got 0', () => new Conv1D(0, 1, 1)],
  [
    'Conv1D: expected outChannels to be an integer of at least 1, got 1.5',
    () => new Conv1D(1, 1.5, 1),
  ],
  ['Conv1D: expected kernelSize to be an integer of at least 1, got 0', () => new Conv1D(1, 1, 0)],
  ['Conv1D: expected stride to be an integer of at least 1, got 0', () => small({ stride: 0 })],
  [
    'Conv1D: expected dilation to be an integer of at least 1, got -1',
    () => small({ dilation: -1 }),
  ],
  ['Conv1D: expected groups to be an integer of at least 1, got 0', () => small({ groups: 0 })],
  [
    'Conv1D: expected inChannels to be a multiple of the 4 groups, got 2',
    () => small({ groups: 4 }),
  ],
  [
    'Conv1D: expected padding to be "valid", "same" or an integer of at least 0, got -1',
    () => small({ padding: -1 }),
  ],
  [
    'Conv1D: expected paddingMode to be one of "zeros", "reflect", "replicate", "circular", got "wrap"',
    () => small({ paddingMode: 'wrap' as 'circular' }),
  ],
  [
    'Conv1D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new Conv1D(1, 1, 1),
  ],
]);

describeFacts({
  'stride, dilation, padding and groups': {
    box: () => new Conv1D(4, 6, 3, { stride: 2, padding: 1, dilation: 2, groups: 2, init: zeros }),
    input: [3, 10, 4],
    output: [3, 4, 6],
    multiplyAdds: 4 * (3 * 2 * 6),
    window: [[5, 2]],
    inputs: [
      // The window covers elements −1, 1 and 3; −1 is padding.
      [
        [0, 0],
        [
          [1, 3],
          [0, 1],
        ],
      ],
      [
        [3, 5],
        [
          [5, 9],
          [2, 3],
        ],
      ],
    ],
    noDecay: ['bias'],
  },
});
