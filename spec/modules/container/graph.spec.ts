import * as tf from '@tensorflow/tfjs-core';
import { zeros } from '../../../lib/init/initializers.ts';
import { disposeTensors } from '../../../lib/memory.ts';
import type { Module } from '../../../lib/module.ts';
import { Rng } from '../../../lib/rng.ts';
import { BatchNorm } from '../../../modules/batchNorm.ts';
import { Branch } from '../../../modules/container/branch.ts';
import { Concat } from '../../../modules/concat.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { Graph, type GraphOptions } from '../../../modules/container/graph.ts';
import type { Linear } from '../../../modules/linear.ts';
import { Product } from '../../../modules/product.ts';
import { ReLU } from '../../../modules/relu.ts';
import { Residual } from '../../../modules/container/residual.ts';
import { Sequential } from '../../../modules/container/sequential.ts';
import { Sigmoid } from '../../../modules/sigmoid.ts';
import { Sum } from '../../../modules/sum.ts';
import { Tanh } from '../../../modules/tanh.ts';
import { expectNoLeak, numbers } from '../../support/compare.ts';
import { asNumbers, describeContainer, expectSame, linear } from '../../support/container.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';
import { Stacked } from '../../support/stacked.ts';

/** Maps (a, b) to (a + w b, b · w b): two inputs, two outputs, and a value with three uses. */
const twoByTwo = () =>
  new Graph({
    inputs: ['a', 'b'],
    nodes: [
      ['sum', new Sum(), ['a', 'scaled']],
      ['product', new Product(), ['b', 'scaled']],
      ['scaled', linear(1, 1, [3]), 'b'],
    ],
    outputs: ['sum', 'product', 'scaled'],
  });

/** Maps (a, b) to (W b, a · W b). */
const crossing = (shared: Linear) =>
  new Graph({
    inputs: ['a', 'b'],
    nodes: [
      ['first', shared, 'b'],
      ['second', new Product(), ['a', 'first']],
    ],
    outputs: ['first', 'second'],
  });

const nested = (shared: Linear) =>
  new Graph({
    inputs: ['a', 'b'],
    nodes: [
      ['again', crossing(shared), ['inner.first', 'inner.second']],
      ['inner', crossing(shared), ['a', 'b']],
    ],
    outputs: ['again.second', 'again.first', 'b'],
  });

eachBackend('by hand', () => {
  const [a, b] = [() => tf.tensor2d([[2]]), () => tf.tensor2d([[5]])];

  test('two inputs and three outputs, in order; a value sums the gradients of its uses', () => {
    const box = twoByTwo();
    const { output, cache } = box.forward([a(), b()]);
    expect(output.map(numbers)).toEqual([[[2 + 15]], [[5 * 15]], [[15]]]);
    const gradOutput = [1, 10, 100].map((g) => tf.tensor2d([[g]]));
    // ∂C/∂(w b) = 1 + 10 · 5 + 100 = 151;  ∂C/∂b = 10 · 15 + 3 · 151
    expect(box.backpropToInput(gradOutput, cache).map(numbers)).toEqual([[[1]], [[150 + 453]]]);
    expect(asNumbers(box.backpropToParams(gradOutput, cache))).toEqual({
      'scaled.weight': [[5 * 151]],
    });
    const { gradInput, gradParams } = box.backprop(gradOutput, cache);
    expect(gradInput.map(numbers)).toEqual([[[1]], [[603]]]);
    expect(asNumbers(gradParams)).toEqual({ 'scaled.weight': [[755]] });
  });

  test('runs each node after the nodes that it depends on', () => {
    const box = twoByTwo();
    expect(box.nodes.map(({ name }) => name)).toEqual(['scaled', 'sum', 'product']);
    expect(box.children().map(([name]) => name)).toEqual(['scaled', 'sum', 'product']);
  });

  test('a value twice in one list counts twice', () => {
    const box = new Graph({
      inputs: 'x',
      nodes: [['square', new Product(), ['x', 'x']]],
      outputs: 'square',
    });
    const { output, cache } = box.forward(tf.tensor1d([3]));
    expect(numbers(output)).toEqual([9]);
    expect(numbers(box.backpropToInput(tf.tensor1d([10]), cache))).toEqual([60]);
  });

  test('outputs may be inputs, and one value may be two outputs', () => {
    const box = new Graph({
      inputs: 'x',
      nodes: [['y', linear(1, 1, [3]), 'x']],
      outputs: ['x', 'y', 'y'],
    });
    const input = a();
    const { output, cache } = box.forward(input);
    expect(output.map(numbers)).toEqual([[[2]], [[6]], [[6]]]);
    disposeTensors(output[1]);
    expect([numbers(output[2]), numbers(input)]).toEqual([[[6]], [[2]]]);
    const gradOutput = [1, 10, 100].map((g) => tf.tensor2d([[g]]));
    expect(numbers(box.backpropToInput(gradOutput, cache))).toEqual([[1 + 3 * 110]]);
  });

  test('one weight at four nodes of two graphs in a graph has one name and one gradient', () => {
    const box = nested(linear(1, 1, [3]));
    expect(Object.keys(box.params)).toEqual(['inner.first.weight']);
    const { output, cache } = box.forward([a(), b()]);
    // The outputs are w b · (w · a w b), w · a w b and b for w = 3.
    expect(output.map(numbers)).toEqual([[[2 * 27 * 25]], [[2 * 9 * 5]], [[5]]]);
    const zero = tf.tensor2d([[0]]);
    const grads = box.backpropToParams([tf.tensor2d([[1]]), zero, zero], cache);
    expect(asNumbers(grads)).toEqual({ 'inner.first.weight': [[3 * 9 * 2 * 25]] }); // of w³ a b²
  });

  test('containers as nodes equal the same boxes as single nodes', () => {
    const [one, two, three] = [0, 1, 2].map(
      (seed) => new Conv2D(2, 2, 3, { padding: 1, rng: new Rng(seed) }),
    );
    const norm = new BatchNorm(2);
    const containers = new Sequential([
      new Sequential([one, new Tanh()]),
      new Residual(new Sequential([two, norm])),
      new Branch([three, new Sigmoid()], { merge: 'product' }),
    ]);
    const out = new Graph({
      inputs: 'x',
      nodes: [
        ['one', one, 'x'],
        ['tanh', new Tanh(), 'one'],
        ['two', two, 'tanh'],
        ['norm', norm, 'two'],
        ['sum', new Sum(), ['norm', 'tanh']],
        ['three', three, 'sum'],
        ['gate', new Sigmoid(), 'sum'],
        ['gated', new Product(), ['three', 'gate']],
      ],
      outputs: 'gated',
    });
    expectSame(containers, out, tf.reshape(tf.linspace(-1, 2, 48), [2, 3, 4, 2]));
    expect(Object.keys(out.buffers)).toContain('norm.runningMean');
  });

  test('forward disposes each value after its last use, and a backward pass leaks nothing', () => {
    const box = nested(linear(1, 1, [3]));
    const inputs = [a(), b()];
    expectNoLeak(() => {
      const [one, two] = [box.forward(inputs), box.forward(inputs)];
      disposeTensors(box.infer(inputs));
      const { gradInput, gradParams } = box.backprop(one.output, one.cache);
      expect(one.cache.caches).toEqual([]);
      const swept = box.backpropParams(two.output, two.cache);
      expect(asNumbers(swept)).toEqual(asNumbers(gradParams));
      expect(two.cache.caches).toEqual([]);
      disposeTensors([one.output, two.output, gradInput, gradParams, swept]);
    });
  });
});

const KINDS: Record<string, () => Module> = {
  gated: () =>
    new Graph({
      inputs: 'image',
      nodes: [
        ['out', new Concat(), ['gated', 'conv', 'image']],
        ['gated', new Product(), ['conv', 'gate']],
        ['gate', new Sigmoid(), 'conv'],
        ['conv', new Conv2D(2, 3, 3, { padding: 1, init: zeros }), 'image'],
      ],
      outputs: 'out',
    }),
  crossed: () => {
    const shared = linear(3, 3);
    return new Stacked(
      new Graph({
        inputs: ['a', 'b'],
        nodes: [
          ['left', shared, 'a'],
          ['right', shared, 'b'],
          ['both', new Sum(), ['left', 'right', 'left']],
          ['squashed', new Tanh(), 'both'],
        ],
        outputs: ['squashed', 'both'],
      }),
    );
  },
  nested: () => new Stacked(nested(linear(3, 3))),
};

describeFixture('graph', (kind: string) => KINDS[kind]());

describeContract(
  () => new Stacked(nested(linear(3, 3, [1, 2, 0, -1, 1, 3, 2, 0, 1]))),
  () => [
    tf.reshape(tf.linspace(-2, 2, 12), [2, 2, 3]),
    tf.reshape(tf.linspace(-1, 3, 6), [2, 1, 3]),
  ],
);

describe.each([
  ['side by side', 'x', true],
  ['one behind the other', 'one', false],
] as const)('%s', (_, from, first) => {
  describeContainer(
    (one, two) =>
      new Graph({
        inputs: 'x',
        nodes: [
          ['one', one, 'x'],
          ['two', two, from],
          ['sum', new Sum(), ['one', 'two']],
        ],
        outputs: 'sum',
      }),
    ['one', 'two'],
    [true, first],
  );
});

type Nodes = GraphOptions<string, string>['nodes'];
const wire =
  (nodes: () => unknown, inputs: unknown = 'x', outputs: unknown = 'y') =>
  () =>
    new Graph({ inputs, nodes: nodes() as Nodes, outputs } as GraphOptions<string, string>);
const relu = (name: string, from: unknown) => [name, new ReLU(), from];
const given = (value: unknown) => value as tf.Tensor[];
const cache = () => twoByTwo().forward([blank([4, 1]), blank([4, 1])]).cache;

describeRefusals([
  [
    'Graph: expected no cycle, got a > b > c > a',
    wire(() => [relu('a', 'c'), relu('c', 'b'), relu('b', 'a'), ['y', new Sum(), ['a', 'x']]]),
  ],
  ['Graph: expected no cycle, got y > y', wire(() => [['y', new Sum(), ['x', 'y']]])],
  [
    'Graph: expected names that differ, got "y" twice',
    wire(() => [relu('y', 'x'), relu('y', 'x')]),
  ],
  ['Graph: expected names that differ, got "x" twice', wire(() => [relu('x', 'x')], 'x', 'x')],
  ['Graph: expected names that differ, got "x" twice', wire(() => [relu('y', 'x')], ['x', 'x'])],
  ['Graph: expected names out of x, y, got "z"', wire(() => [relu('y', 'z')])],
  ['Graph: expected names out of x, y, got "z"', wire(() => [relu('y', 'x')], 'x', 'z')],
  [
    'Graph: expected names out of x, inner.first, inner.second, y, got "inner"',
    wire(() => [['inner', crossing(linear(1, 1, [3])), ['x', 'x']], relu('y', 'inner')]),
  ],
  [
    'Graph: expected all that is given to be used, got no use of "b"',
    wire(() => [relu('y', 'a')], ['a', 'b']),
  ],
  [
    'Graph: expected all that is given to be used, got no use of "z"',
    wire(() => [relu('y', 'x'), relu('z', 'x')]),
  ],
  ['Graph: expected a name or more of inputs, got none', wire(() => [relu('y', 'x')], [])],
  ['Graph: expected a name or more of outputs, got none', wire(() => [relu('y', 'x')], 'x', [])],
  [
    'Graph: expected a name of letters, digits and underscores that starts with no digit, got "1st"',
    wire(() => [relu('1st', 'x')]),
  ],
  ['Graph.y: expected a box, got Object', wire(() => [['y', {}, 'x']])],
  ['Graph.y: expected one name for the input of ReLU, got ["x"]', wire(() => [relu('y', ['x'])])],
  [
    'Graph.y: expected a list of names for the inputs of Sum, got "x"',
    wire(() => [['y', new Sum(), 'x']]),
  ],
  [
    'Graph.y: expected a list of names for the inputs of Sum, got []',
    wire(() => [['y', new Sum(), []]]),
  ],
  [
    'Graph.y: expected 2 names for the inputs of Graph, got ["x"]',
    wire(() => [['y', crossing(linear(1, 1, [3])), ['x']]]),
  ],
  [
    'Graph.forward: expected input to be a list of 2 tensors, got Tensor',
    () => twoByTwo().forward(given(blank([4, 1]))),
  ],
  [
    'Graph.forward: expected input to be a list of 2 tensors, got [Tensor]',
    () => twoByTwo().forward([blank([4, 1])]),
  ],
  [
    'Graph.forward: expected input to be a tensor, got undefined',
    () => wire(() => [relu('y', 'x')])().infer(undefined as unknown as tf.Tensor),
  ],
  [
    'Graph.scaled > Linear.forward: expected input of shape [N, 1], got [4, 2]',
    () => twoByTwo().forward([blank([4, 1]), blank([4, 2])]),
  ],
  [
    'Sequential[0] > Graph.sum > Sum.forward: expected inputs of one shape, got [4, 2] and [4, 1]',
    () =>
      new Sequential([
        new Graph({
          inputs: 'x',
          nodes: [
            ['narrow', linear(2, 1, [1, 2]), 'x'],
            ['sum', new Sum(), ['x', 'narrow']],
          ],
          outputs: 'sum',
        }),
      ]).forward(blank([4, 2])),
  ],
  [
    'Graph.backprop: expected gradOutput to be a list of 3 tensors, got [Tensor, Tensor]',
    () => twoByTwo().backprop([blank([4, 1]), blank([4, 1])], cache()),
  ],
  [
    'Graph.product > Product.backpropToInput: expected gradOutput of shape [4, 1], got [4, 3]',
    () => twoByTwo().backprop([blank([4, 1]), blank([4, 3]), blank([4, 1])], cache()),
  ],
]);
