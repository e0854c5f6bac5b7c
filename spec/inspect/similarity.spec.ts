import { memory, reshape, tensor, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { BatchNorm, Conv2D, Dropout, Flatten, Linear, MaxPool2D, ReLU, Rng, Sequential, useBackend } from '../../index.ts'; // prettier-ignore
import { ArrayDataset } from '../../data/index.ts';
import {
  BoxOutputs,
  compareNetworks,
  dissimilarities,
  linearCka,
  MinibatchCka,
  representationalSimilarity,
  UnitMatcher,
} from '../../inspect/index.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { matMul } from '../../lib/kernels/matmul/matMul.ts';
import type { Packed } from '../support/compare.ts';
import { BACKENDS, loadFixture, tensorOf } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';
import { perceptron, xor } from '../support/toy.ts';

interface Case {
  readonly name: string;
  readonly a: Packed;
  readonly b: Packed;
  readonly batch: number;
  readonly biased: number;
  readonly unbiased: number;
  readonly minibatch: number;
  readonly dissimilarities: readonly number[];
  readonly rsa: number;
  readonly match: readonly number[];
  readonly correlation: readonly number[];
}

/** Cuts a packed tensor into parts of some examples. */
function parts({ shape: [examples, ...rest], values }: Packed, batch: number): Tensor[] {
  const size = values.length / examples;
  return Array.from({ length: examples / batch }, (_, k) =>
    constant(values.slice(k * batch * size, (k + 1) * batch * size), [batch, ...rest] as never),
  );
}

/** The largest difference of two lists. */
function difference(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value)));
}

describe.each(['float64', ...BACKENDS] as const)(
  'computes what PyTorch computes: %s',
  (backend) => {
    test.each(loadFixture<Case>('similarity'))('$name', async (expected) => {
      await withBackend(backend, async () => {
        const tolerance = backend === 'float64' ? 1e-10 : 1e-5;
        const { numTensors } = memory();
        const [a, b] = [tensorOf(expected.a), tensorOf(expected.b)];
        const minibatch = new MinibatchCka(2, 1);
        const matcher = new UnitMatcher();
        const [as, bs] = [parts(expected.a, expected.batch), parts(expected.b, expected.batch)];
        for (const [k, part] of as.entries()) {
          await minibatch.add([part, bs[k]], [bs[k]]);
          await matcher.add(part, bs[k]);
        }
        const [[cka], [own]] = minibatch.values;
        const actual = [
          await linearCka(a, b, { estimator: 'biased' }),
          await linearCka(a, b),
          cka,
          own,
          await representationalSimilarity(a, b),
        ];
        const { biased, unbiased, rsa } = expected;
        const wanted = [biased, unbiased, expected.minibatch, 1, rsa];
        expect(difference(actual, wanted)).toBeLessThan(tolerance);
        expect(difference(await dissimilarities(a), expected.dissimilarities)).toBeLessThan(
          tolerance,
        );
        expect(matcher.matches.map(({ match }) => match)).toEqual(expected.match);
        const correlations = matcher.matches.map(({ correlation }) => correlation);
        expect(difference(correlations, expected.correlation)).toBeLessThan(tolerance);
        disposeTensors([a, b, as, bs]);
        expect(memory().numTensors).toBe(numTensors);
      });
    });
  },
);

describe('by hand', () => {
  beforeAll(() => useBackend('cpu'));
  const column = (...values: number[]) => tensor(values, [values.length, 1]);

  test('CKA of two features is the square of their correlation', async () => {
    // Centred: (−1, 0, 1) and (−1, 1, 0), whose correlation is 1/2.
    const [a, b] = [column(1, 2, 3), column(0, 2, 1)];
    expect(await linearCka(a, b, { estimator: 'biased' })).toBeCloseTo(1 / 4, 6);
  });

  test('the unbiased CKA of four examples', async () => {
    // Without its diagonal, the Gram matrix of ±1 has 1 inside a pair and −1 between the pairs. Its
    // rows sum to −1 and all of it to −4, so the elements become
    //   1 + 1 − 2/3 = 4/3 inside and −1 + 1 − 2/3 = −2/3 between.
    // For the other pairing, 4/3 meets −2/3: the products are 2 · (4/3)(−2/3) + 2 · (4/3)(−2/3)
    // + 2 · (2/3)² per side of the diagonal, that is −8/3, and 2 (16/9) + 4 (4/9) = 16/3 for itself.
    const [a, b] = [column(1, 1, -1, -1), column(1, -1, 1, -1)];
    expect(await linearCka(a, b)).toBeCloseTo(-1 / 2, 6);
    expect(await linearCka(a, b, { estimator: 'biased' })).toBeCloseTo(0, 6);
  });

  test('dissimilarities and their rank correlation', async () => {
    const x = tensor([1, 2, 3, 2, 4, 6, 3, 2, 1, 1, 3, 2], [4, 3]);
    const values = await dissimilarities(x);
    expect(difference(values, [0, 2, 0.5, 2, 0.5, 1.5])).toBeLessThan(1e-6);
    // Values that are 2 apart and 1 apart, in another order: the ranks 1.5 ... are shared.
    expect(await representationalSimilarity(x, x)).toBeCloseTo(1, 12);
  });

  test('the best match of a unit has the largest correlation, not the largest magnitude', async () => {
    const a = tensor([1, 0, 2, 0, 3, 0, 4, 0], [4, 2]);
    const b = tensor([-1, 1, -2, 2, -3, 4, -4, 3], [4, 2]);
    const matcher = new UnitMatcher();
    expect(matcher.matches).toEqual([]);
    await matcher.add(a, b);
    expect(matcher.matches).toEqual([
      { unit: 0, match: 1, correlation: expect.closeTo(0.8, 6) as number },
      { unit: 1, match: undefined, correlation: NaN },
    ]);
    const first = new UnitMatcher({ units: 1 });
    await first.add(a, b);
    expect(first.matches).toHaveLength(1);
  });
});

describe('on random representations', () => {
  const rng = new Rng(3);
  const x = () => constant(rng.normals(30 * 6), [30, 6]);

  test.each(['biased', 'unbiased'] as const)('%s CKA of a rotation is 1', async (estimator) => {
    await withBackend('float64', async () => {
      const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
      const turn = Array.from({ length: 36 }, (_, i) => Number(i % 7 === 0));
      [turn[0], turn[3], turn[18], turn[21]] = [c, -s, s, c];
      const a = x();
      const b = matMul(a as never, constant(turn, [6, 6]));
      expect(await linearCka(a, b, { estimator })).toBeCloseTo(1, 12);
      const other = await linearCka(a, x(), { estimator });
      expect(other).toBeLessThan(0.5);
    });
  });

  test('the biased estimator is near 1 for many random features, the unbiased near 0', async () => {
    await useBackend('cpu');
    const [a, b] = [1, 2].map(() => tensor(Float32Array.from(rng.normals(20 * 2000)), [20, 2000]));
    expect(await linearCka(a, b, { estimator: 'biased' })).toBeGreaterThan(0.9);
    expect(Math.abs(await linearCka(a, b))).toBeLessThan(0.2);
  });
});

describe('what is not defined', () => {
  beforeAll(() => useBackend('cpu'));
  const varied = () => tensor([1, 5, 2, 4, 3, 3, 9, 1, 7, 2], [5, 2]);

  test('a representation that ignores the examples has no CKA and no matches', async () => {
    // 0.1 is no binary fraction, so the mean of the column has a rounding error.
    const same = tensor(new Float32Array(10).fill(0.1), [5, 2]);
    expect(await linearCka(varied(), same)).toBeNaN();
    expect(await linearCka(same, varied(), { estimator: 'biased' })).toBeNaN();
    expect(await representationalSimilarity(varied(), same)).toBeNaN();
    const matcher = new UnitMatcher();
    await matcher.add(same, varied());
    expect(matcher.matches.map(({ match }) => match)).toEqual([undefined, undefined]);
  });

  test.each([NaN, Infinity])('%s gives NaN', async (value) => {
    const bad = tensor([1, 2, 3, 4, value, 6, 7, 8, 9, 10], [5, 2]);
    expect(await linearCka(varied(), bad)).toBeNaN();
    expect((await dissimilarities(bad)).filter((one) => !Number.isNaN(one))).toHaveLength(6);
  });

  test('a pair of examples without a correlation is left out', async () => {
    const a = tensor([1, 2, 4, 0, 0, 0, 3, 1, 5, 9, 2, 6], [4, 3]);
    const b = tensor([2, 4, 8, 1, 5, 2, 6, 2, 10, 18, 4, 12], [4, 3]);
    expect(await representationalSimilarity(a, b)).toBeCloseTo(1, 12);
  });

  const one = () => tensor([1, 2], [1, 2]);
  const none = () => zeros([0, 2]);
  const cases: [string, () => Promise<unknown>][] = [
    ['linearCka: expected at least 4 examples, got 1', () => linearCka(one(), one())],
    ['linearCka: expected at least 4 examples, got 0', () => linearCka(none(), none())],
    [
      'linearCka: expected at least 2 examples, got 1',
      () => linearCka(one(), one(), { estimator: 'biased' }),
    ],
    [
      'linearCka: expected estimator to be one of "biased", "unbiased", got "both"',
      () => linearCka(varied(), varied(), { estimator: 'both' as never }),
    ],
    ['linearCka: expected b to have the 5 examples of a, got 1', () => linearCka(varied(), one())],
    [
      'linearCka: expected a to be a float tensor [examples, ...], got float32 [2]',
      () => linearCka(tensor([1, 2]), varied()),
    ],
    [
      'linearCka: expected b to be a float tensor [examples, ...], got int32 [5, 1]',
      () => linearCka(varied(), tensor([1, 2, 3, 4, 5], [5, 1], 'int32')),
    ],
    [
      'linearCka: expected b to be a float tensor [examples, ...], got [1, 2]',
      () => linearCka(varied(), [1, 2] as never),
    ],
    [
      'linearCka: expected b to have features, got [5, 0]',
      () => linearCka(varied(), zeros([5, 0])),
    ],
    ['dissimilarities: expected at least 2 examples, got 1', () => dissimilarities(one())],
    [
      'representationalSimilarity: expected at least 3 examples, got 1',
      () => representationalSimilarity(one(), one()),
    ],
    [
      'MinibatchCka.add: expected 1 and 2 representations, got 1 and 1',
      () => new MinibatchCka(1, 2).add([varied()], [varied()]),
    ],
    [
      'MinibatchCka.add: expected at least 4 examples, got 1',
      () => new MinibatchCka(1, 1).add([one()], [one()]),
    ],
    [
      'UnitMatcher.add: expected b to have the 5 examples of a, got 1',
      () => new UnitMatcher().add(varied(), one()),
    ],
    [
      'UnitMatcher.add: expected at least 1 example, got 0',
      () => new UnitMatcher().add(none(), none()),
    ],
  ];
  test.each(cases)('%s', async (message, run) => {
    await expect(run()).rejects.toThrow(inputError(message));
  });
});

describe('networks', () => {
  beforeAll(() => useBackend('cpu'));
  const images = () => {
    const rng = new Rng(5);
    return new ArrayDataset({
      name: 'noise',
      inputs: Float32Array.from(rng.normals(22 * 42)),
      inputShape: [6, 7, 1],
      labels: Array.from({ length: 22 }, (_, n) => n % 2),
      classes: 2,
    });
  };
  const convolutional = (seed: number) => {
    const rng = new Rng(seed);
    return new Sequential([
      new Conv2D(1, 3, 3, { rng }),
      new ReLU(),
      new MaxPool2D(2),
      new Dropout(),
      new Flatten(),
      new Linear(12, 2, { rng }),
    ]);
  };

  test('the outputs of all boxes but those that pass their input on', () => {
    const network = convolutional(0);
    const outputs = new BoxOutputs(network, [6, 7, 1]);
    expect(outputs.boxes).toEqual([
      { path: '0', name: 'Conv2D', shape: [4, 5, 3] },
      { path: '1', name: 'ReLU', shape: [4, 5, 3] },
      { path: '2', name: 'MaxPool2D', shape: [2, 2, 3] },
      { path: '5', name: 'Linear', shape: [2] },
    ]);
    expect(outputs.largest).toBe(60);
    const { numTensors } = memory();
    const input = zeros([2, 6, 7, 1]);
    const shapes = outputs.map(input, ({ shape }, box) => [box, ...shape]);
    expect(shapes).toEqual([
      [0, 2, 4, 5, 3],
      [1, 2, 4, 5, 3],
      [2, 2, 2, 2, 3],
      [3, 2, 2],
    ]);
    const [, , , scores] = outputs.map(input, (output) => output.clone());
    expect(scores.dataSync()).toEqual(network.infer(input).dataSync());
    disposeTensors([input, scores]);
    expect(memory().numTensors).toBe(numTensors + 4);
  });

  test('a network compared with itself, and with one of another architecture', async () => {
    const [data, network] = [images(), convolutional(0)];
    const rng = new Rng(2);
    const other = new Sequential([new Flatten(), new Linear(42, 4, { rng }), new BatchNorm(4)]);
    const { numTensors } = memory();
    const batches: [number, number][] = [];
    const same = await compareNetworks(
      { network, data },
      { network, data },
      { batchSize: 5, units: 2, onBatch: (...args) => batches.push(args) },
    );
    expect(memory().numTensors).toBe(numTensors);
    expect([same.examples, same.batchSize]).toEqual([20, 5]);
    expect(batches).toEqual([1, 2, 3, 4, 5].map((done) => [done, 5]));
    for (const [i, row] of same.cka.entries()) {
      expect([row[i], same.rsa[i][i]]).toEqual(
        [1, 1].map((one) => expect.closeTo(one, 6) as number),
      );
      row.forEach((value, j) => expect(value).toBeCloseTo(same.cka[j][i], 6));
    }
    expect(same.matches.map(({ a, b }) => [a, b])).toEqual([0, 1, 2, 3].map((box) => [box, box]));
    expect(same.matches[0].units).toEqual(
      [0, 1].map((unit) => ({ unit, match: unit, correlation: expect.closeTo(1, 5) as number })),
    );
    const across = await compareNetworks({ network, data }, { network: other, data });
    expect([across.examples, across.batchSize]).toEqual([22, 22]);
    expect(across.cka.map((row) => row.length)).toEqual([2, 2, 2, 2]);
    for (const { a, b } of across.matches)
      expect(across.cka[a][b]).toBe(Math.max(...across.cka[a]));
    // One minibatch of all examples is the CKA of the whole data.
    const { input } = data.batch(Int32Array.from({ length: 22 }, (_, i) => i));
    const [x, y] = [network, other].map((one) => new BoxOutputs(one, [6, 7, 1]).map(input, (output) => output.clone())); // prettier-ignore
    expect(across.cka[1][0]).toBeCloseTo(await linearCka(x[1], reshape(y[0], [22, 4])), 6);
    expect(across.rsa[1][0]).toBeCloseTo(await representationalSimilarity(x[1], y[0]), 6);
  });

  test('the minibatches agree with the whole data, on average', async () => {
    const data = xor(400);
    const both = [perceptron(0), perceptron(1)].map((network) => ({ network, data }));
    const whole = await compareNetworks(both[0], both[1], { batchSize: 400 });
    const small = await compareNetworks(both[0], both[1], { batchSize: 16 });
    whole.cka.forEach((row, i) =>
      row.forEach((value, j) => expect(Math.abs(value - small.cka[i][j])).toBeLessThan(0.02)),
    );
  });

  test('a dead box has no similarity and no matches', async () => {
    const data = xor(40);
    const dead = perceptron(0);
    dead.params['0.bias'].assign(tensor(new Float32Array(16).fill(-100)));
    const { cka, rsa, matches } = await compareNetworks({ network: dead, data }, { network: perceptron(1), data }, {}); // prettier-ignore
    expect([cka[1], rsa[1]].flat().every(Number.isNaN)).toBe(true);
    expect(matches[1].units.every(({ match }) => match === undefined)).toBe(true);
  });

  const compared = (examples: number) => ({ network: perceptron(0), data: xor(examples) });
  test.each<[string, number, object]>([
    ['compareNetworks: expected the same examples for both networks, got 8 and 7', 7, {}],
    ['compareNetworks: expected at least 4 examples, got 3', 8, { examples: 3 }],
    ['compareNetworks: expected a batchSize of at least 4, got 2', 8, { batchSize: 2 }],
    ['compareNetworks: expected units to be an integer of at least 1, got 0', 8, { units: 0 }],
    [
      'compareNetworks: expected examples to be an integer of at least 1, got 1.5',
      8,
      { examples: 1.5 },
    ],
  ])('%s', async (message, length, options) => {
    await expect(compareNetworks(compared(8), compared(length), options)).rejects.toThrow(
      inputError(message),
    );
  });
});
