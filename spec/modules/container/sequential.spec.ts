import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { values, zeros } from '../../../lib/init/initializers.ts';
import { Module, type Context } from '../../../lib/module.ts';
import { disposeTensors } from '../../../lib/memory.ts';
import { Rng } from '../../../lib/rng.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { Flatten } from '../../../modules/flatten.ts';
import { Linear } from '../../../modules/linear.ts';
import { MaxPool2D } from '../../../modules/maxPool2d.ts';
import { ReLU } from '../../../modules/relu.ts';
import { Sequential } from '../../../modules/container/sequential.ts';
import { Sigmoid } from '../../../modules/sigmoid.ts';
import { Tanh } from '../../../modules/tanh.ts';
import { expectNoLeak, messageOf, numbers } from '../../support/compare.ts';
import { asNumbers, describeContainer, linear } from '../../support/container.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../../support/refusals.ts';

eachBackend('by hand', () => {
  test('x W1 W2 and its gradients, under the names of the boxes', () => {
    const box = new Sequential([linear(2, 1, [1, 2]), new ReLU(), linear(1, 1, [3])]);
    const x = tf.tensor2d([[1, 4]]);
    const g = tf.tensor2d([[10]]);
    const { output, cache } = box.forward(x);
    expect(numbers(output)).toEqual([[(1 + 8) * 3]]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([[30, 60]]);
    const expected = { '0.weight': [[30, 120]], '2.weight': [[90]] };
    expect(asNumbers(box.backpropToParams(g, cache))).toEqual(expected);
    const { gradInput, gradParams } = box.backprop(g, cache); // the calls above kept the cache
    expect(numbers(gradInput)).toEqual([[30, 60]]);
    expect(asNumbers(gradParams)).toEqual(expected);
  });

  test('a box used twice is named once, and its gradients are summed', () => {
    const shared = linear(1, 1, [3]);
    const box = new Sequential([shared, new ReLU(), shared]); // C = w² x, ∂C/∂w = 2 w x
    const x = tf.tensor2d([[2]]);
    const g = tf.tensor2d([[1]]);
    expect(Object.keys(box.params)).toEqual(['0.weight']);
    expect(asNumbers(box.backpropToParams(g, box.forward(x).cache))).toEqual({
      '0.weight': [[12]],
    });
    expect(asNumbers(box.backprop(g, box.forward(x).cache).gradParams)).toEqual({
      '0.weight': [[12]],
    });
    expect(asNumbers(box.backpropParams(g, box.forward(x).cache))).toEqual({ '0.weight': [[12]] });
  });

  test('summing the gradients of a shared box leaves no tensor behind', () => {
    const box = new Sequential([linear(1, 1, [3])].flatMap((shared) => [shared, shared, shared]));
    const x = tf.tensor2d([[2]]);
    expectNoLeak(() => {
      const { output, cache } = box.forward(x);
      const { gradInput, gradParams } = box.backprop(output, cache);
      disposeTensors([output, gradInput, gradParams]);
    });
  });

  test('nested boxes have nested names', () => {
    const box = new Sequential([
      new Sequential([new Tanh(), linear(1, 1, [3])]),
      linear(1, 1, [5]),
    ]);
    expect(asNumbers(box.params)).toEqual({ '0.1.weight': [[3]], '1.weight': [[5]] });
    const { output, cache } = box.forward(tf.tensor2d([[0]]));
    expect(Object.keys(box.backpropParams(output, cache)).sort()).toEqual([
      '0.1.weight',
      '1.weight',
    ]);
  });

  test('without boxes it returns its input', () => {
    const box = new Sequential([]);
    const x = tf.tensor1d([1, 2]);
    const { output, cache } = box.forward(x);
    expect(numbers(output)).toEqual([1, 2]);
    expect(numbers(box.backpropToInput(x, cache))).toEqual([1, 2]);
    expect(box.backpropParams(x, cache)).toEqual({});
    expect(numbers(box.backprop(x, cache).gradInput)).toEqual([1, 2]);
  });

  test('backpropParams returns the gradients of backprop and disposes the whole cache', () => {
    const box = convnet();
    const x = tf.ones([2, 6, 7, 1]);
    const { output, cache } = box.forward(x);
    const { gradParams } = box.backprop(output, cache);
    expectNoLeak(() => {
      const second = box.forward(x);
      const swept = box.backpropParams(output, second.cache);
      expect(asNumbers(swept)).toEqual(asNumbers(gradParams));
      expect(Object.keys(swept).sort()).toEqual(Object.keys(box.params).sort());
      disposeTensors([second.output, swept]);
    });
  });

  test('backprop disposes every cache', () => {
    const box = convnet();
    const x = tf.ones([2, 6, 7, 1]);
    expectNoLeak(() => {
      const { output, cache } = box.forward(x);
      const { gradInput, gradParams } = box.backprop(output, cache);
      expect(cache.caches).toEqual([]);
      disposeTensors([output, gradInput, gradParams]);
    });
  });
});

function convnet(): Sequential {
  const rng = new Rng(0);
  const head = new Sequential([
    new Flatten(),
    new Linear(8, 5, { rng }),
    new Tanh(),
    new Linear(5, 3, { rng }),
  ]);
  return new Sequential([new Conv2D(1, 2, 3, { rng }), new MaxPool2D(2), new ReLU(), head]);
}

describeFixture('sequential', (kind: string) => {
  if (kind === 'chain') {
    return new Sequential([new Linear(3, 4, { init: zeros }), new Tanh(), linear(4, 2)]);
  }
  const tied = linear(3, 3);
  const inner = [tied, new Tanh()];
  return new Sequential([new Sequential(inner), linear(3, 3), new Sigmoid(), tied]);
});

describeContainer((one, two) => new Sequential([one, two]), ['0', '1'], [true, false]);

describeContract(convnet, () => [tf.ones([2, 6, 7, 1]), tf.ones([1, 6, 7, 1])]);

/** Caches ten tensors, and records the number of live tensors at each call. */
class Probe extends Module<tf.Tensor, tf.Tensor, { held: tf.Tensor[] }> {
  override readonly buffers = { calls: tf.variable(tf.scalar(0)) };
  readonly live: number[];
  readonly contexts: (Context | undefined)[] = [];
  readonly updated: unknown[] = [];

  constructor(live: number[] = []) {
    super();
    this.live = live;
  }

  forward(input: tf.Tensor, context?: Context) {
    this.contexts.push(context);
    this.live.push(tf.memory().numTensors);
    return {
      output: input.clone(),
      cache: { held: Array.from({ length: 10 }, () => tf.scalar(1)) },
    };
  }

  backpropToInput(gradOutput: tf.Tensor) {
    this.live.push(tf.memory().numTensors);
    return gradOutput.clone();
  }

  override updateBuffers(cache: { held: tf.Tensor[] }) {
    this.updated.push(cache);
  }
}

describe('a chain of probes', () => {
  beforeAll(() => useBackend('cpu'));

  test('forward keeps the caches and no output in between; the sweep lets each cache go behind it', () => {
    const live: number[] = [];
    const box = new Sequential(Array.from({ length: 4 }, () => new Probe(live)));
    const x = tf.ones([3]);
    const { output, cache } = box.forward(x);
    const start = live[0];
    expect(live).toEqual([start, start + 10, start + 20, start + 30]);
    live.length = 0;
    box.backprop(output, cache);
    const all = live[0];
    expect(live).toEqual([all, all - 10, all - 20, all - 30]);
  });

  test('sweep asks the first box, nested or not, for no gradient of the data', () => {
    const live: number[] = [];
    const box = new Sequential([
      new Sequential([new Probe(live), new Probe(live)]),
      new Probe(live),
    ]);
    const { output, cache } = box.forward(tf.ones([3]));
    live.length = 0;
    box.backpropParams(output, cache);
    expect(live).toHaveLength(2);
  });

  test('hands on the context, the buffers and their update', () => {
    const [first, second] = [new Probe(), new Probe()];
    const box = new Sequential([first, new Sequential([second])]);
    const context: Context = { mode: 'training', rng: new Rng(0) };
    const { cache } = box.forward(tf.ones([3]), context);
    expect([...first.contexts, ...second.contexts]).toEqual([context, context]);
    expect(box.buffers).toEqual({
      '0.calls': first.buffers.calls,
      '1.0.calls': second.buffers.calls,
    });
    box.updateBuffers(cache);
    expect(first.updated).toEqual([cache.caches[0]]);
    expect(second.updated).toHaveLength(1);
  });

  test('a second sweep over the same cache is refused', () => {
    const box = new Sequential([new ReLU(), new Tanh()]);
    const text =
      'Sequential.backprop: expected the cache of a forward of its own, got one that a backward pass has emptied';
    const x = tf.ones([3]);
    const { cache } = box.forward(x);
    box.backprop(x, cache);
    expect(messageOf(() => box.backprop(x, cache))).toBe(text);
    expect(messageOf(() => box.backpropParams(x, cache))).toBe(text);
    const swept = box.forward(x);
    box.backpropParams(x, swept.cache);
    expect(messageOf(() => box.backprop(x, swept.cache))).toBe(text);
  });

  test('an error that is no mistake of the caller passes unchanged', () => {
    const bug = new TypeError('a bug');
    class Buggy extends ReLU {
      override forward(): never {
        throw bug;
      }
    }
    const box = new Sequential([new Buggy()]);
    expect(() => box.forward(tf.ones([3]))).toThrow(bug);
  });
});

const ones = (inFeatures: number, outFeatures: number) =>
  linear(inFeatures, outFeatures, new Array<number>(inFeatures * outFeatures).fill(1));
const outer = () => new Sequential([new ReLU(), new Sequential([ones(6, 4)])]);
const pass = (box: Sequential, x: tf.Tensor) => [x, box.forward(blank([2, 6])).cache] as const;

describeRefusals([
  [
    'Sequential[1] > Sequential[0] > Linear.forward: expected input of shape [N, 6], got [4, 3]',
    () => outer().forward(blank([4, 3])),
  ],
  [
    'Sequential[1] > Sequential[0] > Linear.backpropToInput: expected gradOutput of shape [2, 4], got [2, 3]',
    () => outer().backpropToInput(...pass(outer(), blank([2, 3]))),
  ],
  [
    'Sequential[1] > Sequential[0] > Linear.backpropToInput: expected gradOutput of shape [2, 4], got [2, 1]',
    () => outer().backprop(...pass(outer(), blank([2, 1]))),
  ],
  [
    'Sequential[1] > Sequential[0] > Linear.backpropToParams: expected gradOutput of shape [2, 4], got [2, 5]',
    () => outer().backpropToParams(...pass(outer(), blank([2, 5]))),
  ],
  [
    'Sequential[0] > Linear.backpropToParams: expected gradOutput of shape [2, 4], got [4]',
    () =>
      new Sequential([ones(6, 4)]).backpropParams(
        ...pass(new Sequential([ones(6, 4)]), blank([4])),
      ),
  ],
  [
    'Sequential[0] > ReLU.forward: expected input to be a tensor, got 3',
    () => new Sequential([new ReLU()]).forward(3 as unknown as tf.Tensor),
  ],
  [
    'Sequential[0] > ReLU.forward: expected input to be alive, got a disposed tensor',
    () => new Sequential([new ReLU()]).forward(disposed([2])),
  ],
  [
    'Sequential: expected a list or record of boxes, got ReLU',
    () => new Sequential(new ReLU() as unknown as ReLU[]),
  ],
  [
    'Sequential[1]: expected a box, got Object',
    () => new Sequential([new ReLU(), {} as unknown as ReLU]),
  ],
  [
    'Sequential[0]: expected a box, got function ReLU',
    () => new Sequential([ReLU as unknown as ReLU]),
  ],
]);

test('a box used at two depths has one name for its parameters and gradients', async () => {
  await useBackend('cpu');
  const shared = new Linear(2, 2, { init: values([1, 2, 3, 4]), bias: false });
  const chain = new Sequential([new Sequential([shared]), shared]);
  expect(Object.keys(chain.params)).toEqual(['0.0.weight']);
  const { output, cache } = chain.forward(tf.tensor2d([[1, -1]]));
  // x = (1, −1), h = W x = (−1, −1), y = W h; with g = (1, 0): ∂C/∂W = g hᵀ + (Wᵀ g) xᵀ
  const grads = chain.backpropToParams(tf.tensor2d([[1, 0]]), cache);
  expect(numbers(grads['0.0.weight'])).toEqual([
    [-1 + 1, -1 - 1],
    [0 + 2, 0 - 2],
  ]);
  disposeTensors([output, cache, grads]);
});
