import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { Container, type Back, type Run } from '../../lib/container.ts';
import { share, total } from '../../lib/gradSum.ts';
import { gradcheck } from '../../gradcheck/gradcheck.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Product } from '../../modules/product.ts';
import { Tanh } from '../../modules/tanh.ts';
import { factsOf } from '../../lib/shapes.ts';
import type { Module, NamedModule } from '../../lib/module.ts';
import { Linear } from '../../modules/linear.ts';
import { ReLU } from '../../modules/relu.ts';
import { expectNoLeak, messageOf } from '../support/compare.ts';
import { linear } from '../support/container.ts';

beforeAll(() => useBackend('cpu'));

type Place = NamedModule<tf.Tensor, tf.Tensor>;

/** A container of two boxes. The tests pass its forward and backward routes. */
class Pair extends Container {
  readonly #there: readonly Place[];
  readonly #back: (grad: tf.Tensor, back: Back) => tf.Tensor | undefined;

  constructor(
    children: ConstructorParameters<typeof Container>[0],
    there: readonly Place[],
    back: (grad: tf.Tensor, back: Back) => tf.Tensor | undefined,
  ) {
    super(children);
    this.#there = there;
    this.#back = back;
  }

  protected route<V>(input: V, run: Run<V>): V {
    return this.#there.reduce((x, child) => run(child, x), input);
  }

  protected backRoute(gradOutput: tf.Tensor, back: Back) {
    return this.#back(gradOutput, back);
  }
}

const one = () => linear(2, 2, [1, 2, 3, 4]) as unknown as Module;
const input = () => tf.tensor2d([[1, -2]]);
const refused = (children: ConstructorParameters<typeof Container>[0]) =>
  messageOf(() => new Pair(children, [], (grad) => grad));

test('children: equal names, a name with a dot, and a value that is not a box are refused', () => {
  const a = one();
  expect(refused([['a', a], ['a', one()]])).toBe('Pair: expected names that differ, got "a" twice'); // prettier-ignore
  expect(refused([['a.b', a]])).toBe(
    'Pair: expected a name of letters, digits and underscores that starts with no digit, got "a.b"',
  );
  expect(refused([['a', 3 as never]])).toBe('Pair.a: expected a box, got 3');
  expect(refused({ a: 3 as never })).toBe('Pair.a: expected a box, got 3');
});

test('a route through a box that is not the child of this name is refused, and leaks nothing', () => {
  const [a, b] = [one(), one()];
  const x = input();
  expectNoLeak(() => {
    const other = new Pair({ a }, [['a', b]], (grad) => grad);
    const text = 'Pair.a: expected the child of this name, got another box, Linear';
    expect(messageOf(() => other.forward(x))).toBe(text);
    expect(messageOf(() => other.infer(x))).toBe(text);
    expect(messageOf(() => other.facts([[1, 2]]))).toBe(text);
    const unknown = new Pair({ a }, [['c', a]], (grad) => grad);
    expect(messageOf(() => unknown.infer(x))).toBe('Pair: expected a route through a, got "c"');
  });
});

test('a route that computes a tensor itself is refused, and leaks nothing', () => {
  const a = one();
  const computing = (before: boolean) =>
    new (class Own extends Container {
      constructor() {
        super({ a });
      }
      protected route<V>(input: V, run: Run<V>): V {
        // The types forbid this, so the test casts the value to a tensor.
        const square = (value: V) => (value instanceof tf.Tensor ? (tf.square(value) as V) : value);
        const child: Place = ['a', a];
        return before ? run(child, square(input)) : square(run(child, input));
      }
      protected backRoute(grad: tf.Tensor) {
        return grad;
      }
    })();
  const x = input();
  expectNoLeak(() => {
    for (const box of [computing(true), computing(false)]) {
      const text =
        'Own.route: expected only tensors that the boxes gave, got another; compute it in a box';
      expect(messageOf(() => box.forward(x))).toBe(text);
      expect(messageOf(() => box.infer(x))).toBe(text);
    }
  });
});

test('a container with named outputs is a node of a Graph, gradient-checked', async () => {
  class Fork extends Container<tf.Tensor, readonly tf.Tensor[]> {
    override readonly outputs = ['left', 'right'];
    readonly left: Place;
    readonly right: Place;
    constructor(left: Place, right: Place) {
      super([left, right]);
      [this.left, this.right] = [left, right];
    }
    protected route<V>(input: V, run: Run<V>): readonly V[] {
      return [run(this.left, share(input)), run(this.right, input)];
    }
    protected backRoute([left, right]: readonly tf.Tensor[], back: Back) {
      const fromRight = back.toInput(this.right, right);
      return total([fromRight, back.toInput(this.left, left)]);
    }
  }
  const graph = new Graph({
    inputs: 'x',
    nodes: [
      ['fork', new Fork(['left', one()], ['right', new Tanh()]), 'x'],
      ['product', new Product(), ['fork.left', 'fork.right']],
    ],
    outputs: 'product',
  });
  expect(await gradcheck(graph, { input: [3, 2] })).toMatchObject({ pass: true });
  expect(factsOf(graph as never, [[3, 2]]).outputShape).toEqual([3, 2]);
});

test('a backward route in the wrong order, one that ends early, and one without a result are refused', () => {
  const [a, b] = [one(), one()];
  const [A, B]: Place[] = [['a', a], ['b', b]]; // prettier-ignore
  const x = input();
  const told = (back: (grad: tf.Tensor, back: Back) => tf.Tensor | undefined) => {
    const box = new Pair({ a, b }, [A, B], back);
    const { output, cache } = box.forward(x);
    const message = messageOf(() => box.backprop(output, cache));
    tf.dispose([output, cache.caches as tf.TensorContainer[]]);
    return message;
  };
  expectNoLeak(() => {
    expect(told((grad, back) => back.toInput(B, back.through(A, grad)))).toBe(
      'Pair.backprop: expected the backward route to visit "b", the reverse of the forward, got "a"',
    );
    expect(told((grad, back) => back.through(B, grad))).toBe(
      'Pair.backprop: expected the backward route to visit "a", got its end',
    );
    expect(told((grad, back) => back.toInput(A, back.through(A, back.through(B, grad))))).toBe(
      'Pair.backprop: expected the backward route to end, got "a"',
    );
    expect(
      told((grad, back) => {
        back.toInput(A, back.through(B, grad));
        return undefined;
      }),
    ).toBe(
      'Pair.backprop: expected the backward route to return the gradient of the input, got undefined',
    );
  });
});

test('a container that runs no box is the identity, and one child may run three times', () => {
  const a = new ReLU();
  const A: Place = ['a', a];
  const none = new Pair({ a }, [], (grad) => grad);
  const thrice = new Pair({ a }, [A, A, A], (grad, back) =>
    back.toInput(A, back.through(A, back.through(A, grad))),
  );
  const x = input();
  expectNoLeak(() => {
    for (const [box, expected] of [
      [none, [1, -2]],
      [thrice, [1, 0]],
    ] as const) {
      const { output, cache } = box.forward(x);
      expect(Array.from(output.dataSync())).toEqual(expected);
      const { gradInput } = box.backprop(output, cache);
      expect(Array.from(gradInput.dataSync())).toEqual(expected);
      tf.dispose([output, gradInput]);
    }
  });
  expect(new Linear(1, 1, { init: (shape) => new Float32Array(shape[0]) }).noDecay).toEqual([
    'bias',
  ]);
});
