import { jest } from '@jest/globals';
import {
  backend as backendInUse,
  gather,
  memory,
  mul,
  tensor1d,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {
  Adagrad,
  Adam,
  AdamW,
  BatchNorm,
  constant,
  Conv2D,
  Dropout,
  Flatten,
  Linear,
  MaxPool2D,
  ReLU,
  RMSProp,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  withGradientClipping,
  type Module,
  type OptimizerWithState,
} from '../../index.ts';
import { ArrayDataset, type Dataset } from '../../data/dataset.ts';
import {
  compileStep,
  evaluate,
  stepCompiler,
  Trainer,
  trainStep,
  type TrainerOptions,
  type TrainingProgress,
} from '../../train/index.ts';
import { eachBackend } from '../support/fixtures.ts';

type Params = Sequential['params'];

const EXAMPLES = 10;
const NAMES = { name: 'images', inputShape: [6, 6, 1], classes: 3 } as const;

/** A convnet with every kind of value that a step makes on the host or changes. */
function convnet(): Sequential {
  const rng = new Rng(1);
  return new Sequential([
    new Conv2D(1, 4, 3, { padding: 1, bias: false, rng }),
    new BatchNorm(4),
    new ReLU(),
    new MaxPool2D(2),
    new Flatten(),
    new Dropout({ p: 0.3 }),
    new Linear(36, 3, { rng }),
  ]);
}

function images(): ArrayDataset {
  const rng = new Rng(2);
  return new ArrayDataset({
    ...NAMES,
    inputs: Float32Array.from(rng.normals(EXAMPLES * 36)),
    labels: Array.from({ length: EXAMPLES }, () => rng.integer(3)),
  });
}

const OPTIMIZERS: Readonly<Record<string, (params: Params) => OptimizerWithState>> = {
  SGD: (params) => new SGD(params, { learningRate: 0.02, weightDecay: 0.01 }),
  'SGD with momentum': (params) => new SGD(params, { learningRate: 0.02, momentum: 0.9 }),
  'SGD, Nesterov': (params) =>
    new SGD(params, { learningRate: 0.02, momentum: 0.9, nesterov: true }),
  Adagrad: (params) => new Adagrad(params, { learningRate: 0.01 }),
  RMSProp: (params) => new RMSProp(params, { learningRate: 0.001, momentum: 0.5, centered: true }),
  Adam: (params) => new Adam(params, { learningRate: 0.001 }),
  AdamW: (params) => new AdamW(params, { learningRate: 0.001 }),
  'clipped by norm': (params) =>
    withGradientClipping(new SGD(params, { learningRate: 0.02 }), { norm: 0.5 }),
  'clipped by value': (params) =>
    withGradientClipping(new SGD(params, { learningRate: 0.02 }), { value: 0.05 }),
};

function training(
  optimizer: (params: Params) => OptimizerWithState,
  change: Partial<TrainerOptions> = {},
): TrainerOptions & { readonly optimizer: OptimizerWithState } {
  const network = convnet();
  const made = optimizer(network.params);
  const { learningRate } = made;
  return {
    network,
    cost: new SoftmaxCrossEntropy({ weights: [1, 2, 3] }),
    train: images(),
    validation: images(),
    batchSize: 4, // 4, 4, and 2 of the 10 examples
    epochs: 4,
    rng: new Rng(0),
    schedule: (step) => learningRate / (1 + step / 4),
    ...change,
    optimizer: made,
  };
}

/** Trains, and returns the loss of every step and of every validation. */
async function losses(options: TrainerOptions): Promise<number[]> {
  const found: number[] = [];
  await new Trainer({
    ...options,
    onStep: ({ loss }) => void found.push(loss),
    onEpoch: ({ validation }) => void found.push(validation?.loss ?? NaN),
  }).run();
  return found;
}

const bytes = (network: Module) =>
  Object.values({ ...network.params, ...network.buffers }).map((variable) => [
    ...variable.dataSync(),
  ]);

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-5));
}

eachBackend('a compiled step', (backend) => {
  const isCompiled = backend === 'tensorflow';

  test.each(Object.keys(OPTIMIZERS))('has the losses of one that is not: %s', async (name) => {
    const warn = jest.spyOn(console, 'warn');
    const expected = await losses(training(OPTIMIZERS[name], { compile: false }));
    expectClose(await losses(training(OPTIMIZERS[name])), expected);
    expect(warn).not.toHaveBeenCalled();
  });

  it('ends with the same bytes if the training is stopped after any step and continued', async () => {
    const whole = training(OPTIMIZERS.Adam);
    await losses(whole);
    for (const stop of [1, 2, 3, 5]) {
      const abort = new AbortController();
      const first = training(OPTIMIZERS.Adam, { signal: abort.signal });
      const trainer: Trainer = new Trainer({
        ...first,
        onStep: ({ step }) => {
          if (step === stop - 1) abort.abort();
        },
      });
      await trainer.run();
      const progress: TrainingProgress = trainer.progress;
      expect(progress.step).toBe(stop);
      const second = training(OPTIMIZERS.Adam);
      const { params, buffers } = first.network;
      for (const [key, variable] of Object.entries({
        ...second.network.params,
        ...second.network.buffers,
      }))
        variable.assign({ ...params, ...buffers }[key]);
      second.optimizer.restore(first.optimizer.state());
      const continued = new Trainer(second);
      continued.restore(progress);
      await continued.run();
      expect(bytes(second.network)).toEqual(bytes(whole.network));
    }
  });

  it('keeps one graph per kind of part, and leaves no tensor behind', async () => {
    const compiled = await compileStep(trainStep);
    const { compiler } = compiled;
    const { network, cost, optimizer, train } = training(OPTIMIZERS['SGD with momentum']);
    const step = async (examples: number, seed: number) => {
      const { input, labels: target } = await train.batch(
        Int32Array.from({ length: examples }, (_, i) => i),
      );
      const rng = new Rng(seed);
      await compiled({ network, cost, optimizer, input, target, rng });
      input.dispose();
      target.dispose();
    };
    await step(4, 0);
    await step(4, 1);
    await step(2, 2);
    // The first update makes the velocities.
    expect(compiler.graphs).toBe(isCompiled ? 4 : 0);
    const { numTensors, numBytes } = memory();
    for (let seed = 3; seed < 20; seed++) await step(seed % 3 === 0 ? 2 : 4, seed);
    expect(compiler.graphs).toBe(isCompiled ? 4 : 0);
    expect(memory()).toMatchObject({ numTensors, numBytes });
    expect(compiler.problems).toEqual([]);
    compiled.dispose();
  });

  it('names the box of a non-finite value, and changes nothing', async () => {
    const compiler = await stepCompiler();
    const { network, cost, optimizer } = training(OPTIMIZERS['SGD with momentum']);
    const target = tensor1d([0, 1, 2, 0], 'int32');
    const step = (input: Tensor) =>
      trainStep({ network, cost, optimizer, input, target, rng: new Rng(5), compiler });
    const good = constant(new Rng(3).normals(4 * 36), [4, 6, 6, 1]);
    const values = new Rng(3).normals(4 * 36);
    values[7] = NaN;
    await step(good);
    await step(good);
    const before = bytes(network);
    const { numTensors } = memory();
    const bad = constant(values, [4, 6, 6, 1]);
    await expect(step(bad)).rejects.toThrow('non-finite loss: first in the input');
    const { '0.weight': filters } = network.params;
    filters.assign(mul(filters, constant([Infinity], [])));
    await expect(step(good)).rejects.toThrow('the output of Sequential[0] > Conv2D, whose weight');
    bad.dispose();
    expect(memory().numTensors).toBe(numTensors + 2); // ∞ and the product
    expect(bytes(network).slice(1)).toEqual(before.slice(1));
    compiler.dispose();
  });

  it('runs a step one by one if a check overflows, with the same masks and statistics', async () => {
    const values = new Rng(3).normals(4 * 36);
    values[7] = 3e19; // The square is infinite in single precision.
    const input = constant(values, [4, 6, 6, 1]);
    const target = tensor1d([0, 1, 2, 0], 'int32');
    const results: unknown[] = [];
    for (const step of [trainStep, await compileStep(trainStep)]) {
      const { network, cost, optimizer } = training(OPTIMIZERS['SGD with momentum']);
      const rng = new Rng(5);
      const loss = await step({ network, cost, optimizer, input, target, rng });
      results.push([loss, bytes(network), rng.state]);
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('finds in an evaluation what an eager one finds, a NaN included', async () => {
    const compiler = await stepCompiler();
    const { network } = training(OPTIMIZERS.SGD);
    for (const last of [0, NaN, 1e30, 0.5]) {
      const dataset: Dataset = {
        ...NAMES,
        length: EXAMPLES,
        batch: (indices) => {
          const values = new Rng(indices[0]).normals(5 * 36);
          values[40] = last;
          const labels = Array.from(indices, (i) => i % 3);
          return { input: constant(values, [5, 6, 6, 1]), labels: tensor1d(labels, 'int32') };
        },
      };
      const expected = await evaluate(network, dataset, { batchSize: 5 });
      const { loss, ...found } = await evaluate(network, dataset, { batchSize: 5, compiler });
      expect({ ...found, loss: expected.loss }).toEqual(expected);
      if (Number.isNaN(expected.loss)) expect(loss).toBeNaN();
      else expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
    }
    compiler.dispose();
  });

  it('follows a number on the host that changes from call to call', async () => {
    const compiler = await stepCompiler();
    const x = constant([1, 2], [2]);
    for (const factor of [1, 2, 3, 3, 5]) {
      const product = compiler.run(() => mul(x, constant([factor], [])));
      expect([...product.dataSync()]).toEqual([factor, 2 * factor]);
    }
    expect(compiler.graphs).toBe(isCompiled ? 1 : 0);
    compiler.dispose();
  });

  it('runs one by one what needs another graph in every step, and says so once', async () => {
    const lines: string[] = [];
    const compiler = await stepCompiler({ warn: (line) => lines.push(line) });
    const x = constant([1, 2, 3, 4], [4]);
    const known = () => compiler.run(() => mul(x, constant([2], [])));
    known().dispose();
    for (let i = 0; i < 64; i++) {
      const indices = [i % 4, (i >> 2) % 4, (i >> 4) % 4];
      const picked = compiler.run(() => gather(x, tensor1d(indices, 'int32')));
      expect([...picked.dataSync()]).toEqual(indices.map((k) => k + 1));
      picked.dispose();
    }
    expect([...known().dataSync()]).toEqual([2, 4, 6, 8]);
    expect(compiler.problems).toEqual(lines);
    expect(lines).toEqual(
      isCompiled
        ? [
            'some operations of a step run one by one, because they differ from step to step, and 32 graphs are made already: GatherV2',
          ]
        : [],
    );
    expect(compiler.graphs).toBe(isCompiled ? 32 : 0);
    compiler.dispose();
  });

  it('is the plain step on a graphics card', async () => {
    const here = backendInUse();
    Object.assign(here, { isUsingGpuDevice: true });
    const compiler = await stepCompiler();
    Object.assign(here, { isUsingGpuDevice: false });
    const x = constant([1, 2], [2]);
    expect([...compiler.run(() => mul(x, x)).dataSync()]).toEqual([1, 4]);
    expect(compiler.graphs).toBe(0);
  });

  it('reads a value within a part, and leaves the tensors of a part that throws readable', async () => {
    const compiler = await stepCompiler();
    const x = constant([1, 2], [2]);
    for (const factor of [2, 3]) {
      const parts = compiler.run(() => {
        const product = mul(x, constant([factor], []));
        const [first] = product.dataSync();
        return [product, mul(product, constant([first], []))];
      });
      expect(parts.map((part) => [...part.dataSync()])).toEqual([
        [factor, 2 * factor],
        [factor ** 2, 2 * factor ** 2],
      ]);
      const made: Tensor[] = [];
      const fail = () => {
        made.push(mul(x, constant([factor], [])));
        throw new Error('stop');
      };
      expect(() => compiler.run(fail)).toThrow('stop');
      expect([...made[0].dataSync()]).toEqual([factor, 2 * factor]);
    }
    compiler.dispose();
  });
});
