import '@tensorflow/tfjs-backend-cpu';
import { fill, memory, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  BatchNorm,
  Conv2D,
  Flatten,
  Linear,
  Module,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
} from '../../index.ts';
import { evaluate, Trainer, type StepEvent, type TrainerOptions } from '../../train/index.ts';
import { ArrayDataset } from '../../data/dataset.ts';
import { ReduceOnPlateau } from '../../optim/reduceOnPlateau.ts';
import { messageOf, numbers } from '../support/compare.ts';
import { inputError } from '../support/inputError.ts';
import { perceptron, xor } from '../support/toy.ts';

function training(change: Partial<TrainerOptions> = {}): TrainerOptions {
  const network = perceptron(0);
  return {
    network,
    cost: new SoftmaxCrossEntropy(),
    optimizer: new SGD(network.params, { learningRate: 0.1, momentum: 0.9 }),
    train: xor(),
    batchSize: 12, // 12, 12 and 8 of the 32 examples
    epochs: 2,
    rng: new Rng(0),
    ...change,
  };
}

const paramsOf = ({ network }: TrainerOptions) =>
  Object.values(network.params).map((param) => [...param.dataSync()]);
const fit = (options: TrainerOptions) => new Trainer(options).run();

describe('Trainer', () => {
  beforeAll(() => useBackend('cpu'));

  it('learns a toy set without an error', async () => {
    const options = training({ epochs: 60 });
    expect(
      (await evaluate(options.network, options.train, { batchSize: 10 })).errors,
    ).toBeGreaterThan(0);
    await fit(options);
    const { errors, loss } = await evaluate(options.network, options.train, { batchSize: 10 });
    expect(errors).toBe(0);
    expect(loss).toBeLessThan(0.05);
  });

  it('reports every step and epoch, and sets the rate of each step', async () => {
    const steps: StepEvent[] = [];
    const epochs: [epoch: number, loss: number, stepsBefore: number][] = [];
    const result = await fit(
      training({
        schedule: (step) => 0.1 / (step + 1),
        onStep: (event) => steps.push(event),
        onEpoch: ({ epoch, train }) => void epochs.push([epoch, train.loss, steps.length]),
      }),
    );
    expect(result).toEqual({ epochs: 2, steps: 6, ended: 'completed' });
    expect(
      steps.map(({ step, epoch, examples, learningRate }) => [step, epoch, examples, learningRate]),
    ).toEqual(
      [12, 12, 8, 12, 12, 8].map((examples, i) => [i, i < 3 ? 1 : 2, examples, 0.1 / (i + 1)]),
    );
    const mean = (of: StepEvent[]) =>
      of.reduce((sum, { loss, examples }) => sum + (loss * examples) / 32, 0);
    expect(epochs).toEqual([
      [1, expect.closeTo(mean(steps.slice(0, 3)), 12), 3],
      [2, expect.closeTo(mean(steps.slice(3)), 12), 6],
    ]);
  });

  it('reports the same loss of an epoch for a cost that sums', async () => {
    const losses: number[] = [];
    for (const reduction of ['mean', 'sum'] as const) {
      const cost = new SoftmaxCrossEntropy({ reduction });
      await fit(
        training({
          cost,
          schedule: () => 0,
          epochs: 1,
          onEpoch: ({ train }) => void losses.push(train.loss),
        }),
      );
    }
    expect(losses[1]).toBeCloseTo(losses[0], 6);
  });

  it('gives the same weights for the same seed, bit for bit, and other weights for another seed', async () => {
    const trained = async (seed: number) => {
      const options = training({ rng: new Rng(seed) });
      await fit(options);
      return paramsOf(options);
    };
    const first = await trained(4);
    expect(await trained(4)).toEqual(first);
    expect(await trained(5)).not.toEqual(first);
  });

  it('uses a new order in each epoch, with every example once', async () => {
    const seen: number[] = [];
    const dataset = xor();
    const batch = (indices: Int32Array) => {
      seen.push(...indices);
      return dataset.batch(indices);
    };
    const { name, length, inputShape, classes } = dataset;
    await fit(training({ train: { name, length, inputShape, classes, batch } }));
    const [first, second] = [seen.slice(0, 32), seen.slice(32)];
    const all = Array.from({ length: 32 }, (_, i) => i);
    for (const epoch of [first, second]) {
      expect(epoch).not.toEqual(all);
      expect([...epoch].sort((a, b) => a - b)).toEqual(all);
    }
    expect(second).not.toEqual(first);
  });

  it('ends after the step in which it is aborted', async () => {
    const stop = new AbortController();
    let steps = 0;
    let epochs = 0;
    const result = await fit(
      training({
        signal: stop.signal,
        onStep: () => ++steps === 4 && stop.abort(),
        onEpoch: () => void epochs++,
      }),
    );
    expect([result, steps, epochs]).toEqual([{ epochs: 1, steps: 4, ended: 'aborted' }, 4, 1]);
  });

  it('runs no step if it was aborted before the start', async () => {
    const options = training({ signal: AbortSignal.abort() });
    const before = paramsOf(options);
    expect(await fit(options)).toEqual({ epochs: 0, steps: 0, ended: 'aborted' });
    expect(paramsOf(options)).toEqual(before);
  });

  it('can be stopped by a timer', async () => {
    const signal = AbortSignal.timeout(30);
    expect(await fit(training({ epochs: 1_000_000, signal }))).toMatchObject({ ended: 'aborted' });
  });

  it('awaits onEpoch', async () => {
    let waiting = false;
    const onEpoch = async () => {
      waiting = true;
      await new Promise((resolve) => setTimeout(resolve, 5));
      waiting = false;
    };
    await fit(training({ onEpoch, onStep: () => expect(waiting).toBe(false) }));
    expect(waiting).toBe(false);
  });

  it('leaks no tensor, also when a step throws', async () => {
    const options = training({ epochs: 1 });
    await fit(options); // makes the velocities
    const { numTensors } = memory();
    await fit({ ...options, rng: new Rng(1) });
    expect(memory().numTensors).toBe(numTensors);
    const wild = fit({ ...options, rng: new Rng(1), schedule: () => 1e38 });
    await expect(wild).rejects.toThrow(/^non-finite \w+ at step \d+: first in the /);
    expect(memory().numTensors).toBe(numTensors);
  });

  describe('saves no weights that are not finite, or whose scores are not', () => {
    /** A training with three steps per epoch. The third step sets the last weights to `value`. */
    const growing = (value: number, change: Partial<TrainerOptions> = {}) => {
      const options = training(change);
      const saved: number[] = [];
      let steps = 0;
      const step = () => {
        if (++steps === 3)
          tidy(() => options.network.params['2.weight'].assign(fill([2, 16], value)));
      };
      const checkpoint = () => void saved.push(steps);
      const trainer = new Trainer({ ...options, optimizer: { learningRate: 0, step }, checkpoint });
      return { trainer, saved };
    };

    test.each<[string, Partial<TrainerOptions>, number[]]>([
      ['at the end of an epoch', {}, []],
      ['at each step', { checkpointSteps: 1 }, [1, 2]],
    ])('an update that overflows, %s', async (_, change, before) => {
      const { trainer, saved } = growing(Infinity, change);
      await expect(trainer.run()).rejects.toEqual(
        inputError('non-finite parameter after step 2: first in weight of Sequential[2] > Linear'),
      );
      expect(saved).toEqual(before);
    });

    test('scores that overflow on the validation set', async () => {
      const { numTensors } = memory();
      const { trainer, saved } = growing(3e38, { validation: xor() });
      const made = memory().numTensors;
      await expect(trainer.run()).rejects.toEqual(
        inputError('non-finite loss after step 2: first in the output of Sequential[2] > Linear'),
      );
      expect(saved).toEqual([]);
      expect(memory().numTensors).toBe(made);
      expect(made).toBeGreaterThan(numTensors);
    });
  });

  it('requests the next batch while a step runs, but none after the end of the epoch', async () => {
    const told: string[] = [];
    const data = xor();
    const { name, length, inputShape, classes } = data;
    const batch = (indices: Int32Array) => {
      told.push(`batch of ${indices.length}`);
      return data.batch(indices);
    };
    await fit(
      training({
        train: { name, length, inputShape, classes, batch },
        epochs: 1,
        onStep: ({ step }) => told.push(`step ${step}`),
      }),
    );
    expect(told).toEqual([
      'batch of 12',
      'batch of 12',
      'step 0',
      'batch of 8',
      'step 1',
      'step 2',
    ]);
  });

  it('reports a bad batch in its own step, and disposes a batch that no step uses', async () => {
    const data = xor();
    const { name, length, inputShape, classes } = data;
    const steps: number[] = [];
    const failing = (at: number) => {
      let batches = 0;
      const batch = (indices: Int32Array) => {
        if (batches++ === at) throw new Error('the third is bad');
        return data.batch(indices);
      };
      return training({
        train: { name, length, inputShape, classes, batch },
        onStep: ({ step }) => steps.push(step),
      });
    };
    await fit(failing(-1));
    const options = failing(2);
    const before = memory().numTensors;
    steps.length = 0;
    await expect(fit(options)).rejects.toThrow('the third is bad');
    expect(steps).toEqual([0, 1]);
    // Only the velocities of the optimizer remain.
    expect(memory().numTensors - before).toBe(Object.keys(options.network.params).length);
    const controller = new AbortController();
    const stopped = training({ signal: controller.signal, onStep: () => controller.abort() });
    const live = memory().numTensors;
    await fit(stopped);
    expect(memory().numTensors - live).toBe(Object.keys(stopped.network.params).length);
  });

  it.each([0, 1.5, NaN])('refuses %d epochs', async (epochs) => {
    const message = `Trainer: expected epochs to be an integer of at least 1, got ${epochs}`;
    await expect(async () => fit(training({ epochs }))).rejects.toEqual(inputError(message));
  });

  it.each([
    ['rng', 1, 'rng to be a generator, such as new Rng(0), got 1'],
    ['rng', undefined, 'rng to be a generator, such as new Rng(0), got undefined'],
    ['schedule', 0.1, 'schedule to be a function of the step, got 0.1'],
    ['epochs', '3', 'epochs to be an integer of at least 1, got "3"'],
  ])('refuses %s %j', (name, value, expected) => {
    const wrong: object = { ...training(), [name]: value };
    expect(() => new Trainer(wrong as TrainerOptions)).toThrow(
      inputError(`Trainer: expected ${expected}`),
    );
  });

  it('refuses a schedule that would climb, and changes no weight', async () => {
    const options = training({ schedule: () => -0.1 });
    const before = Object.values(options.network.params).map(numbers);
    await expect(fit(options)).rejects.toThrow(
      'SGD: expected learningRate to be a number of at least 0, got -0.1',
    );
    expect(Object.values(options.network.params).map(numbers)).toEqual(before);
  });

  it('refuses a plateau without a schedule to scale', () => {
    expect(() => new Trainer(training({ plateau: new ReduceOnPlateau() }))).toThrow(
      inputError('Trainer: expected a schedule with plateau, got none'),
    );
  });

  it('refuses an unknown option, and suggests the right one', () => {
    const wrong: object = { ...training(), batchsize: 32 };
    expect(messageOf(() => new Trainer(wrong as TrainerOptions))).toBe(
      'Trainer: unknown option batchsize; did you mean batchSize?',
    );
  });
});

/** A box of a user that states that it needs seven examples in training. */
class OwnSeven extends Module {
  forward(input: Tensor) {
    return { output: input.clone(), cache: {} };
  }

  backpropToInput(gradOutput: Tensor): Tensor {
    return gradOutput.clone();
  }

  override facts() {
    return { trainingExamples: 7 };
  }
}

describe('a batch with fewer examples than a box needs in training', () => {
  beforeAll(() => useBackend('cpu'));

  const normalized = (box: Module = new BatchNorm(2)) => {
    const network = new Sequential([box, new Linear(2, 2, { rng: new Rng(0) })]);
    return {
      network,
      optimizer: new SGD(network.params, { learningRate: 0.1 }),
      train: xor(65),
      batchSize: 64,
    };
  };

  test.each<[string, Partial<TrainerOptions>]>([
    [
      'Trainer: expected batches of at least 2 examples, which Sequential[0] > BatchNorm needs in training, got a last batch of 1 (65 examples in batches of 64); choose another batchSize (--batch-size), or leave out the last batch with dropLast (--drop-last)',
      {},
    ],
    [
      'Trainer: expected batches of at least 2 examples, which Sequential[0] > BatchNorm needs in training, got batchSize 1; choose a larger batchSize (--batch-size)',
      { batchSize: 1, dropLast: true },
    ],
    [
      'Trainer: expected batches of at least 2 examples, which Sequential[0] > BatchNorm needs in training, got a training set of 1; train on more examples',
      { train: xor(1) },
    ],
    [
      'batchCount: expected a batch size of at most the 65 examples with dropLast, got 66',
      { batchSize: 66, dropLast: true },
    ],
  ])('is refused before the first step: %s', (message, change) => {
    expect(() => new Trainer(training({ ...normalized(), ...change }))).toThrow(
      inputError(message),
    );
  });

  it('is refused for a box of one’s own that states it, inside containers', () => {
    const own = new Sequential([new Sequential([new OwnSeven()])]);
    expect(own.facts([[1, 2]])).toMatchObject({ trainingExamples: 7 });
    expect(() => new Trainer(training({ ...normalized(own), batchSize: 12 }))).toThrow(
      inputError(
        'Trainer: expected batches of at least 7 examples, which Sequential[0] > Sequential[0] > Sequential[0] > OwnSeven needs in training, got a last batch of 5 (65 examples in batches of 12); choose another batchSize (--batch-size), or leave out the last batch with dropLast (--drop-last)',
      ),
    );
    expect(() => new Trainer(training({ ...normalized(own), batchSize: 29 }))).not.toThrow();
  });

  it('is left out with dropLast, from the steps, the means and the epochs', async () => {
    const steps: StepEvent[] = [];
    const losses: number[] = [];
    const options = training({
      ...normalized(),
      dropLast: true,
      epochs: 3,
      onStep: (event) => steps.push(event),
      onEpoch: ({ train }) => void losses.push(train.loss),
    });
    expect(await fit(options)).toEqual({ epochs: 3, steps: 3, ended: 'completed' });
    expect(steps.map(({ examples }) => examples)).toEqual([64, 64, 64]);
    expect(losses).toEqual(steps.map(({ loss }) => expect.closeTo(loss, 12) as number));
    expect((await evaluate(options.network, options.train, { batchSize: 64 })).examples).toBe(65);
  });

  it('leaves out other examples in each epoch', async () => {
    const seen: Set<number>[] = [];
    const dataset = xor();
    const batch = (indices: Int32Array) => {
      seen.push(new Set(indices));
      return dataset.batch(indices);
    };
    const { name, length, inputShape, classes } = dataset;
    const train = { name, length, inputShape, classes, batch };
    await fit(training({ train, batchSize: 31, dropLast: true, epochs: 2 }));
    expect(seen.map(({ size }) => size)).toEqual([31, 31]);
    expect(seen[1]).not.toEqual(seen[0]);
  });

  it('is trained on where a BatchNorm has several positions per example', async () => {
    const rng = new Rng(0);
    const network = new Sequential([
      new Conv2D(1, 2, 2, { rng }),
      new BatchNorm(2),
      new Flatten(),
      new Linear(8, 2, { rng }),
    ]);
    const train = new ArrayDataset({
      name: 'images',
      inputs: Float32Array.from({ length: 5 * 9 }, () => rng.normal()),
      inputShape: [3, 3, 1],
      labels: [0, 1, 0, 1, 0],
      classes: 2,
    });
    const optimizer = new SGD(network.params, { learningRate: 0.1 });
    const options = { network, optimizer, train, batchSize: 4, epochs: 1 };
    expect(await fit(training(options))).toMatchObject({ steps: 2 });
  });
});
