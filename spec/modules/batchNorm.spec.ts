import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { constant } from '../../lib/constant.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { BatchNorm, type BatchNormOptions } from '../../modules/batchNorm.ts';
import { Linear } from '../../modules/linear.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { expectAllClose, expectNoLeak, numbers, type Packed } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend, loadFixture, tensorOf } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

interface Settings {
  readonly mode: 'training' | 'inference';
  readonly runningMean: number[];
  readonly runningVar: number[];
}

/** A BatchNorm that always runs in the mode, and with the buffers, of a fixture. */
class InMode extends BatchNorm {
  readonly mode: Settings['mode'];

  constructor(
    features: number,
    options: BatchNormOptions,
    { mode, runningMean, runningVar }: Settings,
  ) {
    super(features, options);
    this.mode = mode;
    tf.tidy(() => {
      this.buffers.runningMean.assign(tf.tensor1d(runningMean));
      this.buffers.runningVar.assign(tf.tensor1d(runningVar));
    });
  }

  override forward(input: tf.Tensor) {
    return super.forward(input, { mode: this.mode });
  }
}

type Args = [number, BatchNormOptions, Settings];

eachBackend('by hand', () => {
  // Feature 0 has mean 2 and variance 1; feature 1 has mean 5 and variance 16.
  const x = () =>
    tf.tensor2d([
      [1, 1],
      [3, 9],
    ]);
  const exact = { eps: 1e-12 };

  test('training mode uses the statistics of the batch', () => {
    const box = new BatchNorm(2, exact);
    box.params.weight?.assign(tf.tensor1d([2, 10]));
    box.params.bias?.assign(tf.tensor1d([0.5, 7]));
    const { output, cache } = box.forward(x(), { mode: 'training' });
    expect(numbers(output)).toEqual([
      [-2 + 0.5, -10 + 7],
      [2 + 0.5, 10 + 7],
    ]);
    const g = tf.tensor2d([
      [1, -3],
      [5, 4],
    ]);
    const { weight, bias } = box.backpropToParams(g, cache) as {
      weight: tf.Tensor;
      bias: tf.Tensor;
    };
    expect(numbers(weight)).toEqual([-1 + 5, 3 + 4]);
    expect(numbers(bias)).toEqual([6, 1]);
    // Two normalized values are always ±1, so the input has no influence on the output.
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('three values in training: the gradient includes the terms of the mean and the variance', () => {
    // For x = 0, 1, 5 the mean is 2 and the variance is σ² = 14/3, so x̂ = (-2, -1, 3)/√(14/3).
    const box = new BatchNorm(1, exact);
    const { cache } = box.forward(tf.tensor2d([[0], [1], [5]]), { mode: 'training' });
    const gradInput = box.backpropToInput(tf.tensor2d([[1], [0], [0]]), cache);
    const std = Math.sqrt(14 / 3);
    const along = -2 / std / 3; // (1/m) Σ g x̂
    const expected = [-2, -1, 3].map(
      (d, i) => ((i === 0 ? 1 : 0) - 1 / 3 - (d / std) * along) / std,
    );
    expectAllClose(gradInput, { shape: [3, 1], values: expected });
  });

  test('inference mode uses the buffers, and its gradient is that of a constant scale', () => {
    const box = new BatchNorm(2, exact);
    box.buffers.runningMean.assign(tf.tensor1d([1, -1]));
    box.buffers.runningVar.assign(tf.tensor1d([4, 0.25]));
    box.params.weight?.assign(tf.tensor1d([3, 1]));
    const { output, cache } = box.forward(x());
    expect(numbers(output)).toEqual([
      [0, 4],
      [3, 20],
    ]);
    const g = tf.tensor2d([
      [1, -3],
      [5, 4],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [1.5, -6],
      [7.5, 8],
    ]);
  });

  test('updateBuffers follows the batch, with the unbiased variance', () => {
    const box = new BatchNorm(2, { momentum: 0.25 });
    box.updateBuffers(box.forward(x(), { mode: 'training' }).cache);
    expect(numbers(box.buffers.runningMean)).toEqual([0.25 * 2, 0.25 * 5]);
    expect(numbers(box.buffers.runningVar)).toEqual([0.75 + 0.25 * 2, 0.75 + 0.25 * 32]);
  });

  test('neither forward in training nor updateBuffers after inference changes the buffers', () => {
    const box = new BatchNorm(2);
    box.forward(x(), { mode: 'training' });
    box.updateBuffers(box.forward(x()).cache);
    expect(numbers(box.buffers.runningMean)).toEqual([0, 0]);
    expect(numbers(box.buffers.runningVar)).toEqual([1, 1]);
  });

  test('the backward uses the mode of the forward that made the cache', () => {
    const box = new BatchNorm(1);
    const input = tf.tensor2d([[0], [1], [5]]);
    const g = tf.tensor2d([[1], [0], [0]]);
    const trained = box.forward(input, { mode: 'training' });
    const inferred = box.forward(input, { mode: 'inference' });
    expect((numbers(box.backpropToInput(g, inferred.cache)) as number[][])[1][0]).toBe(0);
    expect((numbers(box.backpropToInput(g, trained.cache)) as number[][])[1][0]).not.toBe(0);
  });

  test('a chain updates the buffers of its boxes, and leaves no tensor behind', () => {
    const network = new Sequential([new Linear(2, 3, { rng: new Rng(1) }), new BatchNorm(3)]);
    const input = x();
    expectNoLeak(() => {
      const { output, cache } = network.forward(input, { mode: 'training' });
      network.updateBuffers(cache);
      disposeTensors([output, cache]);
    });
    expect(numbers(network.buffers['1.runningMean'])).not.toEqual([0, 0, 0]);
    expect(Object.keys(network.buffers)).toEqual(['1.runningMean', '1.runningVar']);
  });

  test('keeps its precision if the mean is 10,000 times the standard deviation', () => {
    const rng = new Rng(3);
    const [rows, features] = [3000, 4];
    const values = rng.normals(rows * features, 10_000, 1).map((v) => Math.round(v * 256) / 256);
    const { output, cache } = new BatchNorm(features).forward(constant(values, [rows, features]), {
      mode: 'training',
    });
    const { mean, variance } = tf.moments(output, 0);
    expect(Math.max(...tf.abs(mean).dataSync())).toBeLessThan(2e-3);
    expect(Math.max(...tf.abs(tf.sub(variance, 1)).dataSync())).toBeLessThan(1e-3);
    disposeTensors(cache);
  });
});

describeFixture('batchNorm', (...args: Args) => new InMode(...args));

interface WithBuffers {
  readonly name: string;
  readonly args: Args;
  readonly input: Packed;
  readonly after: Record<'runningMean' | 'runningVar', Packed>;
}

eachBackend("updates the buffers to PyTorch's", () => {
  test.each(loadFixture<WithBuffers>('batchNorm'))('$name', ({ args, input, after }) => {
    const box = new InMode(...args);
    box.updateBuffers(box.forward(tensorOf(input)).cache);
    expectAllClose(box.buffers.runningMean, after.runningMean, 'runningMean');
    expectAllClose(box.buffers.runningVar, after.runningVar, 'runningVar');
  });
});

const inputs = (): [tf.Tensor, tf.Tensor] => [
  tf.tensor2d([1, 2, 5, 3, 9, 2, 4, 4, 8, 1], [5, 2]),
  tf.tensor2d([1, 7, 2, 3, 1, 1], [3, 2]),
];
for (const mode of ['training', 'inference'] as const) {
  describe(mode, () => {
    describeContract(
      () => new InMode(2, {}, { mode, runningMean: [1, 2], runningVar: [3, 4] }),
      inputs,
    );
  });
}

const training = { mode: 'training' } as const;
const cache = () => new BatchNorm(3).forward(blank([4, 3]), training).cache;

describeFacts({
  'each element by itself, in inference': {
    box: () => new BatchNorm(3),
    input: [1, 4, 5, 3],
    output: [1, 4, 5, 3],
    multiplyAdds: 0,
    window: 'elementwise',
    noDecay: ['weight', 'bias'],
    words: 'BatchNorm of 3 channels',
  },
});

describeRefusals([
  [
    'BatchNorm: unknown option epsilon; expected one of eps, momentum, affine',
    () => new BatchNorm(3, { epsilon: 1 } as never),
  ],
  [
    'BatchNorm.forward: expected context.mode to be one of "training", "inference", got "train"',
    () => new BatchNorm(3).forward(blank([4, 3]), { mode: 'train' as 'training' }),
  ],
  [
    'BatchNorm.forward: expected input of shape [N, ..., 3], got [4, 2]',
    () => new BatchNorm(3).facts([[4, 2]]),
  ],
  [
    'BatchNorm.forward: expected input of shape [N, ..., 3], got [4, 2]',
    () => new BatchNorm(3).forward(blank([4, 2])),
  ],
  [
    'BatchNorm.forward: expected input of shape [N, ..., 3], got [3]',
    () => new BatchNorm(3).forward(blank([3])),
  ],
  [
    'BatchNorm.forward: expected input of dtype float32, got int32',
    () => new BatchNorm(3).forward(blank([4, 3], 'int32')),
  ],
  [
    'BatchNorm.forward: expected more than 1 value per feature in training, got an input of shape [1, 3]',
    () => new BatchNorm(3).forward(blank([1, 3]), training),
  ],
  [
    'BatchNorm.forward: expected more than 1 value per feature in training, got an input of shape [1, 1, 1, 3]',
    () => new BatchNorm(3).forward(blank([1, 1, 1, 3]), training),
  ],
  [
    'BatchNorm.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => new BatchNorm(3).backpropToInput(blank([4, 1]), cache()),
  ],
  [
    'BatchNorm.backpropToParams: expected gradOutput of shape [4, 3], got [3]',
    () => new BatchNorm(3).backpropToParams(blank([3]), cache()),
  ],
  [
    'BatchNorm.backprop: expected gradOutput of shape [4, 3], got [1, 3]',
    () => new BatchNorm(3).backprop(blank([1, 3]), cache()),
  ],
  ['BatchNorm: expected features to be an integer of at least 1, got 0', () => new BatchNorm(0)],
  ['BatchNorm: expected eps to be a number above 0, got 0', () => new BatchNorm(3, { eps: 0 })],
  [
    'BatchNorm: expected momentum to be a number from 0 to 1, got 1.5',
    () => new BatchNorm(3, { momentum: 1.5 }),
  ],
]);
