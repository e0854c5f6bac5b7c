import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { withGradientClipping } from '../../optim/clip.ts';
import { SGD, type SGDOptions } from '../../optim/sgd.ts';
import { expectAllClose, expectNoLeak, messageOf, numbers } from '../support/compare.ts';
import { eachBackend, loadFixture, tensorOf, type OptimizerCase } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** The values of a single parameter w after each step with these gradients. */
function walk(options: SGDOptions, start: number, grads: number[]): unknown[] {
  const w = tf.variable(tf.tensor1d([start]));
  const sgd = new SGD({ w }, options);
  return grads.map((grad) => {
    sgd.step({ w: tf.tensor1d([grad]) });
    return w.dataSync()[0];
  });
}

eachBackend('by hand', () => {
  test.each<[string, SGDOptions, number, number[], number[]]>([
    ['plain: w − ε g', { learningRate: 0.5 }, 8, [2, -4], [7, 9]],
    // v is 2, then 1 − 4 = −3, then −1.5.
    ['momentum: v ← μ v + g', { learningRate: 1, momentum: 0.5 }, 8, [2, -4, 0], [6, 9, 10.5]],
    // g + μ v is 2 + 1, then −4 − 1.5, then 0 − 0.75.
    [
      'Nesterov: w − ε (g + μ v)',
      { learningRate: 1, momentum: 0.5, nesterov: true },
      8,
      [2, -4, 0],
      [5, 10.5, 11.25],
    ],
    ['weight decay: g + λ w', { learningRate: 0.5, weightDecay: 0.25 }, 8, [2, 0], [6, 5.25]],
  ])('%s', (_, options, start, grads, after) => {
    expect(walk(options, start, grads)).toEqual(after);
  });

  test('a learning rate changed between steps applies to the whole velocity from the next step on', () => {
    const w = tf.variable(tf.tensor1d([8]));
    const sgd = new SGD({ w }, { learningRate: 1, momentum: 0.5 });
    sgd.step({ w: tf.tensor1d([2]) });
    sgd.learningRate = 0.5;
    sgd.step({ w: tf.tensor1d([0]) });
    expect(numbers(w)).toEqual([8 - 2 - 0.5]);
  });

  test.each<SGDOptions>([
    { learningRate: 0.1 },
    { learningRate: 0.1, momentum: 0.9 },
    { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
  ])(
    'steps leave no tensor behind, the gradients unchanged, and dispose frees the velocities: %j',
    (options) => {
      // The tidy disposes the initial tensors, so only the variables own their values.
      const params = tf.tidy(() => ({
        weight: tf.variable(tf.ones([3, 2])),
        bias: tf.variable(tf.ones([3])),
      }));
      const grads = { weight: tf.ones([3, 2]), bias: tf.ones([3]) };
      expectNoLeak(() => {
        const sgd = new SGD(params, options);
        sgd.step(grads);
        expectNoLeak(() => {
          sgd.step(grads);
          sgd.step(grads);
        });
        sgd.dispose();
      });
      expect(numbers(grads.bias)).toEqual([1, 1, 1]);
    },
  );

  test('works inside a tidy, which disposes the gradients but not the velocities', () => {
    const w = tf.variable(tf.tensor1d([8]));
    const sgd = new SGD({ w }, { learningRate: 1, momentum: 0.5 });
    for (const grad of [2, -4, 0]) tf.tidy(() => sgd.step({ w: tf.tensor1d([grad]) }));
    expect(numbers(w)).toEqual([10.5]);
  });

  test.each(loadFixture<OptimizerCase<SGDOptions>>('sgd'))(
    'computes the same as PyTorch: $name',
    (expected) => {
      expectNoLeak(() => {
        const params = Object.fromEntries(
          Object.entries(expected.params).map(([name, param]) => [
            name,
            tf.tidy(() => tf.variable(tensorOf(param))),
          ]),
        );
        const sgd = new SGD(params, ...expected.args);
        let compared = 0;
        expected.grads.forEach((packed, i) => {
          const grads = Object.fromEntries(
            Object.entries(packed).map(([name, grad]) => [name, tensorOf(grad)]),
          );
          sgd.step(grads);
          tf.dispose(grads);
          for (const [name, param] of Object.entries(expected.after[String(i + 1)] ?? {})) {
            expectAllClose(params[name], param, `${name} after ${i + 1} steps`);
            compared++;
          }
        });
        expect(compared).toBe(6);
        sgd.dispose();
        tf.dispose(params);
      });
    },
  );
});

const params = () => ({ weight: tf.variable(tf.ones([3, 2])), bias: tf.variable(tf.ones([3])) });
const plain = { learningRate: 0.1 };
const stepWith = (grads: Record<string, tf.Tensor>) => new SGD(params(), plain).step(grads);
const weight = () => blank([3, 2]);

describeRefusals([
  [
    'SGD.step: expected the gradient of bias to be a tensor, got undefined',
    () => stepWith({ weight: weight() }),
  ],
  [
    'SGD.step: expected gradients of weight, bias, got one of scale',
    () => stepWith({ weight: weight(), bias: blank([3]), scale: blank([1]) }),
  ],
  [
    'SGD.step: expected the gradient of bias of shape [3], got [1]',
    () => stepWith({ weight: weight(), bias: blank([1]) }),
  ],
  [
    'SGD.step: expected the gradient of bias of dtype float32, got int32',
    () => stepWith({ weight: weight(), bias: blank([3], 'int32') }),
  ],
  [
    'SGD: expected learningRate to be a number of at least 0, got NaN',
    () => new SGD(params(), { learningRate: NaN }),
  ],
  [
    'SGD: expected learningRate to be a number of at least 0, got -0.1',
    () => new SGD(params(), { learningRate: -0.1 }),
  ],
  [
    'SGD: expected learningRate to be a number of at least 0, got NaN',
    () => {
      const sgd = new SGD(params(), plain);
      sgd.learningRate = NaN;
      sgd.step({ weight: weight(), bias: blank([3]) });
    },
  ],
  [
    'SGD: expected groups to be a list, got Object',
    () => new SGD(params(), { ...plain, groups: { matches: () => true } as never }),
  ],
  [
    'SGD.groups[0]: expected matches to be a function of a name, got "bias"',
    () => new SGD(params(), { ...plain, groups: [{ matches: 'bias' as never }] }),
  ],
  [
    'withGradientClipping: expected one of value, norm, got both',
    () => withGradientClipping(new SGD(params(), plain), { norm: 1, value: 1 }),
  ],
  [
    'withGradientClipping: expected one of value, norm, got none',
    () => withGradientClipping(new SGD(params(), plain), {} as never),
  ],
  [
    'withGradientClipping: expected limit to be a number above 0, got NaN',
    () => withGradientClipping(new SGD(params(), plain), { norm: NaN }),
  ],
  [
    'SGD: expected momentum to be a number of at least 0, got -1',
    () => new SGD(params(), { ...plain, momentum: -1 }),
  ],
  [
    'SGD: expected weightDecay to be a number of at least 0, got Infinity',
    () => new SGD(params(), { ...plain, weightDecay: Infinity }),
  ],
  [
    'SGD: expected momentum above 0 with nesterov, got 0',
    () => new SGD(params(), { ...plain, nesterov: true }),
  ],
]);

test('a refused step changes no parameter and no velocity', async () => {
  await useBackend('cpu');
  const both = params();
  const sgd = new SGD(both, { learningRate: 1, momentum: 0.5 });
  const right = () => tf.ones<tf.Rank.R2>([3, 2]);
  sgd.step({ weight: right(), bias: tf.ones([3]) }); // v = 1, w = 0
  messageOf(() => sgd.step({ weight: right(), bias: tf.ones([2]) }));
  messageOf(() => sgd.step({ weight: right(), bias: tf.ones([3]), more: tf.ones([3]) }));
  expect(numbers(both.weight)).toEqual(numbers(tf.zeros([3, 2])));
  sgd.step({ weight: tf.zeros([3, 2]), bias: tf.zeros([3]) }); // v = 0.5
  expect(numbers(both.bias)).toEqual([-0.5, -0.5, -0.5]);
});
