import { memory } from '@tensorflow/tfjs-core';
import { Linear, Rng, Sequential, SGD, SoftmaxCrossEntropy, useBackend } from '../../index.ts';
import {
  serveTraining,
  Trainer,
  trainInWorker,
  type EpochEvent,
  type StepEvent,
  type TrainingHooks,
  type TrainInWorkerOptions,
} from '../../train/index.ts';
import { inputError } from '../support/inputError.ts';
import { perceptron, xor } from '../support/toy.ts';

/** Both ends of a worker in one thread: a channel stands between them, as in a browser. */

interface Settings {
  readonly epochs: number;
  readonly inChannels?: number;
}

const trainer = ({ epochs, inChannels = 2 }: Settings, hooks: Partial<TrainingHooks>) => {
  const network =
    inChannels === 2
      ? perceptron(5)
      : new Sequential([new Linear(inChannels, 2, { rng: new Rng(0) })]);
  return new Trainer({
    network,
    cost: new SoftmaxCrossEntropy(),
    optimizer: new SGD(network.params, { learningRate: 0.1 }),
    train: xor(),
    batchSize: 12,
    epochs,
    rng: new Rng(0),
    ...hooks,
  });
};

const channels: MessageChannel[] = [];

function worker() {
  const channel = new MessageChannel();
  channels.push(channel);
  serveTraining(trainer, channel.port2);
  channel.port2.start();
  return channel.port1;
}

const start = (options: Partial<TrainInWorkerOptions<Settings>> = {}) =>
  trainInWorker(worker(), { network: perceptron(5), settings: { epochs: 3 }, ...options });

const valuesOf = ({ params }: { params: Sequential['params'] }) =>
  Object.values(params).map((param) => [...param.dataSync()]);

describe('trainInWorker', () => {
  beforeAll(() => useBackend('cpu'));
  afterEach(() => channels.splice(0).forEach(({ port1 }) => port1.close()));

  it('trains the network of the page as a Trainer does, from the weights of the page', async () => {
    const [network, same] = [perceptron(7), trainer({ epochs: 3 }, {})];
    const { params } = same.options.network;
    for (const [name, value] of Object.entries(network.params)) params[name].assign(value);
    expect(await start({ network })).toEqual(await same.run());
    expect(valuesOf(network)).toEqual(valuesOf(same.options.network));
  });

  it('reports each step and epoch in order, and the weights of each epoch', async () => {
    const seen: (StepEvent | EpochEvent)[] = [];
    const expected: (StepEvent | EpochEvent)[] = [];
    const weights: unknown[] = [];
    const own: unknown[] = [];
    const network = perceptron(5);
    const onStep = (event: StepEvent) => seen.push(event);
    const onEpoch = (event: EpochEvent) => {
      seen.push(event);
      weights.push(valuesOf(network));
    };
    await start({ network, onStep, onEpoch });
    const local = trainer(
      { epochs: 3 },
      {
        onStep: (event) => expected.push(event),
        onEpoch: (event) => {
          expected.push(event);
          own.push(valuesOf(local.options.network));
          return Promise.resolve();
        },
      },
    );
    await local.run();
    expect(seen).toHaveLength(3 * 3 + 3);
    expect(seen).toEqual(expected);
    expect(weights).toEqual(own);
  });

  it('stops after the current step, with the weights of that step', async () => {
    const abort = new AbortController();
    const network = perceptron(5);
    const before = valuesOf(network);
    const result = await start({
      network,
      settings: { epochs: 100_000 },
      signal: abort.signal,
      onStep: ({ step }) => {
        if (step === 4) abort.abort();
      },
    });
    expect(result.ended).toBe('aborted');
    expect(result.steps).toBeGreaterThan(4);
    expect(valuesOf(network)).not.toEqual(before);
  });

  it('stops before the first step if the signal is already aborted', async () => {
    expect(await start({ signal: AbortSignal.abort() })).toMatchObject({
      ended: 'aborted',
      steps: 0,
    });
  });

  it('leaves no tensor on the page', async () => {
    const network = perceptron(5);
    const served = worker();
    const count = memory().numTensors;
    await trainInWorker(served, { network, settings: { epochs: 2 } });
    // In this spec the worker's network is in the same memory: four parameters.
    expect(memory().numTensors).toBe(count + 4);
  });

  it('reports the errors of the worker, of the page, and of networks that differ', async () => {
    await expect(start({ settings: { epochs: 0 } })).rejects.toEqual(
      inputError('Trainer: expected epochs to be an integer of at least 1, got 0'),
    );
    await expect(start({ settings: { epochs: 1, inChannels: 3 } })).rejects.toEqual(
      inputError(
        'trainInWorker: expected the page and the worker to build the same network, got ' +
          '"0.weight of 6 values" in one and "0.weight of 32 values" in the other',
      ),
    );
    const odd = new Sequential([new Linear(3, 2, { rng: new Rng(0) })]);
    await expect(
      start({ network: odd, settings: { epochs: 1, inChannels: 3 } }),
    ).rejects.toMatchObject({ name: 'BoxError', path: ['Sequential[0]', 'Linear.forward'] });
    const broken = new Error('of the page');
    const onStep = () => {
      throw broken;
    };
    await expect(start({ onStep })).rejects.toBe(broken);
    await expect(start({ oops: 1 } as never)).rejects.toThrow(
      /^trainInWorker: unknown option oops/,
    );
  });
});
