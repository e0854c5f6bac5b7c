import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv2D, type Conv2DOptions } from '../../modules/conv2d.ts';
import { Linear } from '../../modules/linear.ts';
import { image, numbers, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, packed, random, shaped } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** Specs of padding modes, dilation and groups. The other specs of Conv2D are in conv2d.spec.ts. */

const MODES = ['zeros', 'reflect', 'replicate', 'circular'] as const;

eachBackend('by hand', () => {
  const x = () => image([[1, 2, 3, 4]]);

  // The kernel is [1 10 100] and the input is 1 2 3 4 with two padding cells on each side. The
  // gradient is nonzero at the first and last windows.
  test.each([
    ['zeros', [0, 0, 1, 2, 3, 4, 0, 0], [100, 0, 0, 5]],
    ['reflect', [3, 2, 1, 2, 3, 4, 3, 2], [100, 10 + 500, 1 + 50, 5]],
    ['replicate', [1, 1, 1, 2, 3, 4, 4, 4], [1 + 10 + 100, 0, 0, 5 + 50 + 500]],
    ['circular', [3, 4, 1, 2, 3, 4, 1, 2], [100 + 50, 500, 1, 10 + 5]],
  ] as const)('%s', (paddingMode, row, gradRow) => {
    const box = new Conv2D(1, 1, [1, 3], {
      padding: [0, 2],
      paddingMode,
      init: values([1, 10, 100]),
    });
    const { output, cache } = box.forward(x());
    expect(rowsOf(output)).toEqual([
      row.slice(2).map((_, i) => row[i] + 10 * row[i + 1] + 100 * row[i + 2]),
    ]);
    const g = image([[1, 0, 0, 0, 0, 5]]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([gradRow]);
    const { weight } = box.backpropToParams(g, cache);
    expect(numbers(tf.reshape(weight, [3]))).toEqual([0, 1, 2].map((q) => row[q] + 5 * row[5 + q]));
  });

  test('each side has its own padding: the windows of stride 2 begin at another pixel', () => {
    const padding = [
      [0, 0],
      [2, 1],
    ] as const;
    const box = new Conv2D(1, 1, [1, 3], { padding, stride: [1, 2], init: values([1, 10, 100]) });
    const { output, cache } = box.forward(x());
    expect(rowsOf(output)).toEqual([[100, 1 + 20 + 300, 3 + 40]]);
    const g = image([[1, 2, 3]]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([[100 + 2, 20, 200 + 3, 30]]);
    const { weight } = box.backpropToParams(g, cache);
    expect(numbers(tf.reshape(weight, [3]))).toEqual([2 + 9, 4 + 12, 1 + 6]);
    expect(box.describe()).toBe('1 1x3 filters at stride 1x2, pad 0+0x2+1');
  });

  test('a padding whose sides are equal is the pair [height, width]', () => {
    const sides = [
      [1, 1],
      [2, 2],
    ] as const;
    expect(new Conv2D(1, 1, 5, { padding: sides, init: zeros }).padding).toEqual([1, 2]);
  });

  test('dilation leaves gaps between the weights', () => {
    const box = new Conv2D(1, 1, [1, 2], { dilation: [1, 3], init: values([1, 10]) });
    const { output, cache } = box.forward(image([[1, 2, 3, 4, 5]]));
    expect(rowsOf(output)).toEqual([[1 + 40, 2 + 50]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2]]), cache))).toEqual([[1, 2, 0, 10, 20]]);
    const { weight } = box.backpropToParams(image([[1, 2]]), cache);
    expect(numbers(tf.reshape(weight, [2]))).toEqual([1 + 2 * 2, 4 + 2 * 5]);
  });

  test('a group sees only its own channels', () => {
    // Input channels 0 and 1 make outputs 0 and 1; channels 2 and 3 make outputs 2 and 3.
    const init = values([1, 2, 3, 4, 10, 20, 30, 40]);
    const box = new Conv2D(4, 4, 1, { groups: 2, init, bias: false });
    const { output, cache } = box.forward(tf.tensor4d([1, 2, 3, 4], [1, 1, 1, 4]));
    expect(packed(output).values).toEqual([1 + 20, 2 + 40, 9 + 120, 12 + 160]);
    const g = tf.tensor4d([1, 0, 0, 2], [1, 1, 1, 4]);
    expect(packed(box.backpropToInput(g, cache)).values).toEqual([1, 10, 8, 80]);
    expect(packed(box.backpropToParams(g, cache).weight).values).toEqual([1, 0, 0, 6, 2, 0, 0, 8]);
  });
});

describeFixture(
  'conv2dModes',
  (inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2DOptions) =>
    new Conv2D(inChannels, outChannels, kernelSize, { ...options, init: zeros }),
);

eachBackend('equals other boxes', () => {
  /** Shifts an image cyclically. */
  const roll = (x: tf.Tensor4D, cells: number, axis: 1 | 2): tf.Tensor4D => {
    const [first, last] = tf.split<tf.Tensor4D>(x, [x.shape[axis] - cells, cells], axis);
    return tf.concat([last, first], axis);
  };

  test.each([
    ['odd kernel', 3, 1],
    ['even kernel', [2, 4], 1],
    ['dilation', [3, 2], [1, 2]],
  ] as const)('circular padding commutes with a roll: %s', (_, kernelSize, dilation) => {
    const options = {
      padding: 'same',
      paddingMode: 'circular',
      dilation,
      rng: new Rng(1),
    } as const;
    const box = new Conv2D(2, 3, kernelSize, options);
    const x = random<tf.Tensor4D>([2, 5, 6, 2], 1);
    const g = random<tf.Tensor4D>([2, 5, 6, 3], 2);
    const shift = (images: tf.Tensor4D) => roll(roll(images, 2, 1), 3, 2);
    const [plain, rolled] = [given(box, x, g), given(box, shift(x), shift(g))];
    const shifted = (images: typeof plain.output) =>
      packed(
        shift(tf.tensor4d([...images.values], images.shape as [number, number, number, number])),
      );
    expectSame(rolled.output, shifted(plain.output), 'output');
    expectSame(rolled.gradInput, shifted(plain.gradInput), 'gradInput');
    expectSame(rolled.gradParams.weight, plain.gradParams.weight, 'weight');
  });

  test('1x1 is Linear at every pixel', () => {
    const conv = new Conv2D(3, 4, 1, { rng: new Rng(2) });
    const linear = new Linear(3, 4, { init: zeros });
    linear.params.weight.assign(tf.transpose(tf.reshape<tf.Rank.R2>(conv.params.weight, [3, 4])));
    const [x, g] = [random<tf.Tensor4D>([2, 4, 5, 3], 3), random<tf.Tensor4D>([2, 4, 5, 4], 4)];
    const a = given(conv, x, g);
    const b = given(linear, tf.reshape<tf.Rank.R2>(x, [40, 3]), tf.reshape<tf.Rank.R2>(g, [40, 4]));
    expectSame(a.output, shaped(b.output, a.output.shape), 'output');
    expectSame(a.gradInput, shaped(b.gradInput, a.gradInput.shape), 'gradInput');
    const transposed = tf.transpose(tf.tensor2d([...b.gradParams.weight.values], [4, 3]));
    expectSame(a.gradParams.weight, shaped(packed(transposed), [1, 1, 3, 4]), 'weight');
    expectSame(a.gradParams.bias, b.gradParams.bias, 'bias');
  });

  test('groups are independent convolutions', () => {
    const box = new Conv2D(4, 6, [2, 3], { groups: 2, padding: 1, rng: new Rng(3) });
    const [x, g] = [random<tf.Tensor4D>([2, 4, 5, 4], 5), random<tf.Tensor4D>([2, 5, 5, 6], 6)];
    const whole = given(box, x, g);
    const parts = [0, 1].map((k) => {
      const part = new Conv2D(2, 3, [2, 3], { padding: 1, init: zeros });
      part.params.weight.assign(tf.slice(box.params.weight, [0, 0, 0, 3 * k], [-1, -1, -1, 3]));
      return given(
        part,
        tf.slice(x, [0, 0, 0, 2 * k], [-1, -1, -1, 2]),
        tf.slice(g, [0, 0, 0, 3 * k], [-1, -1, -1, 3]),
      );
    });
    const beside = (a: (part: (typeof parts)[0]) => typeof whole.output) =>
      packed(
        tf.concat(
          parts.map((part) => tf.tensor([...a(part).values], [...a(part).shape])),
          -1,
        ),
      );
    expectSame(
      whole.output,
      beside((part) => part.output),
      'output',
    );
    expectSame(
      whole.gradInput,
      beside((part) => part.gradInput),
      'gradInput',
    );
    expectSame(
      whole.gradParams.weight,
      beside((part) => part.gradParams.weight),
      'weight',
    );
  });

  test('replicate and zero padding agree if the border of the image is 0', () => {
    const x = tf.pad(random<tf.Tensor4D>([2, 3, 4, 2], 7), [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    const make = (paddingMode: 'zeros' | 'replicate') =>
      new Conv2D(2, 3, 3, { padding: 2, paddingMode, rng: new Rng(4) });
    const [a, b] = [given(make('zeros'), x), given(make('replicate'), x)];
    expectSame(a.output, b.output, 'output');
    expectSame(a.gradParams.weight, b.gradParams.weight, 'weight');
  });
});

const small = (options: Conv2DOptions = {}) =>
  new Conv2D(2, 4, [2, 3], { rng: new Rng(0), ...options });

for (const paddingMode of MODES.slice(1)) {
  describe(paddingMode, () => {
    const options = {
      paddingMode,
      padding: [1, 2],
      groups: 2,
      dilation: [2, 1],
      stride: [1, 2],
    } as const;
    describeContract(
      () => small(options),
      () => [tf.ones([2, 4, 5, 2]), tf.ones([1, 5, 3, 2])],
    );
  });
}

describeRefusals([
  [
    'Conv2D.forward: expected reflect padding of at most 3x2 for this input, got 1x3',
    () => small({ padding: [1, 3], paddingMode: 'reflect' }).forward(blank([1, 4, 3, 2])),
  ],
  [
    'Conv2D.forward: expected reflect padding of at most 2x0 for this input, got 1x1',
    () => small({ padding: 'same', paddingMode: 'reflect' }).forward(blank([1, 3, 1, 2])),
  ],
  [
    'Conv2D.forward: expected circular padding of at most 4x3 for this input, got 5x3',
    () => small({ padding: [5, 3], paddingMode: 'circular' }).forward(blank([1, 4, 3, 2])),
  ],
  [
    'Conv2D.forward: expected a padded input of at least 4x5 for the kernel, got 4x4',
    () => small({ dilation: [3, 2] }).forward(blank([1, 4, 4, 2])),
  ],
  [
    'Conv2D: expected inChannels to be a multiple of the 4 groups, got 2',
    () => small({ groups: 4 }),
  ],
  [
    'Conv2D: expected outChannels to be a multiple of the 2 groups, got 3',
    () => new Conv2D(2, 3, 1, { groups: 2, init: zeros }),
  ],
  ['Conv2D: expected groups to be an integer of at least 1, got 0', () => small({ groups: 0 })],
  [
    'Conv2D: expected dilation to be an integer of at least 1, or a pair [height, width], got [1, 0]',
    () => small({ dilation: [1, 0] }),
  ],
  [
    'Conv2D: expected paddingMode to be one of "zeros", "reflect", "replicate", "circular", got "mirror"',
    () => small({ paddingMode: 'mirror' as 'reflect' }),
  ],
]);
