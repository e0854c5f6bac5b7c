import * as tf from '@tensorflow/tfjs-core';
import { disposeTensors } from '../../lib/memory.ts';
import { Module } from '../../lib/module.ts';
import { Euclidean } from '../../losses/euclidean.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { ELU } from '../../modules/elu.ts';
import { HardSigmoid } from '../../modules/hardSigmoid.ts';
import { HardTanh } from '../../modules/hardTanh.ts';
import { Maxout } from '../../modules/maxout.ts';
import { ReLU } from '../../modules/relu.ts';
import { ReLU6 } from '../../modules/relu6.ts';
import { Residual } from '../../modules/container/residual.ts';
import { Sequential, type Box } from '../../modules/container/sequential.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { SiLU } from '../../modules/silu.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Tanh } from '../../modules/tanh.ts';
import { SGD } from '../../optim/sgd.ts';
import { trainStep } from '../../train/trainStep.ts';
import { linear } from '../support/container.ts';
import { eachBackend } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';

/** A box of a user, which says nothing about infinities. */
class OwnTanh extends Module<tf.Tensor, tf.Tensor, { output: tf.Tensor }> {
  forward(input: tf.Tensor) {
    const output = tf.tanh(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: tf.Tensor, { output }: { output: tf.Tensor }) {
    return tf.tidy(() => tf.mul(gradOutput, tf.sub(1, tf.square(output))));
  }
}

/** Each box after which loss and gradients are finite, with the factor that makes ∞ or −∞. */
const HIDING: readonly (readonly [name: string, box: () => Box, factor: number])[] = [
  ['HardTanh', () => new HardTanh(), 3e38],
  ['HardSigmoid', () => new HardSigmoid(), -3e38],
  ['ReLU6', () => new ReLU6(), 3e38],
  ['Tanh', () => new Tanh(), 3e38],
  ['Sigmoid', () => new Sigmoid(), -3e38],
  ['Softmax', () => new Softmax(), -3e38],
  ['ReLU', () => new ReLU(), -3e38],
  ['ELU', () => new ELU(), -3e38],
  ['Maxout', () => new Sequential([new Maxout(2), linear(1, 2, [1, 1])]), -3e38],
  ['a box of a user', () => new OwnTanh(), 3e38],
];

function step(network: Box, input: readonly number[], cost = new Euclidean()) {
  return trainStep({
    network,
    cost,
    optimizer: new SGD(network.params, { learningRate: 0.1 }),
    input: tf.tensor2d([[...input]]),
    target: tf.tensor2d([[1]]),
    step: 12,
  });
}

eachBackend('a training step stops at an infinite activation', () => {
  test.each(HIDING)('that %s hides', async (_, box, factor) => {
    const overflowing = linear(2, 2, [factor, 0, 0, 1]);
    const network = new Sequential([overflowing, box(), linear(2, 1, [1, 1])]);
    await expect(step(network, [2, 1])).rejects.toThrow(
      inputError('non-finite activation at step 12: first in the output of Sequential[0] > Linear'),
    );
  });

  test('inside a container, and nothing leaks', async () => {
    const inside = new Sequential([linear(2, 2, [-3e38, 0, 0, 1]), new ReLU()]);
    const network = new Sequential([new Residual(inside), linear(2, 1, [1, 1])]);
    const [input, target] = [tf.tensor2d([[2, 1]]), tf.tensor2d([[1]])];
    const optimizer = new SGD(network.params, { learningRate: 0.1 });
    const before = tf.memory().numTensors;
    const failure = trainStep({ network, cost: new Euclidean(), optimizer, input, target });
    await expect(failure).rejects.toThrow(
      inputError(
        'non-finite activation: first in the output of Sequential[0] > Residual.body > Sequential[0] > Linear',
      ),
    );
    expect(tf.memory().numTensors).toBe(before);
    disposeTensors([input, target]);
  });

  test('that the cost hides', async () => {
    const network = new Sequential([linear(1, 2, [1, -3e38])]);
    const failure = trainStep({
      network,
      cost: new SoftmaxCrossEntropy(),
      optimizer: new SGD(network.params, { learningRate: 0.1 }),
      input: tf.tensor2d([[2]]),
      target: tf.tensor1d([0], 'int32'),
    });
    await expect(failure).rejects.toThrow(
      inputError('non-finite activation: first in the output of Sequential[0] > Linear'),
    );
  });
});

eachBackend('a training step goes on', () => {
  test('if only the sum of the activations overflows', async () => {
    // On wasm, only large tensors are summed up in single precision.
    const units = 1024;
    const network = new Sequential([
      linear(1, units, Array<number>(units).fill(3e38)),
      new Tanh(),
      linear(units, 1, Array<number>(units).fill(1 / units)),
    ]);
    const before = tf.memory().numTensors;
    expect(await step(network, [1])).toBe(0);
    // The input and the target of the step.
    expect(tf.memory().numTensors).toBe(before + 2);
  });

  test('with activations of any finite size', async () => {
    const network = new Sequential([linear(1, 1, [100]), new SiLU(), new Tanh(), new Softmax()]);
    expect(await step(network, [-3])).toBe(0);
  });
});
