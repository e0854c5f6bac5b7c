import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { MaxPool1D, type MaxPool1DOptions } from '../../modules/maxPool1d.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
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
  test.each<[string, MaxPool1D, number[], number[], number[], number[]]>([
    [
      'negative values keep their gradient',
      new MaxPool1D(2),
      [-1, -2, -4, -3],
      [-1, -3],
      [5, 6],
      [5, 0, 0, 6],
    ],
    [
      'the first of equals takes all',
      new MaxPool1D(3),
      [0, 0, 0, 1, 7, 7],
      [0, 7],
      [5, 6],
      [5, 0, 0, 0, 6, 0],
    ],
    [
      'overlapping windows add up',
      new MaxPool1D(2, { stride: 1 }),
      [1, 5, 2, 3],
      [5, 5, 3],
      [1, 2, 4],
      [0, 1 + 2, 0, 4],
    ],
    [
      'padding never wins',
      new MaxPool1D(3, { stride: 1, padding: 'same' }),
      [-3, -1, -2],
      [-1, -1, -1],
      [1, 2, 4],
      [0, 7, 0],
    ],
    [
      'ceil mode keeps what is left over',
      new MaxPool1D(2, { ceilMode: true }),
      [-1, -2, -3],
      [-1, -3],
      [1, 2],
      [1, 0, 2],
    ],
  ])('%s', (_, box, input, output, gradOutput, gradInput) => {
    const forward = box.forward(sequence(...input));
    expect(valuesOf(forward.output)).toEqual(output);
    expect(valuesOf(box.backpropToInput(sequence(...gradOutput), forward.cache))).toEqual(
      gradInput,
    );
  });

  test('is MaxPool2D over an image of height 1', () => {
    const rng = new Rng(3);
    const x = Grid.distinct([2, 9, 3], rng, -40);
    const one = new MaxPool1D(3, { stride: 2, padding: 1, ceilMode: true });
    const two = new MaxPool2D([1, 3], { stride: [1, 2], padding: [0, 1], ceilMode: true });
    const sequences = one.forward(x.tensor());
    const images = two.forward(new Grid([2, 1, 9, 3], x.values).tensor());
    expect(valuesOf(sequences.output)).toEqual(valuesOf(images.output));
    const g = Grid.random(sequences.output.shape, rng);
    const gradImages = two.backpropToInput(
      new Grid(images.output.shape, g.values).tensor(),
      images.cache,
    );
    const values = valuesOf(gradImages);
    expectAllClose(
      one.backpropToInput(g.tensor(), sequences.cache),
      { shape: [2, 9, 3], values },
      'gradInput',
      0,
    );
  });
});

describeFixture(
  'maxPool1d',
  (kernelSize: number, options: MaxPool1DOptions) => new MaxPool1D(kernelSize, options),
);

const small = (options: MaxPool1DOptions = {}) => new MaxPool1D(3, options);

describeContract(small, () => [tf.reshape(tf.range(0, 30), [2, 5, 3]), tf.ones([1, 3, 2])]);

describeRefusals([
  [
    'MaxPool1D: unknown option ceilmode; did you mean ceilMode?',
    () => new MaxPool1D(2, { ceilmode: true } as never),
  ],
  [
    'MaxPool1D.forward: expected input of shape [N, L, C], got [4, 5]',
    () => small().forward(blank([4, 5])),
  ],
  [
    'MaxPool1D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5], 'int32')),
  ],
  [
    'MaxPool1D.backpropToInput: expected gradOutput of shape [2, 1, 3], got [2, 2, 3]',
    () => small().backpropToInput(blank([2, 2, 3]), small().forward(blank([2, 4, 3])).cache),
  ],
  [
    'MaxPool1D.forward: expected a padded input of at least 3 for the kernel, got 2',
    () => small().forward(blank([2, 2, 1])),
  ],
  ['MaxPool1D: expected padding of at most half the kernel, 1, got 2', () => small({ padding: 2 })],
  [
    'MaxPool1D: expected padding to be "valid", "same" or an integer of at least 0, got "half"',
    () => small({ padding: 'half' as 'same' }),
  ],
  [
    'MaxPool1D: expected padding to be "valid", "same" or an integer of at least 0, got -1',
    () => small({ padding: -1 }),
  ],
  ['MaxPool1D: expected kernelSize to be an integer of at least 1, got 0', () => new MaxPool1D(0)],
  [
    'MaxPool1D: expected stride to be an integer of at least 1, got 1.5',
    () => small({ stride: 1.5 }),
  ],
]);

describeFacts({
  'a last window over the end': {
    box: () => new MaxPool1D(3, { stride: 2, padding: 1, ceilMode: true }),
    input: [2, 6, 4],
    output: [2, 4, 4],
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
        [3, 0],
        [
          [5, 5],
          [0, 0],
        ],
      ],
    ],
  },
});
