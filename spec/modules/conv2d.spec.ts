import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import type { Pair } from '../../lib/geometry.ts';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Conv2D, type Conv2DOptions } from '../../modules/conv2d.ts';
import { image, numbers, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** The weights of a kernel from one channel to one, as a matrix. */
const taps = (weight: tf.Tensor4D) => numbers(tf.reshape(weight, weight.shape.slice(0, 2)));

eachBackend('by hand', () => {
  test('forward and both gradients: each pixel minus the one below to the right, plus 7', () => {
    const box = new Conv2D(1, 1, 2, { init: values([1, 0, 0, -1]) });
    box.params.bias?.assign(tf.tensor1d([7]));
    const x = image([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ]);
    const { output, cache } = box.forward(x);
    expect(rowsOf(output)).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
    const g = image([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([
      [1, 2, 3, 0],
      [4, 5 - 1, 6 - 2, -3],
      [0, -4, -5, -6],
    ]);
    const { weight, bias } = box.backpropToParams(g, cache);
    const first = 1 * 1 + 2 * 2 + 3 * 3 + 5 * 4 + 6 * 5 + 7 * 6;
    const sum = 1 + 2 + 3 + 4 + 5 + 6; // pixels grow by 1 to the right and by 4 downwards
    expect(taps(weight)).toEqual([
      [first, first + sum],
      [first + 4 * sum, first + 5 * sum],
    ]);
    expect(numbers(bias as tf.Tensor)).toEqual([sum]);
  });

  test('the kernel is not flipped, and "same" adds an odd padding cell at the end', () => {
    const box = new Conv2D(1, 1, [1, 2], { padding: 'same', init: values([1, 10]) });
    const { output, cache } = box.forward(image([[1, 2, 3]]));
    expect(rowsOf(output)).toEqual([[1 + 20, 2 + 30, 3 + 0]]);
    expect(rowsOf(box.backpropToInput(image([[1, 1, 1]]), cache))).toEqual([[1, 10 + 1, 10 + 1]]);
    expect(taps(box.backpropToParams(image([[1, 1, 1]]), cache).weight)).toEqual([
      [1 + 2 + 3, 2 + 3],
    ]);
  });

  test('pixels outside all windows get no gradient', () => {
    const box = new Conv2D(1, 1, [1, 2], { stride: [1, 3], init: values([1, 10]) });
    const { output, cache } = box.forward(image([[1, 2, 3, 4, 5, 6, 7]]));
    expect(rowsOf(output)).toEqual([[1 + 20, 4 + 50]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2]]), cache))).toEqual([[1, 10, 0, 2, 20, 0, 0]]);
    expect(taps(box.backpropToParams(image([[1, 2]]), cache).weight)).toEqual([
      [1 + 2 * 4, 2 + 2 * 5],
    ]);
  });
});

describeFixture(
  'conv2d',
  (inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2DOptions) =>
    new Conv2D(inChannels, outChannels, kernelSize, { ...options, init: zeros }),
);

const small = (options: Conv2DOptions = {}) =>
  new Conv2D(2, 3, [2, 3], { stride: [2, 1], padding: 1, rng: new Rng(0), ...options });

describeContract(small, () => [tf.ones([2, 4, 5, 2]), tf.ones([1, 5, 3, 2])]);

const cache = () => small().forward(blank([2, 4, 5, 2])).cache;

describeRefusals([
  [
    'Conv2D: unknown option strides; did you mean stride?',
    () => new Conv2D(2, 3, 2, { strides: 2 } as never),
  ],
  [
    'Conv2D.forward: expected input of shape [N, H, W, 2], got [2, 4, 5, 3]',
    () => small().forward(blank([2, 4, 5, 3])),
  ],
  [
    'Conv2D.forward: expected input of shape [N, H, W, 2], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'Conv2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'Conv2D.backpropToInput: expected gradOutput of shape [2, 3, 5, 3], got [2, 5, 3, 3]',
    () => small().backpropToInput(blank([2, 5, 3, 3]), cache()),
  ],
  [
    'Conv2D.backpropToParams: expected gradOutput of shape [2, 3, 5, 3], got [1, 3, 5, 3]',
    () => small().backpropToParams(blank([1, 3, 5, 3]), cache()),
  ],
  [
    'Conv2D.forward: expected a padded input of at least 2x3 for the kernel, got 1x4',
    () => small({ padding: 0 }).forward(blank([1, 1, 4, 2])),
  ],
  [
    'Conv2D.forward: expected a padded input of at least 2x3 for the kernel, got 4x2',
    () => small({ padding: [1, 0] }).forward(blank([1, 2, 2, 2])),
  ],
  ['Conv2D: expected inChannels to be an integer of at least 1, got 0', () => new Conv2D(0, 3, 2)],
  [
    'Conv2D: expected outChannels to be an integer of at least 1, got -1',
    () => new Conv2D(2, -1, 2),
  ],
  [
    'Conv2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got [2, 0]',
    () => new Conv2D(2, 3, [2, 0]),
  ],
  [
    'Conv2D: expected stride to be an integer of at least 1, or a pair [height, width], got 0.5',
    () => small({ stride: 0.5 }),
  ],
  [
    'Conv2D: expected padding to be "valid", "same", an integer of at least 0, a pair [height, width] or [[top, bottom], [left, right]], got -1',
    () => small({ padding: -1 }),
  ],
  [
    'Conv2D: expected padding to be "valid", "same", an integer of at least 0, a pair [height, width] or [[top, bottom], [left, right]], got "full"',
    () => small({ padding: 'full' as 'same' }),
  ],
  [
    'Conv2D: expected padding to be "valid", "same", an integer of at least 0, a pair [height, width] or [[top, bottom], [left, right]], got [[1, -1], [0, 0]]',
    () =>
      small({
        padding: [
          [1, -1],
          [0, 0],
        ],
      }),
  ],
  [
    'Conv2D: expected paddingMode to be one of "zeros", "reflect", "replicate", "circular", got "mirror"',
    () => small({ paddingMode: 'mirror' as 'zeros' }),
  ],
  [
    'Conv2D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new Conv2D(2, 3, 2),
  ],
]);

test('the fan-in of a unit includes the kernel size, and biases start at 0', async () => {
  await useBackend('cpu');
  const { weight, bias } = new Conv2D(5, 7, [3, 4], { rng: new Rng(0) }).params;
  const bound = Math.sqrt(6 / (12 * 5 + 12 * 7));
  const largest = Math.max(...weight.dataSync().map(Math.abs));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.95 * bound);
  expect(bias?.dataSync()).toEqual(new Float32Array(7));
});

describeFacts({
  'stride, dilation, padding and groups': {
    box: () =>
      new Conv2D(4, 6, [3, 2], {
        stride: [2, 1],
        padding: [1, 0],
        dilation: [1, 3],
        groups: 2,
        init: zeros,
      }),
    input: [2, 7, 9, 4],
    output: [2, (7 + 2 - 3) / 2 + 1, 9 - 4 + 1, 6],
    multiplyAdds: 4 * 6 * (3 * 2 * 2 * 6),
    window: [
      [3, 2],
      [4, 1],
    ],
    inputs: [
      // Row −1 is padding.
      [
        [0, 0, 0],
        [
          [0, 1],
          [0, 3],
          [0, 1],
        ],
      ],
      [
        [1, 2, 2],
        [
          [1, 3],
          [2, 5],
          [0, 1],
        ],
      ],
      // Row 7 is padding; channel 5 belongs to the second group.
      [
        [3, 5, 5],
        [
          [5, 6],
          [5, 8],
          [2, 3],
        ],
      ],
    ],
    noDecay: ['bias'],
    words: '6 3x2 filters at stride 2x1, pad 1x0, 2 groups',
  },
  '"same" puts the odd cell after': {
    box: () => new Conv2D(1, 1, 4, { stride: 2, padding: 'same', init: zeros }),
    input: [1, 5, 6, 1],
    output: [1, 3, 3, 1],
    multiplyAdds: 3 * 3 * 16,
    window: [
      [4, 2],
      [4, 2],
    ],
    inputs: [
      // The 5 rows are padded by 1 before and 2 after, the 6 columns by 1 on each side.
      [
        [0, 0, 0],
        [
          [0, 2],
          [0, 2],
          [0, 0],
        ],
      ],
      [
        [2, 2, 0],
        [
          [3, 4],
          [3, 5],
          [0, 0],
        ],
      ],
    ],
    noDecay: ['bias'],
    words: '1 4x4 filters at stride 2, pad same',
  },
  'a mirror shows what it mirrors': {
    box: () => new Conv2D(1, 1, [5, 1], { padding: [2, 0], paddingMode: 'reflect', init: zeros }),
    input: [1, 6, 1, 1],
    output: [1, 6, 1, 1],
    multiplyAdds: 6 * 5,
    window: [
      [5, 1],
      [1, 1],
    ],
    inputs: [
      [
        [0, 0, 0],
        [
          [0, 2],
          [0, 0],
          [0, 0],
        ],
      ],
      [
        [5, 0, 0],
        [
          [3, 5],
          [0, 0],
          [0, 0],
        ],
      ],
    ],
    noDecay: ['bias'],
    words: '1 5x1 filters at stride 1, pad 2x0',
  },
  'a circular border shows the other end': {
    box: () => new Conv2D(1, 1, [1, 3], { padding: [0, 1], paddingMode: 'circular', init: zeros }),
    input: [1, 1, 6, 1],
    output: [1, 1, 6, 1],
    multiplyAdds: 6 * 3,
    window: [
      [1, 1],
      [3, 1],
    ],
    inputs: [
      [
        [0, 0, 0],
        [
          [0, 0],
          [0, 5],
          [0, 0],
        ],
      ],
      [
        [0, 1, 0],
        [
          [0, 0],
          [0, 2],
          [0, 0],
        ],
      ],
    ],
    noDecay: ['bias'],
    words: '1 1x3 filters at stride 1, pad 0x1',
  },
});
