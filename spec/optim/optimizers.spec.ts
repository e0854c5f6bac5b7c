import * as tf from '@tensorflow/tfjs-core';
import {
  Adagrad,
  Adam,
  AdamW,
  BatchNorm,
  clipByNorm,
  clipByValue,
  withGradientClipping,
  Conv2D,
  init,
  Linear,
  PReLU,
  Residual,
  RMSProp,
  Rng,
  Sequential,
  SGD,
  useBackend,
  withoutDecay,
  type GradientClipping,
  type Grads,
  type OptimizerState,
  type Params,
} from '../../index.ts';
import { expectAllClose, expectNoLeak, numbers } from '../support/compare.ts';
import { eachBackend, loadFixture, tensorOf, type OptimizerCase } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

interface Optimizer {
  step(grads: Grads): void;
  state(): OptimizerState;
  restore(state: OptimizerState): void;
  dispose(): void;
}

/** Runs the steps of a fixture and compares the parameters after each recorded step. */
function follow<Options>(
  expected: OptimizerCase<Options>,
  make: (params: Params, options: Options) => Optimizer,
): void {
  expectNoLeak(() => {
    const params = variables(expected.params);
    const optimizer = make(params, ...expected.args);
    let compared = 0;
    let left: number | undefined;
    expected.grads.forEach((packed, i) => {
      const grads = Object.fromEntries(
        Object.entries(packed).map(([name, grad]) => [name, tensorOf(grad)]),
      );
      optimizer.step(grads);
      tf.dispose(grads);
      left ??= tf.memory().numTensors;
      expect(tf.memory().numTensors).toBe(left);
      for (const [name, param] of Object.entries(expected.after[String(i + 1)] ?? {})) {
        expectAllClose(params[name], param, `${name} after ${i + 1} steps`);
        compared++;
      }
    });
    expect(compared).toBe(6);
    optimizer.dispose();
    tf.dispose(params);
  });
}

function variables(packed: OptimizerCase<unknown>['params']): Params {
  return Object.fromEntries(
    Object.entries(packed).map(([name, param]) => [
      name,
      tf.tidy(() => tf.variable(tensorOf(param))),
    ]),
  );
}

type Rates = { learningRate: number; weightDecay?: number; momentum?: number };
const KINDS: Record<string, (params: Params, options: Rates) => Optimizer> = {
  adagrad: (params, options) => new Adagrad(params, options),
  rmsprop: (params, options) => new RMSProp(params, options),
  adam: (params, options) => new Adam(params, options),
  adamw: (params, options) => new AdamW(params, options),
};

eachBackend('computes what PyTorch computes', () => {
  describe.each(Object.entries(KINDS))('%s', (file, make) => {
    test.each(loadFixture<OptimizerCase<Rates>>(file))('$name', (expected) =>
      follow(expected, make),
    );
  });

  test.each(loadFixture<OptimizerCase<GradientClipping>>('clipped'))('clipped $name', (expected) =>
    follow(expected, (params, by) =>
      withGradientClipping(new SGD(params, { learningRate: 0.1, momentum: 0.5 }), by),
    ),
  );

  test.each(loadFixture<OptimizerCase<{ momentum?: number }>>('groups'))(
    'in groups: $name',
    (expected) => {
      const groups = [
        { matches: (name: string) => name === 'bias', learningRateScale: 0.5, weightDecay: 0 },
      ];
      const kinds = { SGD, Adagrad, RMSProp, Adam, AdamW };
      follow(expected, (params, options) => {
        const Kind = kinds[expected.name as keyof typeof kinds];
        return new Kind(params, { learningRate: 0.1, weightDecay: 0.2, groups, ...options });
      });
    },
  );
});

describe('the state of an optimizer', () => {
  beforeAll(() => useBackend('cpu'));
  const all: typeof KINDS = {
    sgd: (params, options) => new SGD(params, { ...options, momentum: 0.9 }),
    ...KINDS,
    'rmsprop, all kept': (params, options) =>
      new RMSProp(params, { ...options, momentum: 0.9, centered: true }),
  };
  const start = () => ({ weight: tf.variable(tf.ones([3, 2])), bias: tf.variable(tf.ones([3])) });
  const gradsOf = (step: number) => {
    const rng = new Rng(step);
    return {
      weight: tf.tensor2d(Float32Array.from(rng.normals(6)), [3, 2]),
      bias: tf.tensor1d(Float32Array.from(rng.normals(3))),
    };
  };

  test.each(Object.entries(all))('%s continues from its state, bit for bit', (_, make) => {
    const [whole, halves] = [start(), start()];
    const options = { learningRate: 0.05, weightDecay: 0.1 };
    const [first, before] = [make(whole, options), make(halves, options)];
    for (let step = 0; step < 6; step++) first.step(gradsOf(step));
    for (let step = 0; step < 3; step++) before.step(gradsOf(step));
    const after = make(halves, options);
    after.restore(before.state());
    before.dispose();
    for (let step = 3; step < 6; step++) after.step(gradsOf(step));
    expect(numbers(halves.weight)).toEqual(numbers(whole.weight));
    expect(numbers(halves.bias)).toEqual(numbers(whole.bias));
  });

  test('a state of another network is refused, and the old state stays', () => {
    const adam = new Adam(start(), { learningRate: 0.1 });
    adam.step(gradsOf(0));
    const kept = numbers(adam.state().tensors['mean/bias']);
    const { tensors, scalars } = adam.state();
    const { 'mean/bias': bias, ...fewer } = tensors;
    const expectRefusal = (wrong: OptimizerState['tensors'], message: string) =>
      expect(() => adam.restore({ tensors: wrong, scalars })).toThrow(message);
    expectRefusal(fewer, 'Adam.restore: mean/bias: expected one of shape [3], got none');
    expectRefusal(
      { ...tensors, 'sum/bias': bias },
      'Adam.restore: sum/bias: expected none, got one of shape [3]',
    );
    const message = 'Adam.restore: mean/bias: expected one of shape [3], got one of shape [2]';
    expectRefusal({ ...tensors, 'mean/bias': tf.ones([2]) }, message);
    expect(numbers(adam.state().tensors['mean/bias'])).toEqual(kept);
  });
});

describe('without decay', () => {
  beforeAll(() => useBackend('cpu'));
  test('biases, scales and slopes, wherever they are in a network', () => {
    const linear = () => new Linear(3, 3, { init: init.zeros });
    const network = new Sequential({
      conv: new Conv2D(1, 3, 2, { init: init.zeros }),
      block: new Residual(new Sequential([linear(), new BatchNorm(3), new PReLU(3)])),
    });
    const { matches, weightDecay } = withoutDecay(network);
    expect(weightDecay).toBe(0);
    const decaying = Object.keys(network.params).filter((name) => !matches(name));
    expect(decaying).toEqual(['conv.weight', 'block.body.0.weight']);
  });
});

eachBackend('clipping by hand', () => {
  test('by norm scales all gradients together, by value clips each element', () => {
    const grads = { a: tf.tensor1d([3, 0]), b: tf.tensor2d([[-4]]) };
    expectNoLeak(() => {
      const short = clipByNorm(grads, 1);
      expectAllClose(short.a, { shape: [2], values: [0.6, 0] });
      expectAllClose(short.b, { shape: [1, 1], values: [-0.8] });
      const flat = clipByValue(grads, 1);
      expect([numbers(flat.a), numbers(flat.b)]).toEqual([[1, 0], [[-1]]]);
      tf.dispose([short, flat]);
    });
    expect(clipByNorm({}, 1)).toEqual({});
  });

  test('the norm of many values, of large ones, and of NaN', () => {
    const many = clipByNorm({ a: tf.ones([1e7]), b: tf.ones([3, 2_007_111]) }, 1);
    expect(many.a.dataSync()[0] * Math.sqrt(1e7 + 3 * 2_007_111)).toBeCloseTo(1, 5);
    const large = clipByNorm({ a: tf.tensor1d([3e30, 0]), b: tf.tensor1d([-4e30]) }, 1);
    expectAllClose(large.a, { shape: [2], values: [0.6, 0] });
    expectAllClose(large.b, { shape: [1], values: [-0.8] });
    // The norm, 4.2e38, is larger than any number of single precision.
    const huge = clipByNorm({ a: tf.tensor1d([3e38, -3e38]) }, 1);
    expectAllClose(huge.a, { shape: [2], values: [Math.SQRT1_2, -Math.SQRT1_2] });
    const whole = clipByNorm({ a: tf.tensor1d([3e38, -3e38]) }, Infinity);
    expectAllClose(whole.a, { shape: [2], values: [3e38, -3e38].map(Math.fround) });
    const [nan, infinite] = [NaN, Infinity].map((value) =>
      clipByNorm({ a: tf.tensor1d([value, 1]) }, 1),
    );
    expect(numbers(nan.a)).toEqual([NaN, NaN]);
    expect(numbers(infinite.a)).toEqual([NaN, 0]);
  });

  test('RMSProp stays finite where the mean of squares equals the square of the mean', () => {
    const w = tf.variable(tf.zeros([200]));
    const grad = tf.tensor1d(Array.from({ length: 200 }, (_, k) => 0.0017 * (k + 1)));
    const optimizer = new RMSProp({ w }, { learningRate: 0.01, centered: true });
    for (let step = 0; step < 2000; step++) optimizer.step({ w: grad });
    expect([...w.dataSync()].filter((value) => !Number.isFinite(value))).toEqual([]);
  });

  test('a NaN stays one, and makes the norm NaN', () => {
    const grads = { a: tf.tensor1d([3, NaN]), b: tf.tensor1d([1]) };
    const flat = clipByValue(grads, 1);
    expect([numbers(flat.a), numbers(flat.b)]).toEqual([[1, NaN], [1]]);
    const short = clipByNorm(grads, 1);
    expect([numbers(short.a), numbers(short.b)]).toEqual([[NaN, NaN], [NaN]]);
  });
});

const params = () => ({ weight: tf.variable(tf.ones([3, 2])), bias: tf.variable(tf.ones([3])) });
const rate = { learningRate: 0.1 };
eachBackend('a gradient whose square is infinite in single precision', () => {
  const kinds = [
    ['Adam', (params: Params) => new Adam(params, { learningRate: 0.1 })],
    ['AdamW', (params: Params) => new AdamW(params, { learningRate: 0.1, weightDecay: 0 })],
    ['RMSProp', (params: Params) => new RMSProp(params, { learningRate: 0.1 })],
    ['Adagrad', (params: Params) => new Adagrad(params, { learningRate: 0.1 })],
  ] as const;

  test.each(kinds)('moves the weight as any other gradient does: %s', (_, make) => {
    const path = (size: number) => {
      const params = { w: tf.variable(tf.tensor1d([1, 1])) };
      const optimizer = make(params);
      return [1, 2, 3].flatMap(() => {
        optimizer.step({ w: tf.tensor1d([-size, size]) });
        return numbers(params.w) as number[];
      });
    };
    const usual = path(1e10);
    for (const size of [1.9e19, 1e25, 3e38]) {
      const found = path(size);
      found.forEach((w, k) => expect(w).toBeCloseTo(usual[k], 4));
    }
  });

  test.each(kinds)('is not hidden if it is not finite itself: %s', (_, make) => {
    for (const bad of [Infinity, -Infinity, NaN]) {
      const params = { w: tf.variable(tf.tensor1d([1])) };
      make(params).step({ w: tf.tensor1d([bad]) });
      expect(numbers(params.w)).toEqual([NaN]);
    }
  });
});

describeRefusals([
  [
    'Adam.step: expected gradients of weight, bias, got one of scale',
    () =>
      new Adam(params(), rate).step({ weight: blank([3, 2]), bias: blank([3]), scale: blank([1]) }),
  ],
  [
    'AdamW.step: expected the gradient of bias of shape [3], got [1]',
    () => new AdamW(params(), rate).step({ weight: blank([3, 2]), bias: blank([1]) }),
  ],
  [
    'Adam: expected betas to be a number from 0 to below 1, got 1',
    () => new Adam(params(), { ...rate, betas: [0.9, 1] }),
  ],
  [
    'AdamW: expected eps to be a number above 0, got 0',
    () => new AdamW(params(), { ...rate, eps: 0 }),
  ],
  ...[Adam, AdamW, RMSProp, Adagrad].map((Kind): [string, () => unknown] => [
    `${Kind.name}: expected eps to be a number from 1.5e-45 to 3.4e38, because single precision has no other, got 1e-50`,
    () => new Kind(params(), { ...rate, eps: 1e-50 }),
  ]),
  [
    'AdamW: expected weightDecay to be a number of at least 0, got -1',
    () => new AdamW(params(), { ...rate, weightDecay: -1 }),
  ],
  [
    'Adagrad: expected learningRateDecay to be a number of at least 0, got -1',
    () => new Adagrad(params(), { ...rate, learningRateDecay: -1 }),
  ],
  [
    'RMSProp: expected alpha to be a number from 0 to below 1, got 1',
    () => new RMSProp(params(), { ...rate, alpha: 1 }),
  ],
  [
    'RMSProp: expected momentum to be a number of at least 0, got NaN',
    () => new RMSProp(params(), { ...rate, momentum: NaN }),
  ],
  [
    "SGD: expected a group's learningRateScale to be a number of at least 0, got -1",
    () => new SGD(params(), { ...rate, groups: [{ matches: () => true, learningRateScale: -1 }] }),
  ],
  [
    'Adam: unknown option beta; did you mean betas?',
    () => new Adam(params(), { ...rate, ...({ beta: 0.9 } as object) }),
  ],
  [
    'AdamW: unknown option momentum; expected one of learningRate, betas, eps, weightDecay, groups',
    () => new AdamW(params(), { ...rate, ...({ momentum: 0.9 } as object) }),
  ],
  [
    'SGD: unknown option lr; expected one of learningRate, momentum, nesterov, weightDecay, groups',
    () => new SGD(params(), { ...rate, ...({ lr: 0.1 } as object) }),
  ],
  [
    'RMSProp: unknown option Momentum; did you mean momentum?',
    () => new RMSProp(params(), { ...rate, ...({ Momentum: 0.9 } as object) }),
  ],
  [
    'Adagrad: unknown option lrDecay; expected one of learningRate, learningRateDecay, eps, weightDecay, groups',
    () => new Adagrad(params(), { ...rate, ...({ lrDecay: 0.9 } as object) }),
  ],
  [
    'Adam: expected steps to be an integer of at least 0, got undefined',
    () => new Adam(params(), rate).restore({ tensors: {}, scalars: {} }),
  ],
  ['clipByNorm: expected limit to be a number above 0, got 0', () => clipByNorm({}, 0)],
  [
    'clipByNorm: expected limit to be a number from 1.5e-45 to 3.4e38, because single precision has no other, got 1e-50',
    () => clipByNorm({}, 1e-50),
  ],
  [
    'SGD: expected learningRate to be a number from 1.5e-45 to 3.4e38, because single precision has no other, got 1e-60',
    () => new SGD(params(), { learningRate: 1e-60 }),
  ],
  [
    'Adam: expected learningRate to be a number from 1.5e-45 to 3.4e38, because single precision has no other, got 1e+40',
    () => new Adam(params(), { learningRate: 1e40 }),
  ],
]);
