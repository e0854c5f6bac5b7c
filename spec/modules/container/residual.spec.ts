import * as tf from '@tensorflow/tfjs-core';
import { fill, zeros } from '../../../lib/init/initializers.ts';
import { Rng } from '../../../lib/rng.ts';
import { BatchNorm } from '../../../modules/batchNorm.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { Graph } from '../../../modules/container/graph.ts';
import { Identity } from '../../../modules/identity.ts';
import { Linear } from '../../../modules/linear.ts';
import { ReLU } from '../../../modules/relu.ts';
import { Residual } from '../../../modules/container/residual.ts';
import { Sequential } from '../../../modules/container/sequential.ts';
import { Sum } from '../../../modules/sum.ts';
import { Tanh } from '../../../modules/tanh.ts';
import { numbers } from '../../support/compare.ts';
import { asNumbers, describeContainer, expectSame, linear } from '../../support/container.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

eachBackend('by hand', () => {
  test('W x + x, and its gradients', () => {
    const box = new Residual(linear(2, 2, [1, 2, 0, 3]));
    const { output, cache } = box.forward(tf.tensor2d([[1, 4]]));
    expect(numbers(output)).toEqual([[1 + 8 + 1, 12 + 4]]);
    const { gradInput, gradParams } = box.backprop(tf.tensor2d([[10, -1]]), cache);
    expect(numbers(gradInput)).toEqual([[10 + 10, 20 - 3 - 1]]);
    expect(asNumbers(gradParams)).toEqual({
      'body.weight': [
        [10, 40],
        [-1, -4],
      ],
    });
  });

  test('if every body returns 0, the gradient is unchanged through any depth', () => {
    const block = () => new Residual(new Linear(2, 2, { init: zeros }));
    const box = new Sequential(Array.from({ length: 50 }, block));
    const { output, cache } = box.forward(tf.tensor2d([[3, 4]]));
    expect(numbers(output)).toEqual([[3, 4]]);
    expect(numbers(box.backpropToInput(tf.tensor2d([[5, 6]]), cache))).toEqual([[5, 6]]);
  });

  test('equals a Graph of its body, its shortcut and a sum', () => {
    const body = new Sequential([linear(3, 2, [1, 2, 3, -1, 0, 2]), new Tanh(), new BatchNorm(2)]);
    const shortcut = linear(3, 2, [0, 1, -1, 2, 2, 0]);
    const graph = new Graph({
      inputs: 'x',
      nodes: [
        ['body', body, 'x'],
        ['shortcut', shortcut, 'x'],
        ['out', new Sum(), ['body', 'shortcut']],
      ],
      outputs: 'out',
    });
    expectSame(
      new Residual(body, shortcut),
      graph,
      tf.tensor2d([1, 2, 3, -1, 0, 5, 2, 2, 2], [3, 3]),
    );
  });

  test('names parameters and buffers by their paths', () => {
    const box = new Residual(new Sequential([new BatchNorm(2), new Residual(new BatchNorm(2))]));
    expect(Object.keys(box.params)).toEqual([
      'body.0.weight',
      'body.0.bias',
      'body.1.body.weight',
      'body.1.body.bias',
    ]);
    expect(Object.keys(box.buffers)).toContain('body.1.body.runningMean');
    expect(box.children().map(([name]) => name)).toEqual(['body', 'shortcut', 'sum']);
  });
});

const KINDS: Record<string, () => Residual> = {
  identity: () => {
    const [one, two] = [linear(3, 4), linear(4, 3)];
    return new Residual(new Sequential([one, new Tanh(), two]));
  },
  projection: () =>
    new Residual(
      new Conv2D(2, 4, 3, { stride: 2, padding: 1, init: zeros }),
      new Conv2D(2, 4, 1, { stride: 2, bias: false, init: zeros }),
    ),
  tied: () => {
    const shared = linear(3, 3);
    return new Residual(new Sequential([shared, new Tanh(), shared]), shared);
  },
};

describeFixture('residual', (kind: string) => KINDS[kind]());

describeContract(
  () =>
    new Residual(
      new Conv2D(2, 3, 3, { padding: 1, rng: new Rng(0) }),
      new Conv2D(2, 3, 1, { rng: new Rng(1) }),
    ),
  () => [tf.ones([2, 3, 4, 2]), tf.ones([1, 3, 2, 2])],
);

describeContainer((one, two) => new Residual(one, two), ['body', 'shortcut'], [true, true]);

const box = () => new Residual(new Linear(3, 2, { init: fill(1) }), new ReLU());

describeRefusals([
  [
    'Residual.sum > Sum.forward: expected inputs of one shape, got [4, 2] and [4, 3]',
    () => box().forward(blank([4, 3])),
  ],
  [
    'Residual.sum > Sum.forward: expected inputs of one shape, got [4, 2] and [4, 3]',
    () => box().infer(blank([4, 3])),
  ],
  [
    'Sequential[1] > Residual.body > Linear.forward: expected input of shape [N, 3], got [4, 5]',
    () => new Sequential([new ReLU(), box()]).forward(blank([4, 5])),
  ],
  [
    'Residual.shortcut > Linear.forward: expected input of shape [N, 3], got [4, 5]',
    () => new Residual(new ReLU(), new Linear(3, 5, { init: zeros })).forward(blank([4, 5])),
  ],
  [
    'Residual.body > Identity.forward: expected input to be a tensor, got 3',
    () => new Residual(new Identity()).forward(3 as unknown as tf.Tensor),
  ],
  ...(['backpropToInput', 'backpropToParams', 'backprop', 'backpropParams'] as const).map(
    (method) =>
      [
        'Residual.sum > Sum.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
        () => {
          const residual = new Residual(new Tanh());
          return residual[method](blank([4, 1]), residual.forward(blank([4, 3])).cache);
        },
      ] as const,
  ),
  ['Residual.body: expected a box, got 3', () => new Residual(3 as unknown as ReLU)],
  [
    'Residual.shortcut: expected a box, got Object',
    () => new Residual(new ReLU(), {} as unknown as ReLU),
  ],
]);
