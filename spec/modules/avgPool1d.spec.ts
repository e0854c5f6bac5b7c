import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { AvgPool1D, type AvgPool1DOptions } from '../../modules/avgPool1d.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** A batch of one sequence with one channel. */
const sequence = (...values: number[]) => tf.tensor3d(values, [1, values.length, 1]);
const valuesOf = (x: tf.Tensor) => [...x.dataSync()];

eachBackend('by hand', () => {
  test.each<[string, AvgPool1D, number[], number[], number[], number[]]>([
    ['tiles', new AvgPool1D(2), [1, 3, -4, -6], [2, -5], [2, 4], [1, 1, 2, 2]],
    [
      'the padding counts',
      new AvgPool1D(4, { stride: 2, padding: 2 }),
      [4, 8, 12, 16],
      [12 / 4, 40 / 4, 28 / 4],
      [4, 8, 12],
      [1 + 2, 1 + 2, 2 + 3, 2 + 3],
    ],
    [
      'the padding does not count',
      new AvgPool1D(4, { stride: 2, padding: 2, countIncludePad: false }),
      [4, 8, 12, 16],
      [12 / 2, 40 / 4, 28 / 2],
      [4, 8, 12],
      [2 + 2, 2 + 2, 2 + 6, 2 + 6],
    ],
    [
      'what lies past the padding never counts',
      new AvgPool1D(2, { ceilMode: true }),
      [1, 3, 8],
      [2, 8],
      [2, 5],
      [1, 1, 5],
    ],
    [
      'pixels that no window meets get 0',
      new AvgPool1D(2, { stride: 3 }),
      [1, 3, 9, 5, 7, 9],
      [2, 6],
      [2, 4],
      [1, 1, 0, 2, 2, 0],
    ],
  ])('%s', (_, box, input, output, gradOutput, gradInput) => {
    const forward = box.forward(sequence(...input));
    expect(valuesOf(forward.output)).toEqual(output);
    expect(valuesOf(box.backpropToInput(sequence(...gradOutput), forward.cache))).toEqual(
      gradInput,
    );
  });

  test('is AvgPool2D over an image of height 1', () => {
    const rng = new Rng(3);
    const x = Grid.random([2, 9, 3], rng);
    const one = new AvgPool1D(3, { stride: 2, padding: 1, ceilMode: true });
    const two = new AvgPool2D([1, 3], { stride: [1, 2], padding: [0, 1], ceilMode: true });
    const sequences = one.forward(x.tensor());
    const images = two.forward(new Grid([2, 1, 9, 3], x.values).tensor());
    const { shape } = sequences.output;
    expectAllClose(sequences.output, { shape, values: valuesOf(images.output) });
    const g = Grid.random(shape, rng);
    const gradImages = two.backpropToInput(
      new Grid(images.output.shape, g.values).tensor(),
      images.cache,
    );
    const values = valuesOf(gradImages);
    expectAllClose(one.backpropToInput(g.tensor(), sequences.cache), { shape: [2, 9, 3], values });
  });
});

describeFixture(
  'avgPool1d',
  (kernelSize: number, options: AvgPool1DOptions) => new AvgPool1D(kernelSize, options),
);

const small = (options: AvgPool1DOptions = {}) => new AvgPool1D(3, options);

describeContract(small, () => [tf.reshape(tf.range(0, 30), [2, 5, 3]), tf.ones([1, 3, 2])]);

describeRefusals([
  [
    'AvgPool1D: unknown option countIncludePadding; did you mean countIncludePad?',
    () => small({ countIncludePadding: true } as never),
  ],
  [
    'AvgPool1D.forward: expected input of shape [N, L, C], got [4, 5]',
    () => small().forward(blank([4, 5])),
  ],
  [
    'AvgPool1D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5], 'int32')),
  ],
  [
    'AvgPool1D.backpropToInput: expected gradOutput of shape [2, 1, 3], got [2, 2, 3]',
    () => small().backpropToInput(blank([2, 2, 3]), small().forward(blank([2, 4, 3])).cache),
  ],
  [
    'AvgPool1D.forward: expected a padded input of at least 3 for the kernel, got 2',
    () => small().forward(blank([2, 2, 1])),
  ],
  ['AvgPool1D: expected padding of at most half the kernel, 1, got 2', () => small({ padding: 2 })],
  [
    'AvgPool1D: expected padding to be "valid", "same" or an integer of at least 0, got "half"',
    () => small({ padding: 'half' as 'same' }),
  ],
  ['AvgPool1D: expected kernelSize to be an integer of at least 1, got 0', () => new AvgPool1D(0)],
  [
    'AvgPool1D: expected stride to be an integer of at least 1, got 1.5',
    () => small({ stride: 1.5 }),
  ],
]);

describeFacts({
  'overlapping windows with padding': {
    box: () => new AvgPool1D(3, { stride: 2, padding: 1 }),
    input: [2, 6, 4],
    output: [2, 3, 4],
    multiplyAdds: 0,
    window: [[3, 2]],
    inputs: [
      [
        [0, 3],
        [
          [0, 1],
          [3, 3],
        ],
      ],
      [
        [2, 1],
        [
          [3, 5],
          [1, 1],
        ],
      ],
    ],
  },
});
