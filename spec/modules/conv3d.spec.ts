import * as tf from '@tensorflow/tfjs-core';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import type { Triple } from '../../lib/volume.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Conv3D, type Conv3DOptions } from '../../modules/conv3d.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, random, shaped } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const valuesOf = (x: tf.Tensor) => [...x.dataSync()];

eachBackend('by hand', () => {
  test('forward and both gradients: each cell plus ten times the one in the next slice, plus 7', () => {
    const box = new Conv3D(1, 1, [2, 1, 1], { init: values([1, 10]) });
    box.params.bias?.assign(tf.tensor1d([7]));
    // Three slices of 1x2 cells.
    const { output, cache } = box.forward(tf.tensor5d([1, 2, 3, 4, 5, 6], [1, 3, 1, 2, 1]));
    expect(output.shape).toEqual([1, 2, 1, 2, 1]);
    expect(valuesOf(output)).toEqual([1 + 30 + 7, 2 + 40 + 7, 3 + 50 + 7, 4 + 60 + 7]);
    const g = tf.tensor5d([1, 2, 3, 4], [1, 2, 1, 2, 1]);
    expect(valuesOf(box.backpropToInput(g, cache))).toEqual([1, 2, 3 + 10, 4 + 20, 30, 40]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(valuesOf(weight)).toEqual([1 + 4 + 9 + 16, 3 + 8 + 15 + 24]);
    expect(valuesOf(bias as tf.Tensor)).toEqual([10]);
  });

  test('a slice of padding is zeros, and windows of stride 2 and dilation 2 skip slices', () => {
    const options = { stride: [2, 1, 1], dilation: [2, 1, 1], padding: [1, 0, 0] } as const;
    const box = new Conv3D(1, 1, [2, 1, 1], { ...options, init: values([1, 10]) });
    const { output, cache } = box.forward(tf.tensor5d([1, 2, 3, 4], [1, 4, 1, 1, 1]));
    expect(valuesOf(output)).toEqual([20, 2 + 40]);
    const g = tf.tensor5d([1, 2], [1, 2, 1, 1, 1]);
    expect(valuesOf(box.backpropToInput(g, cache))).toEqual([0, 10 + 2, 0, 20]);
    expect(valuesOf(box.backpropToParams(g, cache).weight)).toEqual([2 * 2, 2 + 2 * 4]);
  });

  test('an infinite cell reaches only the windows that see it', () => {
    const box = new Conv3D(1, 1, [2, 1, 1], { init: values([1, 10]) });
    const input = tf.tensor5d([Infinity, 2, 3, NaN], [1, 4, 1, 1, 1]);
    expect(valuesOf(box.infer(input))).toEqual([Infinity, 32, NaN]);
  });
});

describeFixture(
  'conv3d',
  (inChannels: number, outChannels: number, kernelSize: Triple, options: Conv3DOptions) =>
    new Conv3D(inChannels, outChannels, kernelSize, { ...options, init: zeros }),
);

eachBackend('with a kernel of one slice', () => {
  test.each<[string, Conv3DOptions]>([
    ['plain', {}],
    ['stride, dilation, padding', { stride: [1, 2, 1], dilation: [1, 1, 2], padding: [0, 1, 2] }],
    ['groups, no bias', { groups: 2, bias: false }],
  ])('is Conv2D of each slice: %s', (_, options) => {
    const box = new Conv3D(4, 6, [1, 2, 3], { ...options, rng: new Rng(1) });
    const [stride, dilation, padding] = [options.stride, options.dilation, options.padding].map(
      (of, k) => (Array.isArray(of) ? ([of[1], of[2]] as const) : k < 2 ? 1 : 0),
    );
    const flat = new Conv2D(4, 6, [2, 3], { ...options, stride, dilation, padding, init: zeros });
    flat.params.weight.assign(tf.squeeze(box.params.weight, [0]));
    const x = random<tf.Tensor5D>([2, 3, 4, 6, 4], 2);
    const a = given(box, x);
    const slices = ([batch, depth, ...image]: readonly number[]) => [batch * depth, ...image];
    const b = given(
      flat,
      tf.reshape<tf.Rank.R4>(x, slices(x.shape) as [number, number, number, number]),
      tf.reshape<tf.Rank.R4>(
        random(a.output.shape, 77),
        slices(a.output.shape) as [number, number, number, number],
      ),
    );
    expectSame(a.output, shaped(b.output, a.output.shape), 'output');
    expectSame(a.gradInput, shaped(b.gradInput, x.shape), 'gradInput');
    for (const [name, grad] of Object.entries(a.gradParams)) {
      expectSame(grad, shaped(b.gradParams[name], grad.shape), name);
    }
  });
});

const small = (options: Conv3DOptions = {}) =>
  new Conv3D(2, 4, [2, 1, 3], { padding: [1, 0, 1], rng: new Rng(0), ...options });

describeContract(
  () => small({ groups: 2 }),
  () => [tf.ones([2, 3, 2, 4, 2]), tf.ones([1, 2, 3, 3, 2])],
);

const cache = () => small().forward(blank([2, 3, 2, 4, 2])).cache;

describeRefusals([
  ['Conv3D: unknown option strides; did you mean stride?', () => small({ strides: 2 } as never)],
  [
    'Conv3D.forward: expected input of shape [N, D, H, W, 2], got [3, 2, 4, 2]',
    () => small().forward(blank([3, 2, 4, 2])),
  ],
  [
    'Conv3D.forward: expected input of shape [N, D, H, W, 2], got [2, 3, 2, 4, 3]',
    () => small().forward(blank([2, 3, 2, 4, 3])),
  ],
  [
    'Conv3D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 3, 2, 4, 2], 'int32')),
  ],
  [
    'Conv3D.backpropToInput: expected gradOutput of shape [2, 4, 2, 4, 4], got [2, 3, 2, 4, 4]',
    () => small().backpropToInput(blank([2, 3, 2, 4, 4]), cache()),
  ],
  [
    'Conv3D.backpropToParams: expected gradOutput of shape [2, 4, 2, 4, 4], got [1, 4, 2, 4, 4]',
    () => small().backpropToParams(blank([1, 4, 2, 4, 4]), cache()),
  ],
  [
    'Conv3D.forward: expected a padded input of at least 2x1x3 for the kernel, got 1x2x4',
    () => small({ padding: 0 }).forward(blank([1, 1, 2, 4, 2])),
  ],
  [
    'Conv3D: expected kernelSize to be an integer of at least 1, or [depth, height, width], got [2, 3]',
    () => new Conv3D(2, 4, [2, 3] as never),
  ],
  [
    'Conv3D: expected stride to be an integer of at least 1, or [depth, height, width], got 0',
    () => small({ stride: 0 }),
  ],
  [
    'Conv3D: expected dilation to be an integer of at least 1, or [depth, height, width], got [1, 1, 1.5]',
    () => small({ dilation: [1, 1, 1.5] }),
  ],
  [
    'Conv3D: expected padding to be an integer of at least 0, or [depth, height, width], got -1',
    () => small({ padding: -1 }),
  ],
  [
    'Conv3D: expected padding to be "valid", "same", an integer or [depth, height, width], got "full"',
    () => small({ padding: 'full' as 'same' }),
  ],
  [
    'Conv3D: expected inChannels to be a multiple of the 4 groups, got 2',
    () => small({ groups: 4 }),
  ],
  [
    'Conv3D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new Conv3D(2, 4, 1),
  ],
]);

test('describes its windows', () => {
  expect(small().describe()).toBe('4 2x1x3 filters at stride 1, pad 1x0x1');
  expect(small({ stride: [2, 1, 1], padding: 0, groups: 2 }).describe()).toBe(
    '4 2x1x3 filters at stride 2x1x1, pad 0, 2 groups',
  );
});

describeFacts({
  'stride, padding and groups': {
    box: () =>
      new Conv3D(4, 6, [3, 2, 1], {
        stride: [2, 1, 3],
        padding: [1, 0, 0],
        dilation: [1, 3, 1],
        groups: 2,
        init: zeros,
      }),
    input: [2, 5, 6, 7, 4],
    output: [2, (5 + 2 - 3) / 2 + 1, 6 - 4 + 1, (7 - 1) / 3 + 1, 6],
    words: '6 3x2x1 filters at stride 2x1x3, pad 1x0x0, 2 groups',
    multiplyAdds: 3 * 3 * 3 * (3 * 2 * 1 * 2 * 6),
    window: [
      [3, 2],
      [4, 1],
      [1, 3],
    ],
    inputs: [
      // Slice −1 is padding; channel 5 belongs to the second group.
      [
        [0, 1, 2, 5],
        [
          [0, 1],
          [1, 4],
          [6, 6],
          [2, 3],
        ],
      ],
    ],
    noDecay: ['bias'],
  },
});
