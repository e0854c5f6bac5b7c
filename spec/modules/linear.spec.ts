import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { values, zeros } from '../../lib/init/initializers.ts';
import { Rng } from '../../lib/rng.ts';
import { Linear, type LinearOptions } from '../../modules/linear.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

/** A Linear box with W = [1 2 3; 4 5 6] and b = [10 20]. */
function small(): Linear {
  const init = values([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const box = new Linear(3, 2, { init });
  tf.tidy(() => box.params.bias?.assign(tf.tensor1d([10, 20])));
  return box;
}

eachBackend('by hand', () => {
  const x = () =>
    tf.tensor2d([
      [1, 0, -1],
      [2, 1, 0],
    ]);

  test('forward and both gradients', () => {
    const box = small();
    const { output, cache } = box.forward(x());
    expect(numbers(output)).toEqual([
      [1 - 3 + 10, 4 - 6 + 20],
      [2 + 2 + 10, 8 + 5 + 20],
    ]);
    const g = tf.tensor2d([
      [1, 2],
      [0, -1],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [1 + 2 * 4, 2 + 2 * 5, 3 + 2 * 6],
      [-4, -5, -6],
    ]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(numbers(weight)).toEqual([
      [1, 0, -1],
      [2 - 2, 0 - 1, -2 - 0],
    ]);
    expect(numbers(bias as tf.Tensor)).toEqual([1 + 0, 2 - 1]);
  });

  test('without bias there is no parameter and no gradient of that name', () => {
    const box = new Linear(3, 2, { bias: false, init: zeros });
    const { output, cache } = box.forward(x());
    expect(Object.keys(box.params)).toEqual(['weight']);
    expect(Object.keys(box.backpropToParams(output, cache))).toEqual(['weight']);
  });
});

describeFixture('linear', (inFeatures: number, outFeatures: number, options: LinearOptions) => {
  return new Linear(inFeatures, outFeatures, { ...options, init: zeros });
});

describeContract(small, () => [tf.ones([4, 3]), tf.ones([2, 3])]);

const cache = () => small().forward(blank([4, 3])).cache;

describeRefusals([
  [
    'Linear: weight: expected a shape whose values fit into memory, got [100000, 100000], 37.3 GiB',
    () => new Linear(1e5, 1e5, { rng: new Rng(0) }),
  ],
  [
    'Linear: unknown option biased; did you mean bias?',
    () => new Linear(3, 2, { biased: false } as never),
  ],
  [
    'Linear.forward: expected input of shape [N, 3], got [4, 2]',
    () => small().forward(blank([4, 2])),
  ],
  ['Linear.forward: expected input of shape [N, 3], got [3]', () => small().forward(blank([3]))],
  [
    'Linear.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([4, 3], 'int32')),
  ],
  [
    'Linear.forward: expected input to be alive, got a disposed tensor',
    () => small().forward(disposed([4, 3])),
  ],
  [
    'Linear.forward: expected input to be a tensor, got [1, 2, 3]',
    () => small().forward([1, 2, 3] as unknown as tf.Tensor2D),
  ],
  [
    'Linear.backpropToInput: expected gradOutput of shape [4, 2], got [4, 3]',
    () => small().backpropToInput(blank([4, 3]), cache()),
  ],
  [
    'Linear.backpropToParams: expected gradOutput of shape [4, 2], got [1, 2]',
    () => small().backpropToParams(blank([1, 2]), cache()),
  ],
  [
    'Linear.backpropToInput: expected gradOutput of dtype float32, got int32',
    () => small().backpropToInput(blank([4, 2], 'int32'), cache()),
  ],
  ['Linear: expected inFeatures to be an integer of at least 1, got 0', () => new Linear(0, 2)],
  [
    'Linear: expected outFeatures to be an integer of at least 1, got 2.5',
    () => new Linear(3, 2.5),
  ],
  [
    'Linear: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new Linear(3, 2),
  ],
  [
    'Linear: weight: expected 6 initial values for shape [2, 3], got 2',
    () => new Linear(3, 2, { init: values([1, 2]) }),
  ],
]);

test('starts with weights in ±√(6/(in + out)) and biases of 0', async () => {
  await useBackend('cpu');
  const { weight, bias } = new Linear(30, 20, { rng: new Rng(0) }).params;
  const largest = Math.max(...weight.dataSync().map(Math.abs));
  expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 50));
  expect(largest).toBeGreaterThan(0.95 * Math.sqrt(6 / 50));
  expect(bias?.dataSync()).toEqual(new Float32Array(20));
});

describeFacts({
  'all inputs, one weight each': {
    box: small,
    input: [4, 3],
    output: [4, 2],
    multiplyAdds: 2 * 3,
    window: 'global',
    inputs: [[[1], [[0, 2]]]],
    noDecay: ['bias'],
    words: '2 neurons',
  },
  'one neuron': {
    box: () => new Linear(3, 1, { rng: new Rng(0) }),
    input: [4, 3],
    output: [4, 1],
    multiplyAdds: 3,
    window: 'global',
    inputs: [[[0], [[0, 2]]]],
    noDecay: ['bias'],
    words: '1 neuron',
  },
});
