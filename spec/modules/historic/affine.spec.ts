import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { glorotUniform, values } from '../../../lib/init/initializers.ts';
import { Affine, type AffineOptions } from '../../../modules/historic/affine.ts';
import { numbers } from '../../support/compare.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

/** An Affine box with the coefficients a = (2, −1, 3) and the biases b = (10, 20, 30). */
function small(): Affine {
  const box = new Affine(3, { init: values([2, -1, 3]) });
  tf.tidy(() => box.params.bias?.assign(tf.tensor1d([10, 20, 30])));
  return box;
}

eachBackend('by hand', () => {
  test('forward and both gradients', () => {
    const box = small();
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    expect(numbers(output)).toEqual([
      [2 + 10, -2 + 20, 9 + 30],
      [8 + 10, -5 + 20, 18 + 30],
    ]);
    const g = tf.tensor2d([
      [1, 10, 100],
      [-1, 2, 5],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [2, -10, 300],
      [-2, -2, 15],
    ]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(numbers(weight)).toEqual([1 - 4, 20 + 10, 300 + 30]);
    expect(numbers(bias as tf.Tensor)).toEqual([0, 12, 105]);
  });

  test('without bias there is no parameter and no gradient of that name', () => {
    const box = new Affine(3, { bias: false });
    const { output, cache } = box.forward(tf.ones([2, 3]));
    expect(Object.keys(box.params)).toEqual(['weight']);
    expect(Object.keys(box.backpropToParams(output, cache))).toEqual(['weight']);
  });
});

describeFixture(
  'affine',
  (features: number, options: AffineOptions) => new Affine(features, options),
);

describeContract(small, () => [tf.ones([4, 2, 3]), tf.ones([2, 3])]);

const cache = () => small().forward(blank([4, 3])).cache;

test('facts: each element by itself; coefficients and biases do not decay', async () => {
  await useBackend('cpu');
  const facts = { outputShape: [4, 5, 3], window: 'elementwise', multiplyAdds: 0 };
  expect(small().facts([[4, 5, 3]])).toEqual(facts);
  expect(small().noDecay).toEqual(['weight', 'bias']);
});

describeRefusals([
  [
    'Affine: unknown option biases; did you mean bias?',
    () => new Affine(3, { biases: false } as never),
  ],
  [
    'Affine.forward: expected input of shape [N, ..., 3], got [4, 2]',
    () => small().facts([[4, 2]]),
  ],
  [
    'Affine.forward: expected input of shape [N, ..., 3], got [4, 2]',
    () => small().forward(blank([4, 2])),
  ],
  [
    'Affine.forward: expected input of shape [N, ..., 3], got [3]',
    () => small().forward(blank([3])),
  ],
  [
    'Affine.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([4, 3], 'int32')),
  ],
  [
    'Affine.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => small().backpropToInput(blank([4, 1]), cache()),
  ],
  [
    'Affine.backpropToParams: expected gradOutput of shape [4, 3], got [1, 3]',
    () => small().backpropToParams(blank([1, 3]), cache()),
  ],
  ['Affine: expected features to be an integer of at least 1, got 0', () => new Affine(0)],
  [
    'Affine: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new Affine(3, { init: glorotUniform }),
  ],
]);

test('starts as the identity', async () => {
  await useBackend('cpu');
  const { weight, bias } = new Affine(3).params;
  expect([...weight.dataSync(), ...(bias as tf.Tensor).dataSync()]).toEqual([1, 1, 1, 0, 0, 0]);
});
