import * as tf from '@tensorflow/tfjs-core';
import { Euclidean } from '../../losses/euclidean.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { Flatten } from '../../modules/flatten.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sequential, type Box } from '../../modules/container/sequential.ts';
import { SGD } from '../../optim/sgd.ts';
import { trainStep } from '../../train/trainStep.ts';
import { linear } from '../support/container.ts';
import { eachBackend } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';

const POOLS: readonly (readonly [name: string, box: () => Box])[] = [
  ['MaxPool2D', () => new MaxPool2D(2)],
  ['AvgPool2D and ReLU', () => new Sequential([new AvgPool2D(2), new ReLU()])],
];

function step(pool: Box, values: readonly number[], width: number) {
  const network = new Sequential([pool, new Flatten(), linear(1, 1, [1])]);
  return trainStep({
    network,
    cost: new Euclidean(),
    optimizer: new SGD(network.params, { learningRate: 0.1 }),
    input: tf.tensor4d([...values], [1, 2, width, 1]),
    target: tf.tensor2d([[1]]),
    step: 12,
  });
}

eachBackend('a training step stops', () => {
  test.each(POOLS)('at an input that %s could overlook', async (_, pool) => {
    for (const value of [NaN, Infinity]) {
      await expect(step(pool(), [1, 2, value, 4], 2)).rejects.toThrow(
        inputError('non-finite loss at step 12: first in the input'),
      );
    }
  });

  test('at an input that no window holds', async () => {
    await expect(step(new MaxPool2D(2), [1, 2, NaN, 3, 4, 5], 3)).rejects.toThrow(
      inputError('non-finite input at step 12: first in the input'),
    );
  });

  test('at an activation that is ∞ − ∞', async () => {
    const overflowing = linear(2, 2, [3e38, 0, 0, 3e38]);
    const difference = linear(2, 1, [1, -1]);
    const network = new Sequential([overflowing, difference, new ReLU(), linear(1, 1, [1])]);
    const [input, target] = [tf.tensor2d([[3e38, 3e38]]), tf.tensor2d([[1]])];
    const optimizer = new SGD(network.params, { learningRate: 0.1 });
    const failure = trainStep({ network, cost: new Euclidean(), optimizer, input, target });
    await expect(failure).rejects.toThrow(
      inputError('non-finite loss: first in the output of Sequential[0] > Linear'),
    );
  });
});
