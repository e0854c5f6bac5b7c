import { memory, tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import {
  BatchNorm,
  constant,
  Conv2D,
  Dropout,
  Euclidean,
  Flatten,
  Linear,
  ReLU,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
  type Cost,
  type Module,
} from '../../index.ts';
import { compileStep, Trainer, trainStep } from '../../train/index.ts';
import { expectAllClose } from '../support/compare.ts';
import { eachBackend } from '../support/fixtures.ts';
import { perceptron, xor } from '../support/toy.ts';

const [EXAMPLES, HEIGHT, WIDTH, CLASSES] = [7, 5, 4, 3];

function convnet(): Sequential {
  const rng = new Rng(1);
  return new Sequential([
    new Conv2D(1, 2, 3, { rng }),
    new ReLU(),
    new Flatten(),
    new Dropout({ p: 0.4 }),
    new Linear(12, CLASSES, { rng }),
  ]);
}

const input = () =>
  constant(new Rng(2).normals(EXAMPLES * HEIGHT * WIDTH), [EXAMPLES, HEIGHT, WIDTH, 1]);

const labels = () => tensor1d([0, 1, 2, 2, -1, 1, -1], 'int32');

const copy = (tensors: Record<string, Tensor>) =>
  Object.values(tensors).map((x) => ({ shape: x.shape, values: [...x.dataSync()] }));

/** Does two steps, and returns the losses and the parameters. */
async function steps(cost: Cost, target: Tensor, accumulate: number, network: Module = convnet()) {
  const optimizer = new SGD(network.params, {
    learningRate: 0.1,
    momentum: 0.9,
    weightDecay: 0.01,
  });
  const step = await compileStep(trainStep);
  const losses: number[] = [];
  const outputs: number[] = [];
  for (let i = 0; i < 2; i++) {
    const beforeUpdate = ({ output }: { output: Tensor }) => void outputs.push(...output.shape);
    const rng = new Rng(i);
    losses.push(
      await step({
        network,
        cost,
        optimizer,
        input: input(),
        target,
        accumulate,
        rng,
        beforeUpdate,
      }),
    );
  }
  step.dispose();
  return { losses, outputs, params: network.params };
}

eachBackend('a batch in parts', () => {
  const weighted = { weights: [0.5, 2, 1], ignoreIndex: -1 };
  test.each<[string, () => Cost, () => Tensor]>([
    ['a weighted mean with ignored labels', () => new SoftmaxCrossEntropy(weighted), labels],
    ['a weighted sum', () => new SoftmaxCrossEntropy({ ...weighted, reduction: 'sum' }), labels],
    [
      'values',
      () => new Euclidean(),
      () => constant(new Rng(3).normals(EXAMPLES * CLASSES), [EXAMPLES, CLASSES]),
    ],
  ])('is the step of the whole batch: %s', async (_, makeCost, target) => {
    const whole = await steps(makeCost(), target(), 1);
    expect(whole.outputs).toEqual([EXAMPLES, CLASSES, EXAMPLES, CLASSES]);
    const expected = copy(whole.params);
    // 3 parts have 2, 2 and 3 examples; 20 parts are 7 of one example, two of which do not count.
    for (const accumulate of [2, 3, 20]) {
      const parts = await steps(makeCost(), target(), accumulate);
      expect(parts.outputs).toEqual(whole.outputs);
      parts.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i], 5));
      Object.values(parts.params).forEach((param, i) => expectAllClose(param, expected[i]));
    }
  });

  test('leaks nothing, and a failing part changes nothing', async () => {
    const network = new Sequential([new Linear(2, 2, { rng: new Rng(0) }), new BatchNorm(2)]);
    const optimizer = new SGD(network.params, { learningRate: 0.1 });
    const x = constant([1, 2, 3, 5, 4, -1, 0, 1], [4, 2]);
    const bad = constant([1, 2, 3, 5, 4, -1, 0, NaN], [4, 2]);
    const target = tensor1d([0, 1, 1, 0], 'int32');
    const step = { network, cost: new SoftmaxCrossEntropy(), optimizer, target, accumulate: 2 };
    const { numTensors } = memory();
    await trainStep({ ...step, input: x });
    const before = copy({ ...network.params, ...network.buffers });
    await expect(trainStep({ ...step, input: bad })).rejects.toThrow(
      'non-finite loss: first in the input',
    );
    expect(copy({ ...network.params, ...network.buffers })).toEqual(before);
    expect(memory().numTensors).toBe(numTensors);
  });

  test('BatchNorm uses and keeps the statistics of each part', async () => {
    const network = new Sequential([new BatchNorm(1, { momentum: 0.5 })]);
    const optimizer = new SGD(network.params, { learningRate: 0 });
    const x = constant([1, 3, 10, 20], [4, 1]);
    await trainStep({
      network,
      cost: new Euclidean(),
      optimizer,
      input: x,
      target: x,
      accumulate: 2,
    });
    // The means 2 and 15 follow one another: (0 + 2)/2 = 1, and (1 + 15)/2 = 8.
    expect([...network.buffers['0.runningMean'].dataSync()]).toEqual([8]);
  });

  test('a mean over ignored labels only is refused as without parts', async () => {
    const ignored = tensor(new Int32Array(EXAMPLES).fill(-1), [EXAMPLES], 'int32');
    await expect(steps(new SoftmaxCrossEntropy(weighted), ignored, 3)).rejects.toThrow(
      'expected at least one label for the mean',
    );
  });
});

test('on float64 the parts give the step of the whole batch to the last digits', async () => {
  await useBackend('float64');
  const cost = () => new SoftmaxCrossEntropy({ weights: [0.5, 2, 1], ignoreIndex: -1 });
  const [whole, parts] = [await steps(cost(), labels(), 1), await steps(cost(), labels(), 3)];
  const expected = copy(whole.params);
  Object.values(parts.params).forEach((param, i) => {
    param.dataSync().forEach((value, k) => expect(value).toBeCloseTo(expected[i].values[k], 13));
  });
});

test('Trainer computes each batch in parts, also the short last one', async () => {
  await useBackend('float64');
  const run = async (accumulate: number) => {
    const network = perceptron(1);
    const optimizer = new SGD(network.params, { learningRate: 0.1, momentum: 0.9 });
    const cost = new SoftmaxCrossEntropy();
    const data = { train: xor(21), batchSize: 8, epochs: 2, rng: new Rng(4), accumulate };
    await new Trainer({ network, optimizer, cost, ...data }).run();
    return copy(network.params).flatMap(({ values }) => values);
  };
  const [whole, parts] = [await run(1), await run(3)];
  parts.forEach((value, i) => expect(value).toBeCloseTo(whole[i], 12));
});

test('parts that cannot be are refused', async () => {
  await useBackend('cpu');
  const network = new Sequential([new BatchNorm(2), new Linear(2, 2, { rng: new Rng(0) })]);
  const options = {
    network,
    optimizer: new SGD(network.params, { learningRate: 0.1 }),
    cost: new SoftmaxCrossEntropy(),
    train: xor(12),
    batchSize: 4,
    epochs: 1,
    rng: new Rng(0),
  };
  expect(() => new Trainer({ ...options, accumulate: 0 })).toThrow(
    'Trainer: expected accumulate to be an integer of at least 1, got 0',
  );
  expect(() => new Trainer({ ...options, accumulate: 2, syncBatchNorm: true })).toThrow(
    'Trainer: expected accumulate or syncBatchNorm, got both; with syncBatchNorm, add ranks in place of parts',
  );
  expect(() => new Trainer({ ...options, accumulate: 3 })).toThrow(
    'Trainer: expected at least 2 examples in each part of a batch, for the statistics of BatchNorm, ' +
      'got 1 (4 examples in 3 parts); choose fewer parts with accumulate (--accumulate)',
  );
  const step = { ...options, input: constant([1, 2], [1, 2]), target: tensor1d([0], 'int32') };
  const { train: _train, batchSize: _size, epochs: _epochs, ...rest } = step;
  await expect(trainStep({ ...rest, accumulate: 1.5 })).rejects.toThrow(
    'trainStep: expected accumulate to be an integer of at least 1, got 1.5',
  );
});
