import * as tf from '@tensorflow/tfjs-core';
import { RBF } from '../../../modules/historic/rbf.ts';
import { numbers } from '../../support/compare.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFacts } from '../../support/facts.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

const CENTERS = [
  [1, -1, 1],
  [0, 2, -1],
];
const small = (learned = true) => new RBF(CENTERS, { learned });

eachBackend('by hand', () => {
  test('forward and both gradients', () => {
    const box = small();
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1, 1, 0],
        [0, 2, -1],
      ]),
    );
    expect(numbers(output)).toEqual([
      [-(0 + 4 + 1), -(1 + 1 + 1)],
      [-(1 + 9 + 4), -0],
    ]);
    const g = tf.tensor2d([
      [1, 10],
      [-1, 5],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [-2 * (0 + 10), -2 * (2 - 10), -2 * (-1 + 10)],
      [-2 * (1 - 0), -2 * (-3 + 0), -2 * (2 + 0)],
    ]);
    expect(numbers(box.backpropToParams(g, cache).centers)).toEqual([
      [2 * (0 + 1), 2 * (2 - 3), 2 * (-1 + 2)],
      [20, -20, 20],
    ]);
  });

  test('learned centres are saved once', () => {
    expect(Object.keys(small().params)).toEqual(['centers']);
    expect(small().buffers).toEqual({});
  });

  test('fixed centres are saved and not learned', () => {
    const box = small(false);
    const { output, cache } = box.forward(tf.ones([2, 3]));
    expect(Object.keys(box.params)).toEqual([]);
    expect(numbers(box.buffers.centers as tf.Tensor)).toEqual(CENTERS);
    expect(box.backpropToParams(output, cache)).toEqual({});
    expect(numbers(output)).toEqual([
      [-4, -(1 + 1 + 4)],
      [-4, -(1 + 1 + 4)],
    ]);
  });
});

describeFixture('rbf', (centers: number, features: number) => {
  return new RBF(new Array<number[]>(centers).fill(new Array<number>(features).fill(0)), {
    learned: true,
  });
});

describe.each([true, false])('learned %s', (learned) => {
  describeContract(
    () => small(learned),
    () => [tf.ones([4, 3]), tf.ones([2, 3])],
  );
});

const cache = () => small().forward(blank([4, 3])).cache;

describeRefusals([
  [
    'RBF: unknown option learnt; did you mean learned?',
    () => new RBF([[1]], { learnt: true } as never),
  ],
  ['RBF.forward: expected input of shape [N, 3], got [4, 2]', () => small().forward(blank([4, 2]))],
  ['RBF.forward: expected input of shape [N, 3], got [3]', () => small().forward(blank([3]))],
  [
    'RBF.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([4, 3], 'int32')),
  ],
  [
    'RBF.backpropToInput: expected gradOutput of shape [4, 2], got [4, 3]',
    () => small().backpropToInput(blank([4, 3]), cache()),
  ],
  [
    'RBF.backpropToParams: expected gradOutput of shape [4, 2], got [1, 2]',
    () => small().backpropToParams(blank([1, 2]), cache()),
  ],
  [
    'RBF.backpropToParams: expected gradOutput of shape [4, 2], got [4, 1]',
    () => small(false).backpropToParams(blank([4, 1]), cache()),
  ],
  ['RBF: expected at least one centre, all of one length, got none', () => new RBF([])],
  ['RBF: expected at least one centre, all of one length, got none', () => new RBF([[]])],
  [
    'RBF: expected at least one centre, all of one length, got lengths 2 and 1',
    () => new RBF([[1, 2], [3]]),
  ],
]);

describeFacts({
  'one product per centre and feature': {
    box: () =>
      new RBF(
        [
          [1, 2, 3],
          [0, 1, 0],
        ],
        { learned: true },
      ),
    input: [4, 3],
    output: [4, 2],
    multiplyAdds: 2 * 3,
    window: 'global',
    inputs: [[[1], [[0, 2]]]],
    noDecay: [],
    words: '2 radial basis functions',
  },
});
