import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { MaxPool2D, type MaxPool2DOptions } from '../../modules/maxPool2d.ts';
import { image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

interface Example {
  title: string;
  box: () => MaxPool2D;
  input: number[][];
  output: number[][];
  gradOutput: number[][];
  gradInput: number[][];
}

const examples: Example[] = [
  {
    title: 'windows without a positive value keep their gradient',
    box: () => new MaxPool2D(2),
    input: [
      [-1, -2, -3, -4],
      [-5, -6, -7, -8],
      [-9, -10, -11, -12],
      [-13, -14, -15, -16],
    ],
    output: [
      [-1, -3],
      [-9, -11],
    ],
    gradOutput: [
      [1, 2],
      [3, 4],
    ],
    gradInput: [
      [1, 0, 2, 0],
      [0, 0, 0, 0],
      [3, 0, 4, 0],
      [0, 0, 0, 0],
    ],
  },
  {
    title: 'among equals the first wins, row by row, and takes all',
    box: () => new MaxPool2D(2),
    input: [
      [0, 0, 1, 2],
      [0, 0, 2, 2],
    ],
    output: [[0, 2]],
    gradOutput: [[5, 7]],
    gradInput: [
      [5, 0, 0, 7],
      [0, 0, 0, 0],
    ],
  },
  {
    title: 'a pixel that wins overlapping windows gets the sum',
    box: () => new MaxPool2D([1, 2], { stride: 1 }),
    input: [[1, 5, 2, 3]],
    output: [[5, 5, 3]],
    gradOutput: [[1, 2, 4]],
    gradInput: [[0, 1 + 2, 0, 4]],
  },
  {
    title: 'padding never wins, not even over negative values',
    box: () => new MaxPool2D(3, { stride: 1, padding: 1 }),
    input: [
      [-4, -3],
      [-2, -1],
    ],
    output: [
      [-1, -1],
      [-1, -1],
    ],
    gradOutput: [
      [1, 2],
      [3, 4],
    ],
    gradInput: [
      [0, 0],
      [0, 10],
    ],
  },
  {
    title: '"same" puts the odd cell after',
    box: () => new MaxPool2D([1, 2], { stride: 1, padding: 'same' }),
    input: [[3, 2, -1]],
    output: [[3, 2, -1]],
    gradOutput: [[1, 2, 4]],
    gradInput: [[1, 2, 4]],
  },
  {
    title: 'pixels that no window meets get 0',
    box: () => new MaxPool2D([1, 2], { stride: [1, 3] }),
    input: [[1, 2, 9, 4, 3, 9]],
    output: [[2, 4]],
    gradOutput: [[1, 2]],
    gradInput: [[0, 1, 0, 2, 0, 0]],
  },
];

eachBackend('by hand', () => {
  test.each(examples)('$title', ({ box, input, output, gradOutput, gradInput }) => {
    const forward = box().forward(image(input));
    expect(rowsOf(forward.output)).toEqual(output);
    expect(rowsOf(box().backpropToInput(image(gradOutput), forward.cache))).toEqual(gradInput);
    expect(box().backpropToParams(image(gradOutput), forward.cache)).toEqual({});
  });
});

describeFixture(
  'maxPool2d',
  (kernelSize: Pair, options: MaxPool2DOptions) => new MaxPool2D(kernelSize, options),
);

const small = (options: MaxPool2DOptions = {}) => new MaxPool2D([2, 3], options);

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])]);

describeRefusals([
  [
    'MaxPool2D: unknown option strides; did you mean stride?',
    () => new MaxPool2D(2, { strides: 2 } as never),
  ],
  [
    'MaxPool2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'MaxPool2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'MaxPool2D.backpropToInput: expected gradOutput of shape [2, 2, 1, 3], got [2, 2, 1, 1]',
    () => small().backpropToInput(blank([2, 2, 1, 1]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'MaxPool2D.forward: expected a padded input of at least 2x3 for the kernel, got 4x2',
    () => small().forward(blank([2, 4, 2, 1])),
  ],
  [
    'MaxPool2D: expected padding of at most half the kernel, 1x1, got 1x2',
    () => small({ padding: [1, 2] }),
  ],
  [
    'MaxPool2D: expected padding of at most half the kernel, 1x1, got 2x0',
    () => new MaxPool2D(3, { padding: [2, 0] }),
  ],
  [
    'MaxPool2D: expected padding of at most half the kernel, 1x1, got 0x2',
    () => new MaxPool2D(3, { padding: [0, 2] }),
  ],
  [
    'MaxPool2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new MaxPool2D(0),
  ],
  [
    'MaxPool2D: expected stride to be an integer of at least 1, or a pair [height, width], got [1, 2, 3]',
    () => small({ stride: [1, 2, 3] as unknown as Pair }),
  ],
  [
    'MaxPool2D: expected padding to be "valid", "same", an integer or a pair [height, width], got "half"',
    () => small({ padding: 'half' as 'same' }),
  ],
]);

describeFacts({
  'overlapping windows with padding': {
    box: () => new MaxPool2D([2, 3], { stride: [1, 2], padding: [1, 0] }),
    input: [2, 4, 7, 3],
    output: [2, 4 + 2 - 2 + 1, (7 - 3) / 2 + 1, 3],
    multiplyAdds: 0,
    window: [
      [2, 1],
      [3, 2],
    ],
    inputs: [
      [
        [0, 0, 1],
        [
          [0, 0],
          [0, 2],
          [1, 1],
        ],
      ],
      [
        [4, 2, 2],
        [
          [3, 3],
          [4, 6],
          [2, 2],
        ],
      ],
    ],
    words: 'MaxPool2D: 2x3 filters at stride 1x2, pad 1x0',
  },
  'a last window over the end': {
    box: () => new MaxPool2D(2, { ceilMode: true }),
    input: [1, 3, 5, 1],
    output: [1, 2, 3, 1],
    multiplyAdds: 0,
    window: [
      [2, 2],
      [2, 2],
    ],
    inputs: [
      [
        [1, 2, 0],
        [
          [2, 2],
          [4, 4],
          [0, 0],
        ],
      ],
    ],
    words: 'MaxPool2D: 2x2 filters at stride 2',
  },
});
