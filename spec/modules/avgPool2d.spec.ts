import * as tf from '@tensorflow/tfjs-core';
import { convGeometry, type Pair } from '../../lib/geometry.ts';
import { Rng } from '../../lib/rng.ts';
import { AvgPool2D, type AvgPool2DOptions } from '../../modules/avgPool2d.ts';
import { expectAllClose, image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  const ones = [
    [1, 1, 1],
    [1, 1, 1],
    [1, 1, 1],
  ];

  test('"same", padding not counted: the gradient divides by the same counts as the forward', () => {
    // tfjs's own gradient would divide by 4 everywhere.
    const box = new AvgPool2D(2, { stride: 1, padding: 'same', countIncludePad: false });
    const { output, cache } = box.forward(image(ones));
    expect(rowsOf(output)).toEqual(ones);
    expect(rowsOf(box.backpropToInput(image(ones), cache))).toEqual([
      [0.25, 0.5, 0.25 + 0.5],
      [0.5, 1, 0.5 + 1],
      [0.25 + 0.5, 0.5 + 1, 0.25 + 0.5 + 0.5 + 1],
    ]);
  });

  test('"same", padding counted', () => {
    const box = new AvgPool2D(2, { stride: 1, padding: 'same' });
    const { output, cache } = box.forward(image(ones));
    expect(rowsOf(output)).toEqual([
      [1, 1, 0.5],
      [1, 1, 0.5],
      [0.5, 0.5, 0.25],
    ]);
    expect(rowsOf(box.backpropToInput(image(ones), cache))).toEqual([
      [0.25, 0.5, 0.5],
      [0.5, 1, 1],
      [0.5, 1, 1],
    ]);
  });

  test('ceil mode: cells beyond the padding are not counted', () => {
    const box = new AvgPool2D([1, 3], { stride: [1, 3], padding: [0, 1], ceilMode: true });
    const { output, cache } = box.forward(image([[3, 6, 2, 4, 5, 8]]));
    // The windows are (0, 3, 6), (2, 4, 5) and (8, 0); the last has only two cells.
    expect(rowsOf(output)).toEqual([[3, Math.fround(11 / 3), 4]]);
    const grad = box.backpropToInput(image([[3, 6, 2]]), cache);
    expect(rowsOf(grad)).toEqual([[1, 1, 2, 2, 2, 1]]);
  });
});

eachBackend('is a depthwise convolution with a constant kernel', () => {
  test.each<[string, Pair, AvgPool2DOptions]>([
    ['tiles', [2, 3], {}],
    ['overlapping and padded', [3, 2], { stride: [2, 1], padding: 1 }],
    ['"same"', 3, { stride: 2, padding: 'same' }],
    ['gaps', [1, 2], { stride: [3, 4] }],
  ])('%s', (_, kernelSize, options) => {
    const rng = new Rng(11);
    const box = new AvgPool2D(kernelSize, options);
    const [K, L] = box.kernelSize;
    const { height: h, width: w } = convGeometry(box, 6, 7, { ...box, dilation: [1, 1] });
    const x = Grid.random([2, 6, 7, 3], rng);
    const g = Grid.random([2, h.output, w.output, 3], rng);
    const [y, toInput] = [new Grid(g.shape), new Grid(x.shape)];
    for (let n = 0; n < 2; n++) {
      for (let i = 0; i < h.output; i++) {
        for (let j = 0; j < w.output; j++) {
          for (let p = 0; p < K; p++) {
            for (let q = 0; q < L; q++) {
              const [r, s] = [i * h.stride + p - h.before, j * w.stride + q - w.before];
              if (r < 0 || r >= 6 || s < 0 || s >= 7) continue;
              for (let c = 0; c < 3; c++) {
                y.add(x.at(n, r, s, c) / (K * L), n, i, j, c);
                toInput.add(g.at(n, i, j, c) / (K * L), n, r, s, c);
              }
            }
          }
        }
      }
    }
    const { output, cache } = box.forward(x.tensor());
    expectAllClose(output, y);
    expectAllClose(box.backpropToInput(g.tensor(), cache), toInput);
  });
});

describeFixture(
  'avgPool2d',
  (kernelSize: Pair, options: AvgPool2DOptions) => new AvgPool2D(kernelSize, options),
);

const small = (options: AvgPool2DOptions = {}) => new AvgPool2D([2, 3], options);

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])]);

describeRefusals([
  [
    'AvgPool2D: unknown option paddings; did you mean padding?',
    () => new AvgPool2D(2, { paddings: 1 } as never),
  ],
  [
    'AvgPool2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'AvgPool2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'AvgPool2D.backpropToInput: expected gradOutput of shape [2, 2, 1, 3], got [2, 2, 1, 1]',
    () => small().backpropToInput(blank([2, 2, 1, 1]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'AvgPool2D.forward: expected a padded input of at least 2x3 for the kernel, got 4x2',
    () => small().forward(blank([2, 4, 2, 1])),
  ],
  [
    'AvgPool2D: expected padding of at most half the kernel, 1x1, got 1x2',
    () => small({ padding: [1, 2] }),
  ],
  [
    'AvgPool2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new AvgPool2D(0),
  ],
  [
    'AvgPool2D: expected stride to be an integer of at least 1, or a pair [height, width], got 0.5',
    () => small({ stride: 0.5 }),
  ],
  [
    'AvgPool2D: expected padding to be "valid", "same", an integer or a pair [height, width], got "half"',
    () => small({ padding: 'half' as 'same' }),
  ],
]);

describeFacts({
  'windows that overlap along one axis and leave gaps along the other': {
    box: () => new AvgPool2D([3, 2], { stride: [2, 3], padding: [1, 0] }),
    input: [2, 6, 8, 3],
    output: [2, 3, (8 - 2) / 3 + 1, 3],
    multiplyAdds: 0,
    window: [
      [3, 2],
      [2, 3],
    ],
    inputs: [
      [
        [0, 1, 2],
        [
          [0, 1],
          [3, 4],
          [2, 2],
        ],
      ],
      [
        [2, 2, 0],
        [
          [3, 5],
          [6, 7],
          [0, 0],
        ],
      ],
    ],
    words: 'AvgPool2D: 3x2 filters at stride 2x3, pad 1x0',
  },
});
