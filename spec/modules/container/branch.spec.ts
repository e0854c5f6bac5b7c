import * as tf from '@tensorflow/tfjs-core';
import { zeros } from '../../../lib/init/initializers.ts';
import { Rng } from '../../../lib/rng.ts';
import { AvgPool2D } from '../../../modules/avgPool2d.ts';
import { BatchNorm } from '../../../modules/batchNorm.ts';
import { Branch, type BranchOptions } from '../../../modules/container/branch.ts';
import { Concat } from '../../../modules/concat.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { Graph } from '../../../modules/container/graph.ts';
import { Identity } from '../../../modules/identity.ts';
import { ReLU } from '../../../modules/relu.ts';
import { Residual } from '../../../modules/container/residual.ts';
import { Sequential } from '../../../modules/container/sequential.ts';
import { Tanh } from '../../../modules/tanh.ts';
import { messageOf, numbers } from '../../support/compare.ts';
import { asNumbers, describeContainer, expectSame, linear } from '../../support/container.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

const MERGES = ['concat', 'sum', 'product', 'max'] as const;

/** y_1 = x_1 + 2 x_2, y_2 = 3 x_1 − x_2 */
const two = (options?: BranchOptions) =>
  new Branch([linear(2, 1, [1, 2]), linear(2, 1, [3, -1])], options);

eachBackend('by hand', () => {
  // The outputs of the branches are y = (9, −1).
  test.each([
    ['sum', [[8]], [10, 10]],
    ['product', [[-9]], [-10, 90]],
    ['max', [[9]], [10, 0]],
  ] as const)('%s', (merge, expected, [first, second]) => {
    const box = two({ merge });
    const { output, cache } = box.forward(tf.tensor2d([[1, 4]]));
    expect(numbers(output)).toEqual(expected);
    const { gradInput, gradParams } = box.backprop(tf.tensor2d([[10]]), cache);
    expect(numbers(gradInput)).toEqual([[first + 3 * second, 2 * first - second]]);
    const expectedGrads = { '0.weight': [[first, 4 * first]], '1.weight': [[second, 4 * second]] };
    expect(asNumbers(gradParams)).toEqual(expectedGrads);
  });

  test('concatenates by default, in the order of the list', () => {
    const box = two();
    const { output, cache } = box.forward(tf.tensor2d([[1, 4]]));
    expect(numbers(output)).toEqual([[9, -1]]);
    const { gradInput, gradParams } = box.backprop(tf.tensor2d([[10, 100]]), cache);
    expect(numbers(gradInput)).toEqual([[10 + 300, 20 - 100]]);
    expect(asNumbers(gradParams)).toEqual({ '0.weight': [[10, 40]], '1.weight': [[100, 400]] });
  });

  test('equals a Graph of its boxes and its merge', () => {
    const boxes = {
      narrow: new Conv2D(2, 3, 1, { rng: new Rng(0) }),
      normed: new Sequential([
        new Conv2D(2, 1, 3, { padding: 1, rng: new Rng(1) }),
        new BatchNorm(1),
      ]),
      pooled: new AvgPool2D(3, { stride: 1, padding: 1 }),
    };
    const graph = new Graph({
      inputs: 'x',
      nodes: [
        ...Object.entries(boxes).map(([name, box]) => [name, box, 'x'] as const),
        ['out', new Concat(), Object.keys(boxes)],
      ],
      outputs: 'out',
    });
    expectSame(new Branch(boxes), graph, tf.reshape(tf.linspace(-1, 2, 48), [2, 3, 4, 2]));
  });

  test('equals its box if there is only one, for every merge', () => {
    const x = tf.tensor2d([[1, -4]]);
    for (const merge of MERGES) expectSame(new Branch([new Tanh()], { merge }), new Tanh(), x);
  });

  test('names parameters and buffers by their boxes', () => {
    const box = new Branch({
      a: new BatchNorm(2),
      b: new Branch([new Residual(new BatchNorm(2))]),
    });
    expect(Object.keys(box.params)).toEqual([
      'a.weight',
      'a.bias',
      'b.0.body.weight',
      'b.0.body.bias',
    ]);
    expect(Object.keys(box.buffers)).toContain('b.0.body.runningMean');
    expect(box.children().map(([name]) => name)).toEqual(['a', 'b', 'merge']);
  });
});

describeFixture('branch', (merge: (typeof MERGES)[number], wide: number) => {
  const narrow = new Conv2D(2, 3, 1, { init: zeros });
  const filter = new Conv2D(2, wide, [1, 3], { padding: [0, 1], bias: false, init: zeros });
  return new Branch({ narrow, wide: new Sequential([filter, new Tanh()]) }, { merge });
});

describe.each(MERGES)('%s', (merge) => {
  describeContract(
    () => {
      const rng = new Rng(0);
      return new Branch([new Conv2D(2, 3, 3, { padding: 1, rng }), new Conv2D(2, 3, 1, { rng })], {
        merge,
      });
    },
    () => [tf.ones([2, 3, 4, 2]), tf.ones([1, 3, 2, 2])],
  );
  describeContainer((one, other) => new Branch([one, other], { merge }), ['0', '1'], [true, true]);
});

const wide = (merge: (typeof MERGES)[number]) =>
  new Branch([linear(3, 2, [1, 2, 3, 4, 5, 6]), new Identity()], { merge });
const pool = () => new Branch([new AvgPool2D(2, { stride: 1 }), new ReLU()]);
const other = (options: unknown) => () => new Branch([new ReLU()], options as BranchOptions);

describeRefusals([
  [
    'Branch.merge > Sum.forward: expected inputs of one shape, got [4, 2] and [4, 3]',
    () => wide('sum').forward(blank([4, 3])),
  ],
  [
    'Branch.merge > Product.forward: expected inputs of one shape, except for axes of size 1 after the batch, got [4, 2] and [4, 3]',
    () => wide('product').infer(blank([4, 3])),
  ],
  [
    'Sequential[1] > Branch.merge > Max.forward: expected inputs of one shape, got [4, 2] and [4, 3]',
    () => new Sequential([new ReLU(), wide('max')]).forward(blank([4, 3])),
  ],
  [
    'Branch.merge > Concat.forward: expected inputs of one shape but for the last axis, got [1, 2, 3, 2] and [1, 3, 4, 2]',
    () => pool().forward(blank([1, 3, 4, 2])),
  ],
  [
    'Branch[1] > Linear.forward: expected input of shape [N, 3], got [4, 2]',
    () => new Branch([new ReLU(), linear(3, 1, [1, 2, 3])]).forward(blank([4, 2])),
  ],
  [
    'Branch.right > ReLU.forward: expected input of dtype float32, got int32',
    () => new Branch({ right: new ReLU() }).forward(blank([4, 2], 'int32')),
  ],
  [
    'Branch[0] > ReLU.forward: expected input to be a tensor, got undefined',
    () => new Branch([new ReLU()]).forward(undefined as unknown as tf.Tensor),
  ],
  ['Branch: expected at least one box, got none', () => new Branch([])],
  [
    'Branch: expected a list or record of boxes, got ReLU',
    () => new Branch(new ReLU() as unknown as ReLU[]),
  ],
  ['Branch[1]: expected a box, got Object', () => new Branch([new ReLU(), {} as unknown as ReLU])],
  [
    'Branch: expected names other than that of the merge, got "merge"',
    () => new Branch({ merge: new ReLU() }),
  ],
  [
    'Branch: expected a name of letters, digits and underscores that starts with no digit, got "a.b"',
    () => new Branch({ 'a.b': new ReLU() }),
  ],
  [
    'Branch: expected merge to be one of "concat", "sum", "product", "max", got "mean"',
    other({ merge: 'mean' }),
  ],
]);

test.each(['backpropToInput', 'backpropToParams', 'backprop', 'backpropParams'] as const)(
  '%s refuses a gradOutput of another shape',
  (method) => {
    const box = two();
    const { cache } = box.forward(blank([4, 2]));
    expect(messageOf(() => box[method](blank([4, 3]), cache))).toBe(
      'Branch.merge > Concat.backpropToInput: expected gradOutput of shape [4, 2], got [4, 3]',
    );
  },
);
