import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { finalizeBatchNorm } from '../../train/finalizeBatchNorm.ts';
import { constant } from '../../lib/constant.ts';
import { Module, type Context } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Linear } from '../../modules/linear.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sequential, type Box } from '../../modules/container/sequential.ts';
import { Tanh } from '../../modules/tanh.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { eachBackend } from '../support/fixtures.ts';

/** The output of the first `count` boxes of a chain for each batch, in inference mode. */
function outputsOf(
  boxes: readonly Box[],
  count: number,
  batches: readonly tf.Tensor[],
): tf.Tensor[] {
  const start = new Sequential(boxes.slice(0, count));
  return batches.map((batch) => start.forward(batch, { mode: 'inference' }).output);
}

/** The mean and standard deviation of each feature over all batches, in double precision. */
function statistics(outputs: readonly tf.Tensor[]): { mean: number[]; std: number[] } {
  const features = outputs[0].shape[outputs[0].rank - 1];
  const values = outputs.flatMap((output) => [...output.dataSync()]);
  const column = (f: number) => values.filter((_, i) => i % features === f);
  const mean = (of: number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const columns = Array.from({ length: features }, (_, f) => column(f));
  return {
    mean: columns.map(mean),
    std: columns.map((own) => Math.sqrt(mean(own.map((value) => (value - mean(own)) ** 2)))),
  };
}

function expectStandard(outputs: readonly tf.Tensor[]): void {
  const { mean, std } = statistics(outputs);
  for (const value of mean) expect(Math.abs(value)).toBeLessThan(1e-5);
  for (const value of std) expect(Math.abs(value - 1)).toBeLessThan(1e-4);
}

/** Runs its child but does not pass the context on, so the child does not know the mode. */
class Forgetful extends Module<tf.Tensor, tf.Tensor> {
  readonly child: BatchNorm;
  override readonly buffers: BatchNorm['buffers'];

  constructor(child: BatchNorm) {
    super();
    this.child = child;
    this.buffers = child.buffers;
  }

  forward(input: tf.Tensor, _context?: Context) {
    return this.child.forward(input);
  }

  backpropToInput(gradOutput: tf.Tensor): tf.Tensor {
    return gradOutput.clone();
  }
}

eachBackend('finalizeBatchNorm', () => {
  /** Batches of different sizes, means and deviations. */
  const batchesOf = (...shape: number[]) => {
    const rng = new Rng(1);
    return [3, 1, 7, 2].map((size, i) => {
      const count = shape.reduce((product, length) => product * length, size);
      return constant<tf.Rank>(rng.normals(count, 2 * i, 1 + i), [size, ...shape]);
    });
  };

  test('stores the mean and the variance of all the data at once', async () => {
    const batches = batchesOf(4);
    const box = new BatchNorm(4);
    await finalizeBatchNorm(box, batches);
    const all = tf.concat(batches);
    const { mean, std } = statistics([all]);
    expectAllClose(box.buffers.runningMean, { shape: [4], values: mean });
    expectAllClose(box.buffers.runningVar, { shape: [4], values: std.map((value) => value ** 2) });
  });

  test('afterwards each BatchNorm normalizes its input to mean 0 and standard deviation 1', async () => {
    const rng = new Rng(2);
    const norms = [new BatchNorm(6), new BatchNorm(5), new BatchNorm(3)];
    const boxes = [
      new Linear(4, 6, { rng }),
      norms[0],
      new Tanh(),
      new Linear(6, 5, { rng }),
      norms[1],
      new ReLU(),
      new Linear(5, 3, { rng }),
      norms[2],
    ] as Box[];
    const batches = batchesOf(4);
    // A new scale and shift change the input of the next layer, but not whether that layer
    // standardizes it.
    for (const { features, params } of norms) {
      params.weight?.assign(constant(rng.uniforms(features, 0.5, 3), [features]));
      params.bias?.assign(constant(rng.normals(features), [features]));
    }
    await finalizeBatchNorm(new Sequential(boxes), batches);
    norms.forEach(({ features, buffers }, i) => {
      const bare = new BatchNorm(features, { affine: false });
      bare.buffers.runningMean.assign(buffers.runningMean);
      bare.buffers.runningVar.assign(buffers.runningVar);
      expectStandard(
        outputsOf(boxes, boxes.indexOf(norms[i] as Box), batches).map(
          (x) => bare.forward(x).output,
        ),
      );
    });
  });

  test('works through chains in chains, on images', async () => {
    const rng = new Rng(3);
    const options = { rng, padding: 'same' } as const;
    const inner = [new Conv2D(3, 4, 3, options), new BatchNorm(4, { affine: false })];
    const boxes = [
      new Conv2D(2, 3, 3, options),
      new BatchNorm(3, { affine: false }),
      new Sequential([new ReLU(), new Sequential(inner)]),
    ] as Box[];
    const batches = batchesOf(5, 4, 2);
    await finalizeBatchNorm(new Sequential(boxes), batches);
    expectStandard(outputsOf(boxes, 2, batches));
    expectStandard(outputsOf(boxes, 3, batches));
  });

  test('a box used twice gets the statistics of both inputs', async () => {
    const box = new BatchNorm(2, { eps: 1e-9 });
    box.buffers.runningMean.assign(tf.tensor1d([1, -3]));
    const batches = batchesOf(2);
    await finalizeBatchNorm(new Sequential([box, box]), batches);
    // The second use of the box receives the first input minus the old running mean.
    const { mean } = statistics(batches);
    const values = [mean[0] - 1 / 2, mean[1] + 3 / 2];
    expectAllClose(box.buffers.runningMean, { shape: [2], values });
  });

  test('takes a generator function that disposes each batch after its `yield`', async () => {
    const network = new Sequential([new Linear(3, 3, { rng: new Rng(4) }), new BatchNorm(3)]);
    const listed = batchesOf(3);
    function* batches() {
      for (const batch of listed) {
        const copy = tf.add(batch, 0);
        try {
          yield copy;
        } finally {
          copy.dispose();
        }
      }
    }
    await finalizeBatchNorm(network, listed);
    const expected = numbers(network.buffers['1.runningMean']);
    const before = tf.memory().numTensors;
    await finalizeBatchNorm(network, batches);
    expect(tf.memory().numTensors).toBe(before);
    expect(numbers(network.buffers['1.runningMean'])).toEqual(expected);
  });

  test('leaks no tensor, and keeps no training statistics', async () => {
    const network = new Sequential([new BatchNorm(3), new Tanh(), new BatchNorm(3)]);
    const batches = batchesOf(3);
    const before = tf.memory().numTensors;
    await finalizeBatchNorm(network, batches);
    expect(tf.memory().numTensors).toBe(before);
    const once = numbers(network.buffers['2.runningVar']);
    await finalizeBatchNorm(network, batches);
    expect(numbers(network.buffers['2.runningVar'])).toEqual(once);
  });

  test('leaks nothing if a box throws', async () => {
    const network = new Sequential([new BatchNorm(3), new BatchNorm(3)]);
    const bad = [...batchesOf(3), tf.zeros([2, 5])];
    const before = tf.memory().numTensors;
    await expect(finalizeBatchNorm(network, bad)).rejects.toThrow(
      'Sequential[0] > BatchNorm.forward: expected input of shape [N, ..., 3], got [2, 5]',
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('finalizeBatchNorm refuses', () => {
  beforeAll(() => useBackend('cpu'));
  const batch = () => tf.ones([4, 3]);

  test('a network without BatchNorm', async () => {
    await expect(finalizeBatchNorm(new Sequential([new ReLU()]), [batch()])).rejects.toThrow(
      'finalizeBatchNorm: expected a network with a BatchNorm, got Sequential',
    );
  });

  test('a BatchNorm whose container does not pass the context', async () => {
    const network = new Sequential([new BatchNorm(3), new Forgetful(new BatchNorm(3))]);
    await expect(finalizeBatchNorm(network, [batch()])).rejects.toThrow(
      'finalizeBatchNorm: expected every BatchNorm to run, got one that did not, that of 1.runningMean',
    );
  });

  test('data without a batch', async () => {
    await expect(finalizeBatchNorm(new BatchNorm(3), [])).rejects.toThrow(
      'finalizeBatchNorm: expected at least one batch, got none',
    );
  });

  test.each([
    ['an iterator', (all: Iterable<tf.Tensor>) => all],
    ['no batch the second time', (all: Iterable<tf.Tensor>) => () => all],
  ])('data that can be iterated only once: %s', async (got, given) => {
    const data = given([batch()].values());
    await expect(finalizeBatchNorm(new BatchNorm(3), data)).rejects.toThrow(
      `finalizeBatchNorm: expected a list of batches, or a function that starts anew at each call, got ${got}`,
    );
  });
});
