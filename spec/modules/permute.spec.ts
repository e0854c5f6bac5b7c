import * as tf from '@tensorflow/tfjs-core';
import { Permute } from '../../modules/permute.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('permutes each example, and permutes back', () => {
    const box = new Permute([2, 1]);
    const { output, cache } = box.forward(
      tf.tensor3d([
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ]),
    );
    const turned = [
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ];
    expect(numbers(output)).toEqual(turned);
    const back = box.backpropToInput(output, cache);
    expect(numbers(back)).toEqual([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
  });

  test('channels first, of images whose sides differ', () => {
    const box = new Permute([3, 1, 2]);
    const { output, cache } = box.forward(tf.zeros([2, 4, 5, 3]));
    expect(output.shape).toEqual([2, 3, 4, 5]);
    expect(box.backpropToInput(output, cache).shape).toEqual([2, 4, 5, 3]);
  });
});

describeFixture('permute', (axes: number[]) => new Permute(axes));

describeContract(
  () => new Permute([2, 1]),
  () => [
    tf.reshape(tf.linspace(-2, 2, 24), [2, 3, 4]),
    tf.reshape(tf.linspace(-1, 3, 24), [3, 2, 4]),
  ],
);

const box = new Permute([2, 1]);

test('facts: a window cannot say that axes change places, so it is unknown', () => {
  const facts = { outputShape: [2, 4, 3, 5], multiplyAdds: 0 };
  expect(new Permute([1, 3, 2]).facts([[2, 4, 5, 3]])).toEqual(facts);
  const same = { outputShape: [2, 4, 5], window: 'identity', multiplyAdds: 0 };
  expect(new Permute([1, 2]).facts([[2, 4, 5]])).toEqual(same);
  expect(box.describe()).toBe('Permute to the axes 2, 1');
});

describeRefusals([
  [
    'Permute.forward: expected input without an axis of size 0, got shape [0, 2, 3]',
    () => box.forward(blank([0, 2, 3])),
  ],
  ['Permute: expected axes to be 1, 2, ... in some order, got [1, 1]', () => new Permute([1, 1])],
  ['Permute: expected axes to be 1, 2, ... in some order, got [0, 1]', () => new Permute([0, 1])],
  ['Permute: expected axes to be 1, 2, ... in some order, got []', () => new Permute([])],
  ['Permute.forward: expected an input of rank 3, got [2, 6]', () => box.forward(blank([2, 6]))],
  ['Permute.forward: expected an input of rank 3, got [2, 6]', () => box.facts([[2, 6]])],
  [
    'Permute.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([1, 2, 3], 'int32')),
  ],
  [
    'Permute.backpropToInput: expected gradOutput of shape [2, 4, 3], got [2, 3, 4]',
    () => box.backpropToInput(blank([2, 3, 4]), box.forward(blank([2, 3, 4])).cache),
  ],
]);
