import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { ConvTranspose2D, type ConvTranspose2DOptions } from '../../modules/convTranspose2d.ts';
import { image, numbers, rowsOf, type Packed } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { expectSame, given, packed, random } from '../support/identity.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('each pixel adds the kernel, times its value, to the output', () => {
    const box = new ConvTranspose2D(1, 1, 2, { stride: [2, 1], init: values([1, 10, 100, 1000]) });
    box.params.bias?.assign(tf.tensor1d([0.5]));
    const { output, cache } = box.forward(
      image([
        [1, 2],
        [3, 4],
      ]),
    );
    const rows = [
      [1, 10 + 2, 20],
      [100, 1000 + 200, 2000],
      [3, 30 + 4, 40],
      [300, 3000 + 400, 4000],
    ];
    expect(rowsOf(output)).toEqual(rows.map((row) => row.map((value) => value + 0.5)));
    const g = image([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
      [1, 0, 2],
    ]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([
      [1 + 20 + 400 + 5000, 2 + 30 + 500 + 6000],
      [7 + 80 + 100, 8 + 90 + 2000],
    ]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(numbers(tf.reshape(weight, [2, 2]))).toEqual([
      [1 + 2 * 2 + 3 * 7 + 4 * 8, 2 + 2 * 3 + 3 * 8 + 4 * 9],
      [4 + 2 * 5 + 3 * 1, 5 + 2 * 6 + 4 * 2],
    ]);
    expect(numbers(bias as tf.Tensor)).toEqual([48]);
  });

  test('padding cuts off, and outputPadding adds at the end', () => {
    const init = values([1, 10, 100]);
    const x = image([[1, 2]]);
    const rows = (options: ConvTranspose2DOptions) =>
      rowsOf(
        new ConvTranspose2D(1, 1, [1, 3], { stride: [1, 2], init, ...options }).forward(x).output,
      );
    expect(rows({})).toEqual([[1, 10, 100 + 2, 20, 200]]);
    expect(rows({ padding: [0, 1] })).toEqual([[10, 102, 20]]);
    expect(rows({ padding: [0, 1], outputPadding: [0, 1] })).toEqual([[10, 102, 20, 200]]);
    expect(rows({ outputPadding: [0, 1] })).toEqual([[1, 10, 102, 20, 200, 0]]);
  });

  test('outputPadding that reaches the stride shows what padding cut, then the bias', () => {
    const init = values([1, 10]);
    const made = (padding: number, outputPadding: number) => {
      const along = { padding: [0, padding], outputPadding: [0, outputPadding] } as const;
      const box = new ConvTranspose2D(1, 1, [1, 2], { dilation: [1, 3], init, ...along });
      box.params.bias?.assign(tf.tensor1d([0.5]));
      return box;
    };
    const rows = (padding: number, outputPadding: number) =>
      rowsOf(made(padding, outputPadding).forward(image([[1, 2]])).output);
    expect(rows(0, 2)).toEqual([[1.5, 2.5, 0.5, 10.5, 20.5, 0.5, 0.5]]);
    expect(rows(1, 2)).toEqual([[2.5, 0.5, 10.5, 20.5, 0.5]]);
    expect(rows(2, 2)).toEqual([[0.5, 10.5, 20.5]]);

    const box = made(1, 2);
    const { cache } = box.forward(image([[1, 2]]));
    const g = image([[1, 2, 3, 4, 5]]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([[10 * 3, 1 + 10 * 4]]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(numbers(tf.reshape(weight, [2]))).toEqual([2 * 1, 3 + 2 * 4]);
    expect(numbers(bias as tf.Tensor)).toEqual([15]);
  });
});

describeFixture(
  'convTranspose2d',
  (inChannels: number, outChannels: number, kernelSize: Pair, options: ConvTranspose2DOptions) =>
    new ConvTranspose2D(inChannels, outChannels, kernelSize, { ...options, init: zeros }),
);

eachBackend('is the adjoint of Conv2D', () => {
  const dot = (a: Packed, b: Packed) =>
    a.values.reduce((sum, value, i) => sum + value * b.values[i], 0);

  // In the first cases the windows of the convolution cover the whole input. In the last case they
  // leave a remainder, so going back needs an outputPadding.
  test.each<[string, [number, number], Pair, ConvTranspose2DOptions]>([
    ['plain', [5, 6], [2, 3], {}],
    ['stride', [6, 7], 3, { stride: [3, 2] }],
    ['padding', [4, 5], [3, 4], { padding: [1, 2] }],
    ['dilation and padding', [7, 8], [3, 2], { dilation: [2, 3], padding: 1 }],
    ['groups', [5, 7], 3, { groups: 2, stride: 2, padding: 1 }],
    ['a remainder', [6, 8], 3, { stride: 2, padding: 1, outputPadding: 1 }],
  ])('⟨Conv x, y⟩ = ⟨x, ConvT y⟩: %s', (_, size, kernelSize, options) => {
    const { outputPadding: _unused, ...shared } = options;
    const conv = new Conv2D(2, 4, kernelSize, { ...shared, bias: false, rng: new Rng(1) });
    const transposed = new ConvTranspose2D(4, 2, kernelSize, {
      ...options,
      bias: false,
      init: zeros,
    });
    transposed.params.weight.assign(conv.params.weight);
    const x = random<tf.Tensor4D>([2, ...size, 2], 2);
    const { output, cache } = conv.forward(x);
    const y = random<tf.Tensor4D>(output.shape, 3);
    const back = transposed.forward(y);
    expect(back.output.shape).toEqual(x.shape);
    expect(dot(packed(x), packed(back.output)) / dot(packed(output), packed(y))).toBeCloseTo(1, 4);
    // The forward pass of each box is the backward pass of the other.
    expectSame(packed(back.output), packed(conv.backpropToInput(y, cache)), 'output');
    const g = given(transposed, y, x);
    expectSame(g.gradInput, packed(output), 'gradInput');
    expectSame(g.gradParams.weight, packed(conv.backpropToParams(y, cache).weight), 'weight');
  });
});

const small = (options: ConvTranspose2DOptions = {}) =>
  new ConvTranspose2D(2, 3, [2, 3], { rng: new Rng(0), ...options });

describeContract(
  () => small({ stride: [2, 1], padding: [0, 1], outputPadding: [1, 0] }),
  () => [tf.ones([2, 3, 4, 2]), tf.ones([1, 2, 5, 2])],
);

describe('an outputPadding that reaches the stride', () => {
  describeContract(
    () => small({ dilation: [3, 1], padding: [1, 0], outputPadding: [2, 0] }),
    () => [tf.ones([2, 3, 4, 2]), tf.ones([1, 2, 5, 2])],
  );
});

const cache = () => small().forward(blank([2, 3, 4, 2])).cache;

describeRefusals([
  [
    'ConvTranspose2D: unknown option outputPaddings; did you mean outputPadding?',
    () => small({ outputPaddings: 1 } as never),
  ],
  [
    'ConvTranspose2D.forward: expected input of shape [N, H, W, 2], got [2, 3, 4, 3]',
    () => small().forward(blank([2, 3, 4, 3])),
  ],
  [
    'ConvTranspose2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 3, 4, 2], 'int32')),
  ],
  [
    'ConvTranspose2D.backpropToInput: expected gradOutput of shape [2, 4, 6, 3], got [2, 3, 4, 3]',
    () => small().backpropToInput(blank([2, 3, 4, 3]), cache()),
  ],
  [
    'ConvTranspose2D.backpropToParams: expected gradOutput of shape [2, 4, 6, 3], got [1, 4, 6, 3]',
    () => small().backpropToParams(blank([1, 4, 6, 3]), cache()),
  ],
  [
    'ConvTranspose2D.forward: expected an output of at least 1x1, got 2x-1 from 1x1',
    () => small({ padding: [0, 2] }).forward(blank([1, 1, 1, 2])),
  ],
  [
    'ConvTranspose2D: expected outputPadding below the stride, 2x1, or the dilation, 1x1, got 1x1',
    () => small({ stride: [2, 1], outputPadding: 1 }),
  ],
  [
    'ConvTranspose2D: expected outputPadding below the stride, 1x2, or the dilation, 3x1, got 3x0',
    () => small({ stride: [1, 2], dilation: [3, 1], outputPadding: [3, 0] }),
  ],
  [
    'ConvTranspose2D: expected inChannels to be an integer of at least 1, got 0',
    () => new ConvTranspose2D(0, 1, 1),
  ],
  [
    'ConvTranspose2D: expected outChannels to be an integer of at least 1, got 0',
    () => new ConvTranspose2D(1, 0, 1),
  ],
  [
    'ConvTranspose2D: expected outChannels to be a multiple of the 2 groups, got 3',
    () => small({ groups: 2 }),
  ],
  [
    'ConvTranspose2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new ConvTranspose2D(1, 1, 0),
  ],
  [
    'ConvTranspose2D: expected padding to be an integer of at least 0, or a pair [height, width], got "same"',
    () => small({ padding: 'same' as unknown as Pair }),
  ],
  [
    'ConvTranspose2D: expected outputPadding to be an integer of at least 0, or a pair [height, width], got -1',
    () => small({ outputPadding: -1 }),
  ],
  [
    'ConvTranspose2D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new ConvTranspose2D(1, 1, 1),
  ],
]);

describeFacts({
  'stride, padding and groups': {
    box: () =>
      new ConvTranspose2D(4, 2, [3, 2], {
        stride: [2, 3],
        padding: [1, 0],
        groups: 2,
        init: zeros,
      }),
    input: [2, 4, 3, 4],
    output: [2, 3 * 2 - 2 + 3, 2 * 3 + 2, 2],
    multiplyAdds: 4 * 3 * (3 * 2 * 1 * 4),
    window: [
      [2, 1 / 2],
      [1, 1 / 3],
    ],
    inputs: [
      // Output row 0 is input row 0 times weight 1. Input row 1 does not reach it.
      [
        [0, 0, 0],
        [
          [0, 0],
          [0, 0],
          [0, 1],
        ],
      ],
      // Output row 1 combines input row 0 (weight 2) and row 1 (weight 0); column 4 comes from
      // column 1 (weight 1).
      [
        [1, 4, 1],
        [
          [0, 1],
          [1, 1],
          [2, 3],
        ],
      ],
      // Column 2 lies between the kernels of columns 0 and 1, so it depends on no input.
      [[1, 2, 0], undefined],
      [
        [6, 7, 1],
        [
          [3, 3],
          [2, 2],
          [2, 3],
        ],
      ],
    ],
    noDecay: ['bias'],
  },
  dilation: {
    box: () => new ConvTranspose2D(1, 1, 2, { stride: 2, dilation: 3, init: zeros }),
    input: [1, 2, 2, 1],
    output: [1, 2 + 3 + 1, 6, 1],
    multiplyAdds: 4 * 4,
    window: [
      [2, 1 / 2],
      [2, 1 / 2],
    ],
    inputs: [
      [
        [3, 5, 0],
        [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
    noDecay: ['bias'],
  },
});
