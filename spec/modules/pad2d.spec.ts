import * as tf from '@tensorflow/tfjs-core';
import { zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import type { Sides } from '../../lib/geometry.ts';
import { Pad2D, type Pad2DOptions } from '../../modules/pad2d.ts';
import { image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, packed, random } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  const x = () =>
    image([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  const ones = () => tf.ones<tf.Rank.R4>([1, 3, 6, 1]);

  // Pads one row above, two columns on the left and one on the right. The gradient of a pixel is
  // the number of its copies.
  test.each([
    [
      'zeros',
      [
        [7, 7, 7, 7, 7, 7],
        [7, 7, 1, 2, 3, 7],
        [7, 7, 4, 5, 6, 7],
      ],
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
    ],
    [
      'reflect',
      [
        [6, 5, 4, 5, 6, 5],
        [3, 2, 1, 2, 3, 2],
        [6, 5, 4, 5, 6, 5],
      ],
      [
        [1, 3, 2],
        [2, 6, 4],
      ],
    ],
    [
      'replicate',
      [
        [1, 1, 1, 2, 3, 3],
        [1, 1, 1, 2, 3, 3],
        [4, 4, 4, 5, 6, 6],
      ],
      [
        [6, 2, 4],
        [3, 1, 2],
      ],
    ],
    [
      'circular',
      [
        [5, 6, 4, 5, 6, 4],
        [2, 3, 1, 2, 3, 1],
        [5, 6, 4, 5, 6, 4],
      ],
      [
        [2, 2, 2],
        [4, 4, 4],
      ],
    ],
  ] as const)('%s', (mode, padded, copies) => {
    const box = new Pad2D(
      [
        [1, 0],
        [2, 1],
      ],
      { mode, value: mode === 'zeros' ? 7 : 0 },
    );
    const { output, cache } = box.forward(x());
    expect(rowsOf(output)).toEqual(padded);
    expect(rowsOf(box.backpropToInput(ones(), cache))).toEqual(copies);
  });

  test('the gradient of a cell goes to the pixel that was copied there', () => {
    const { cache } = new Pad2D([0, 2], { mode: 'reflect' }).forward(image([[1, 2, 3]]));
    const g = image([[1, 10, 100, 1000, 10_000, 100_000, 1_000_000]]);
    const grad = new Pad2D([0, 2], { mode: 'reflect' }).backpropToInput(g, cache);
    expect(rowsOf(grad)).toEqual([[1_000_100, 101_010, 10_001]]);
  });
});

describeFixture('pad2d', (padding: Sides, options: Pad2DOptions) => new Pad2D(padding, options));

eachBackend('is what it is in other words', () => {
  test.each(['zeros', 'reflect', 'replicate', 'circular'] as const)(
    'Pad2D, then Conv2D, is Conv2D with the padding mode %s',
    (mode) => {
      const pad = new Pad2D([2, 1], { mode });
      const bare = new Conv2D(2, 3, [2, 3], { stride: [1, 2], rng: new Rng(1) });
      const whole = new Conv2D(2, 3, [2, 3], {
        stride: [1, 2],
        padding: [2, 1],
        paddingMode: mode,
        init: zeros,
      });
      whole.params.weight.assign(bare.params.weight);
      const x = random<tf.Tensor4D>([2, 4, 5, 2], 1);
      const padded = pad.forward(x);
      const conv = bare.forward(padded.output);
      const g = random<tf.Tensor4D>(conv.output.shape, 2);
      const expected = given(whole, x, g);
      expectSame(packed(conv.output), expected.output, 'output');
      const gradPadded = bare.backpropToInput(g, conv.cache);
      expectSame(
        packed(pad.backpropToInput(gradPadded, padded.cache)),
        expected.gradInput,
        'gradInput',
      );
      expectSame(
        packed(bare.backpropToParams(g, conv.cache).weight),
        expected.gradParams.weight,
        'weight',
      );
    },
  );
});

describeContract(
  () =>
    new Pad2D(
      [
        [1, 2],
        [0, 1],
      ],
      { mode: 'reflect' },
    ),
  () => [tf.ones([2, 4, 5, 2]), tf.ones([1, 3, 2, 2])],
);

const padding =
  'Pad2D: expected padding to be an integer of at least 0, a pair [height, width] or [[top, bottom], [left, right]]';

describeRefusals([
  [
    'Pad2D: unknown option paddingMode; expected one of mode, value',
    () => new Pad2D(1, { paddingMode: 'reflect' } as never),
  ],
  [
    'Pad2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => new Pad2D(1).forward(blank([4, 5, 2])),
  ],
  [
    'Pad2D.forward: expected input of dtype float32, got int32',
    () => new Pad2D(1).forward(blank([1, 4, 5, 2], 'int32')),
  ],
  [
    'Pad2D.backpropToInput: expected gradOutput of shape [1, 6, 7, 2], got [1, 4, 5, 2]',
    () =>
      new Pad2D(1).backpropToInput(
        blank([1, 4, 5, 2]),
        new Pad2D(1).forward(blank([1, 4, 5, 2])).cache,
      ),
  ],
  [
    'Pad2D.forward: expected reflect padding of at most 3x4 for this input, got 4x1',
    () =>
      new Pad2D(
        [
          [0, 4],
          [1, 0],
        ],
        { mode: 'reflect' },
      ).forward(blank([1, 4, 5, 2])),
  ],
  [
    'Pad2D.forward: expected circular padding of at most 4x5 for this input, got 0x6',
    () => new Pad2D([0, 6], { mode: 'circular' }).forward(blank([1, 4, 5, 2])),
  ],
  [`${padding}, got -1`, () => new Pad2D(-1)],
  [`${padding}, got [1, 0.5]`, () => new Pad2D([1, 0.5])],
  [
    `${padding}, got [[1, 2], [3, -4]]`,
    () =>
      new Pad2D([
        [1, 2],
        [3, -4],
      ]),
  ],
  [`${padding}, got [1, 2, 3]`, () => new Pad2D([1, 2, 3] as unknown as Sides)],
  [`${padding}, got "same"`, () => new Pad2D('same' as unknown as Sides)],
  [`${padding}, got undefined`, () => new Pad2D(undefined as unknown as Sides)],
  [
    'Pad2D: expected mode to be one of "zeros", "reflect", "replicate", "circular", got "mirror"',
    () => new Pad2D(1, { mode: 'mirror' as 'reflect' }),
  ],
  ['Pad2D: expected value to be a finite number, got NaN', () => new Pad2D(1, { value: NaN })],
  [
    'Pad2D: expected value only with mode "zeros", got 3 with "circular"',
    () => new Pad2D(1, { mode: 'circular', value: 3 }),
  ],
]);

describeFacts({
  'a mirror': {
    box: () =>
      new Pad2D(
        [
          [1, 0],
          [2, 3],
        ],
        { mode: 'reflect' },
      ),
    input: [2, 3, 5, 2],
    output: [2, 1 + 3, 2 + 5 + 3, 2],
    multiplyAdds: 0,
    window: [
      [1, 1],
      [1, 1],
    ],
    inputs: [
      [
        [0, 0, 1],
        [
          [1, 1],
          [2, 2],
          [1, 1],
        ],
      ],
      [
        [3, 9, 0],
        [
          [2, 2],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
  },
  zeros: {
    box: () => new Pad2D(1, { value: 3 }),
    input: [1, 2, 3, 1],
    output: [1, 4, 5, 1],
    multiplyAdds: 0,
    window: [
      [1, 1],
      [1, 1],
    ],
    inputs: [
      [[0, 1, 0], undefined],
      [
        [1, 1, 0],
        [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      ],
      [[2, 4, 0], undefined],
    ],
  },
  'the other end': {
    box: () => new Pad2D([0, 2], { mode: 'circular' }),
    input: [1, 1, 3, 1],
    output: [1, 1, 7, 1],
    multiplyAdds: 0,
    window: [
      [1, 1],
      [1, 1],
    ],
    inputs: [
      [
        [0, 0, 0],
        [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
      ],
      [
        [0, 6, 0],
        [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
  },
});
