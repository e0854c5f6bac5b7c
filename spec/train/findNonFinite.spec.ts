import * as tf from '@tensorflow/tfjs-core';
import { findNonFinite } from '../../train/findNonFinite.ts';
import { Euclidean } from '../../losses/euclidean.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Product } from '../../modules/product.ts';
import { ReLU } from '../../modules/relu.ts';
import { Residual } from '../../modules/container/residual.ts';
import { Sequential, type Box } from '../../modules/container/sequential.ts';
import { Sum } from '../../modules/sum.ts';
import { Tanh } from '../../modules/tanh.ts';
import { linear } from '../support/container.ts';
import { eachBackend } from '../support/fixtures.ts';

const good = () => linear(2, 2, [1, 2, 3, 4]);

/** Each container with a box deep inside it, and the path of that box. */
const CONTAINERS: readonly (readonly [place: string, make: (box: Box) => Box])[] = [
  ['Sequential[1]', (box) => new Sequential([new Tanh(), box, new ReLU()])],
  ['Sequential.bad', (box) => new Sequential({ good: good(), bad: box })],
  ['Residual.body', (box) => new Residual(box)],
  ['Residual.shortcut', (box) => new Residual(good(), box)],
  ['Branch.bad', (box) => new Branch({ good: good(), bad: box }, { merge: 'product' })],
  [
    'Graph.bad',
    (box) =>
      new Graph({
        inputs: 'x',
        nodes: [
          ['sum', new Sum(), ['x', 'bad', 'squashed']],
          ['bad', box, 'squashed'],
          ['squashed', new Tanh(), 'x'],
        ],
        outputs: 'sum',
      }),
  ],
  [
    'Graph.gate > Residual.body > Sequential[1]',
    (box) =>
      new Graph({
        inputs: 'x',
        nodes: [
          ['gate', new Residual(new Sequential([good(), box])), 'x'],
          ['out', new Product(), ['x', 'gate']],
        ],
        outputs: 'out',
      }),
  ],
];

const step = (network: Box) => {
  const [input, target] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 0]])];
  const context = { mode: 'training' } as const;
  return findNonFinite({ network, cost: new Euclidean(), input, target, context });
};

eachBackend('inside', () => {
  test.each(CONTAINERS)('%s: the output', async (place, make) => {
    const bad = linear(2, 2, [1, 2, NaN, 4]);
    expect(await step(new Sequential([make(bad)]))).toBe(
      `the output of Sequential[0] > ${place} > Linear, whose weight is not finite`,
    );
  });

  test.each(CONTAINERS)('%s: finds nothing if all values are finite', async (_, make) => {
    expect(await step(make(good()))).toBeUndefined();
  });

  test.each(CONTAINERS)('%s: the gradient', async (place, make) => {
    class Broken extends Tanh {
      override backpropToInput(gradOutput: tf.Tensor): tf.Tensor {
        return tf.div(gradOutput, tf.zerosLike(gradOutput));
      }
    }
    const network = new Sequential([good(), make(new Broken())]);
    expect(await step(network)).toBe(
      `the gradient of the input of Sequential[1] > ${place} > Broken`,
    );
  });

  test('with integer labels as the target', async () => {
    const network = new Sequential([good(), linear(2, 2, [1, 2, NaN, 4])]);
    const target = tf.tensor1d([1], 'int32');
    const input = tf.tensor2d([[1, 2]]);
    const [cost, context] = [new SoftmaxCrossEntropy(), { mode: 'training' } as const];
    expect(await findNonFinite({ network, cost, input, target, context })).toBe(
      'the output of Sequential[1] > Linear, whose weight is not finite',
    );
  });

  test('a sum or product as the first value that is not finite', async () => {
    const large = () => linear(2, 2, [1e38, 0, 0, 1e38]);
    expect(await step(new Residual(large(), large()))).toBe('the output of Residual.sum > Sum');
    expect(await step(new Branch([large(), large()], { merge: 'product' }))).toBe(
      'the output of Branch.merge > Product',
    );
  });

  test('gradients of which only the sum overflows', async () => {
    class Steep extends Tanh {
      override backpropToInput(gradOutput: tf.Tensor): tf.Tensor {
        return tf.fill(gradOutput.shape, 1e38);
      }
    }
    const network = (body: Box) => new Sequential([good(), new Residual(body, new Steep())]);
    expect(await step(network(new Tanh()))).toBeUndefined();
    expect(await step(network(new Residual(new Steep(), new Steep())))).toBe(
      'the gradient of the parameter weight of Sequential[0] > Linear',
    );
  });

  test('gradients of a shared weight and of a value with several uses are gathered, and nothing leaks', async () => {
    const shared = good();
    const network = new Branch([shared, new Residual(shared)], { merge: 'product' });
    const before = tf.memory().numTensors;
    const [input, target] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[0, 0]])];
    const [cost, context] = [new Euclidean(), { mode: 'training' } as const];
    expect(await findNonFinite({ network, cost, input, target, context })).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before + 2);
  });
});
