import { memory, ones, tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { Rng, useBackend } from '../../index.ts';
import { ArrayDataset } from '../../data/index.ts';
import { probeNetwork, type ProbeData, type ProbeOptions } from '../../inspect/index.ts';
import { FeatureReducer } from '../../inspect/probe/featureReducer.ts';
import { neighbourErrors } from '../../inspect/probe/nearestNeighbours.ts';
import { fitRidge, ridgeErrors } from '../../inspect/probe/ridgeClassifier.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { numElements } from '../../lib/shapes.ts';
import type { Packed } from '../support/compare.ts';
import { BACKENDS, loadFixture, tensorOf } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';
import { perceptron, xor } from '../support/toy.ts';

interface Case {
  readonly name: string;
  readonly features: Packed;
  readonly labels: readonly number[];
  readonly classes: number;
  readonly lambda: number;
  readonly weight: Packed;
  readonly bias: readonly number[];
  readonly wrong: number;
}

describe.each(['float64', ...BACKENDS] as const)('fits as PyTorch does: %s', (backend) => {
  test.each(loadFixture<Case>('probe'))('$name', async (expected) => {
    await withBackend(backend, async () => {
      const { numTensors } = memory();
      const { classes, lambda, weight, bias, wrong } = expected;
      const features = tensorOf(expected.features) as ReturnType<typeof tensor2d>;
      const data = { features, labels: tensor1d([...expected.labels], 'int32'), classes };
      const found = await fitRidge(data, lambda);
      const biases = Array.from(found.slice(-classes));
      const mean = biases.reduce((sum, value) => sum + value, 0) / classes;
      const actual = [...found.slice(0, -classes), ...biases.map((value) => value - mean)];
      [...weight.values, ...bias].forEach((value, i) =>
        expect(Math.abs(actual[i] - value)).toBeLessThan(2e-3),
      );
      expect(await ridgeErrors(data, found)).toBe(wrong);
      // A fit from elsewhere ends at the same place, because the penalty makes it the only one.
      const again = await fitRidge(
        data,
        lambda,
        found.map((value, i) => value + (i % 3)),
      );
      actual
        .slice(0, -classes)
        .forEach((value, i) => expect(Math.abs(again[i] - value)).toBeLessThan(4e-3));
      disposeTensors([data.features, data.labels]);
      expect(memory().numTensors).toBe(numTensors);
    });
  });
});

describe('nearest neighbours by hand', () => {
  beforeAll(() => useBackend('cpu'));
  const data = (points: number[], labels: number[]) => ({
    features: tensor2d(points, [points.length, 1]),
    labels: tensor1d(labels, 'int32'),
    classes: 3,
  });
  const references = () => data([0, 1, 2, 10, 11], [0, 1, 1, 2, 2]);

  test('the majority of k neighbours decides', async () => {
    // The neighbours of 0.4 are 0, 1, 2: of 1 neighbour class 0, of 3 class 1.
    expect(await neighbourErrors(references(), data([0.4], [0]), [1, 3])).toEqual([0, 1]);
    expect(await neighbourErrors(references(), data([0.4, 10.6, 9], [1, 2, 2]), [1, 3, 5])).toEqual(
      [1, 0, 0],
    );
  });

  test('of equally many neighbours the nearest wins, and of equally near ones the first', async () => {
    // The neighbours of 5.9 are 2, 10, 1, 11: two of class 1 and two of class 2, 2 is the nearest.
    expect(await neighbourErrors(references(), data([5.9], [1]), [4])).toEqual([0]);
    expect(await neighbourErrors(references(), data([6], [1]), [1])).toEqual([0]);
    // More neighbours than references are all of them.
    expect(await neighbourErrors(references(), data([0], [1]), [99])).toEqual([0]);
  });

  test('more queries than one block', async () => {
    const points = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 0.1 : 10.2));
    const queries = data(
      points,
      points.map((point) => (point > 5 ? 2 : 0)),
    );
    expect(await neighbourErrors(references(), queries, [1])).toEqual([0]);
  });
});

describe('features', () => {
  beforeAll(() => useBackend('cpu'));

  test('never exceed the limit, and few stay as they are', async () => {
    const rng = new Rng(6);
    for (let k = 0; k < 60; k++) {
      const axes = [1, 2, 3, 3, 3][rng.integer(5)];
      const shape = Array.from({ length: axes }, () => 1 + rng.integer(12));
      const limit = 1 + rng.integer(80);
      const reducer = new FeatureReducer(shape, limit, rng);
      expect(reducer.features).toBeLessThanOrEqual(limit);
      if (numElements(shape) <= limit) expect(reducer.features).toBe(numElements(shape));
      const values = await reducer.read(reducer.pool(ones([2, ...shape])));
      expect(values).toHaveLength(2 * reducer.features);
    }
  });

  test('an image is averaged over a grid', async () => {
    const reducer = new FeatureReducer([2, 4, 1], 2, new Rng(0));
    const image = tensor([1, 2, 5, 6, 3, 4, 7, 8], [1, 2, 4, 1]);
    expect(Array.from(await reducer.read(reducer.pool(image)))).toEqual([2.5, 6.5]);
  });

  test('a projection keeps dot products in expectation', async () => {
    const rng = new Rng(7);
    const [x, y] = [1, 2].map(() => rng.normals(200, 0.3));
    const exact = x.reduce((sum, value, i) => sum + value * y[i], 0);
    const rows = tensor2d(Float32Array.from([...x, ...y]), [2, 200]);
    let mean = 0;
    for (let k = 0; k < 400; k++) {
      const values = await new FeatureReducer([200], 50, rng).read(rows.clone());
      for (let j = 0; j < 50; j++) mean += (values[j] * values[50 + j]) / 400;
    }
    // The standard error of the mean is about 1.6. Without signs it would be off by about 70.
    expect(Math.abs(mean - exact)).toBeLessThan(5);
  });
});

describe('probeNetwork', () => {
  beforeAll(() => useBackend('cpu'));
  const data = (): ProbeData => ({ train: xor(200), test: xor(80) });

  test('finds that the hidden units of a network separate what its input does not', async () => {
    const network = perceptron(1);
    const { numTensors } = memory();
    const calls: [number, number][] = [];
    const onBox = (...args: [number, number]) => void calls.push(args);
    const { boxes, examples, classes } = await probeNetwork(network, data(), { onBox });
    expect(memory().numTensors).toBe(numTensors);
    expect([examples, classes]).toEqual([{ fit: 160, validation: 40, test: 80 }, 2]);
    expect(boxes.map(({ box, features }) => [box.name, box.path, features])).toEqual([
      ['input', '', 2],
      ['Linear', '0', 16],
      ['ReLU', '1', 16],
      ['Linear', '2', 2],
    ]);
    expect(calls).toEqual([1, 2, 3, 4].map((done) => [done, 4]));
    const [input, linear, relu] = boxes.map((one) => one.linear.errorRate);
    expect(Math.min(input, linear)).toBeGreaterThan(0.2);
    expect(relu).toBeLessThan(0.02);
    expect(boxes[0].nearest.errorRate).toBe(0);
    expect(await probeNetwork(network, data(), {})).toEqual({ boxes, examples, classes });
  });

  test('chooses no setting on the test examples', async () => {
    const { train, test } = data();
    const inputs = Float32Array.from(new Rng(9).normals(160));
    const { inputShape } = test;
    const labels = Array.from({ length: 80 }, (_, n) => n % 2);
    const other = new ArrayDataset({ name: 'noise', inputs, inputShape, labels, classes: 2 });
    const settings = async (of: ProbeData) =>
      (await probeNetwork(perceptron(1), of)).boxes.map(({ linear, nearest }) => [
        [linear.setting, linear.validationErrorRate],
        [nearest.setting, nearest.validationErrorRate],
      ]);
    expect(await settings({ train, test: other })).toEqual(await settings({ train, test }));
  });

  test('a box whose output is not finite has no errors', async () => {
    const network = perceptron(1);
    network.params['2.bias'].assign(tensor([NaN, 0]));
    const { boxes } = await probeNetwork(network, data(), { examples: 50, testExamples: 20 });
    expect(boxes.map(({ linear }) => Number.isNaN(linear.errorRate))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(boxes[3].nearest.errorRate).toBeNaN();
  });

  const three = () =>
    new ArrayDataset({
      name: 'three',
      inputs: new Float32Array(20),
      inputShape: [2],
      labels: Array.from({ length: 10 }, (_, n) => n % 3),
      classes: 3,
    });
  const single = () =>
    new ArrayDataset({
      name: 'single',
      inputs: Float32Array.from({ length: 40 }, (_, i) => i % 7),
      inputShape: [2],
      labels: new Int32Array(20),
      classes: 2,
    });
  test.each<[string, ProbeOptions, Partial<ProbeData>]>([
    [
      'probeNetwork: expected at least 10 training examples for 2 classes, got 9',
      { examples: 9 },
      {},
    ],
    ['probeNetwork: expected test examples of 2 classes, got 3', {}, { test: three() }],
    [
      'probeNetwork: expected training examples of two classes or more, got 1',
      {},
      { train: single() },
    ],
    [
      'probeNetwork: expected maxFeatures to be an integer of at least 1, got 0',
      { maxFeatures: 0 },
      {},
    ],
    [
      'probeNetwork: expected testExamples to be an integer of at least 1, got 0.5',
      { testExamples: 0.5 },
      {},
    ],
  ])('%s', async (message, options, other) => {
    await expect(probeNetwork(perceptron(0), { ...data(), ...other }, options)).rejects.toThrow(
      inputError(message),
    );
  });
});
