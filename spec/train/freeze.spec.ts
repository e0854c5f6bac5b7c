import { jest } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import {
  Adam,
  BatchNorm,
  Branch,
  constant,
  Conv2D,
  Dropout,
  Flatten,
  GlobalAvgPool2D,
  Graph,
  Linear,
  Product,
  ReLU,
  Residual,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  type AnyModule,
  Module,
} from '../../index.ts';
import { ArrayDataset } from '../../data/dataset.ts';
import { loadCheckpoint, saveCheckpoint } from '../../train/checkpoint.ts';
import { compileStep, freeze, Trainer, trainStep } from '../../train/index.ts';
import { eachBackend } from '../support/fixtures.ts';
import { Faulty } from '../support/brokenBoxes.ts';

const CLASSES = 3;
const [HEIGHT, WIDTH, EXAMPLES] = [5, 4, 6];

const conv = (from: number, to: number, rng: Rng) => new Conv2D(from, to, 3, { padding: 1, rng });

/** Two convolutions with BatchNorm and a residual block, and a head with its own BatchNorm. */
function resnet() {
  const rng = new Rng(1);
  return new Sequential({
    conv1: conv(1, 2, rng),
    bn1: new BatchNorm(2),
    drop: new Dropout({ p: 0.5 }),
    layer1: new Sequential([
      new Residual(new Sequential([conv(2, 2, rng), new BatchNorm(2), new ReLU()])),
      new Branch([conv(2, 1, rng), conv(2, 3, rng)]),
    ]),
    pool: new GlobalAvgPool2D(),
    hidden: new Linear(4, 5, { rng }),
    bn2: new BatchNorm(5),
    fc: new Linear(5, CLASSES, { rng }),
  });
}

const BACKBONE = ['conv1', 'bn1', 'drop', 'layer1.*'];

function batch(): { input: Tensor; target: Tensor } {
  const values = new Rng(2).normals(EXAMPLES * HEIGHT * WIDTH);
  return {
    input: constant(values, [EXAMPLES, HEIGHT, WIDTH, 1]),
    target: tensor1d([0, 1, 2, 2, 1, 0], 'int32'),
  };
}

const bits = (tensors: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, [...x.dataSync()]]));

const all = ({ params, buffers }: Pick<Module, 'params' | 'buffers'>) => ({
  ...params,
  ...buffers,
});

function only(tensors: Record<string, unknown>, pattern: RegExp) {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => pattern.test(name)));
}

function boxesOf(box: AnyModule, path = ''): [string, AnyModule][] {
  const inside = box.children().flatMap(([name, child]) => boxesOf(child, `${path}.${name}`));
  return [[path.slice(1), box], ...inside];
}

/** Counts the calls of each backward method of the boxes that are not containers. */
function countBackward(network: AnyModule) {
  const calls: Record<string, Record<string, number>> = {};
  for (const [path, box] of boxesOf(network)) {
    if (box.children().length > 0) continue;
    const counts: Record<string, number> = (calls[path] = {});
    for (const method of [
      'backpropToInput',
      'backpropToParams',
      'backprop',
      'backpropParams',
    ] as const) {
      const real = box[method].bind(box) as (...args: unknown[]) => never;
      jest.spyOn(box, method).mockImplementation((...args: unknown[]) => {
        counts[method] = (counts[method] ?? 0) + 1;
        return real(...args);
      });
    }
  }
  return calls;
}

eachBackend('freeze', () => {
  const cost = new SoftmaxCrossEntropy();

  it('changes no bit of frozen boxes, and computes no gradient below the last trainable box', async () => {
    const network = resnet();
    const before = bits(all(network));
    const calls = countBackward(network);
    const tuned = freeze(network, BACKBONE);
    expect(Object.keys(tuned.params)).toEqual(
      Object.keys(network.params).filter((name) => /^(hidden|bn2|fc)\./.test(name)),
    );
    expect(Object.keys(all(tuned)).sort()).toEqual(Object.keys(all(network)).sort());
    const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 };
    const optimizer = new SGD(tuned.params, options);
    const step = await compileStep(trainStep);
    for (let i = 0; i < 3; i++)
      await step({ network: tuned, cost, optimizer, ...batch(), rng: new Rng(i) });
    step.dispose();
    const after = bits(all(network));
    const frozen = /^(conv1|bn1|layer1)\./;
    expect(only(after, frozen)).toEqual(only(before, frozen));
    for (const name of Object.keys(after).filter((name) => !frozen.test(name)))
      expect([name, after[name]]).not.toEqual([name, before[name]]);
    for (const [path, counts] of Object.entries(calls)) {
      if (frozen.test(`${path}.`) || ['drop', 'pool'].includes(path))
        expect([path, counts]).toEqual([path, {}]);
      else expect(counts).not.toEqual({});
    }
    // The first trainable box, `hidden`, does not compute the gradient of its input either.
    expect(calls.hidden).toEqual({ backpropParams: 3, backpropToParams: 3 });
  });

  it('trains the rest as if the frozen boxes were data', async () => {
    const [network, alone] = [resnet(), resnet()];
    const tuned = freeze(network, { except: ['hidden', 'bn2', 'fc'] });
    const { hidden, bn2, fc } = Object.fromEntries(alone.children()) as Record<string, Sequential>;
    const head = new Sequential({ hidden, bn2, fc });
    const backbone = new Sequential(alone.boxes.slice(0, 5));
    const { input, target } = batch();
    const features = backbone.infer(input);
    const [a, b] = [tuned, head].map((of) => new Adam(of.params, { learningRate: 0.1 }));
    for (let i = 0; i < 2; i++) {
      const loss = await trainStep({ network: tuned, cost, optimizer: a, input, target });
      const other = await trainStep({ network: head, cost, optimizer: b, input: features, target });
      expect(loss).toBe(other);
    }
    expect(bits(all(network))).toEqual(bits(all(alone)));
  });

  it('passes gradients through a frozen box to a trainable one below it', () => {
    const network = resnet();
    const [{ input }, context] = [batch(), { mode: 'training', rng: new Rng(4) } as const];
    const gradOutput = constant(new Rng(5).normals(EXAMPLES * CLASSES), [EXAMPLES, CLASSES]);
    const grads = (of: Module) => {
      const { output, cache } = of.forward(input, { ...context, rng: new Rng(4) });
      output.dispose();
      return of.backpropParams(gradOutput, cache);
    };
    const whole = grads(network);
    const calls = countBackward(network);
    // Convolutions do not depend on the mode, so all gradients are those of the whole network.
    const tuned = freeze(network, ['layer1.0.body.0', 'layer1.1.*', 'fc']);
    const { numTensors } = memory();
    const some = grads(tuned);
    expect(memory().numTensors - numTensors).toBe(Object.keys(some).length);
    expect(Object.keys(some)).toEqual(Object.keys(tuned.params));
    for (const [name, grad] of Object.entries(some))
      expect([name, ...grad.dataSync()]).toEqual([name, ...whole[name].dataSync()]);
    expect(calls.fc).toEqual({ backpropToInput: 1 });
    expect(calls['layer1.1.0']).toEqual({ backpropToInput: 1 });
    expect(calls.conv1).toEqual({ backpropParams: 1, backpropToParams: 1 });
  });

  it('follows each path of a graph only as far as a trainable box', () => {
    const rng = new Rng(6);
    const graph = () =>
      new Graph({
        inputs: 'x',
        nodes: [
          ['a', new Linear(2, 3, { rng }), 'x'],
          ['b', new Linear(2, 3, { rng }), 'x'],
          ['c', new Linear(3, 3, { rng }), 'b'],
          ['both', new Product(), ['a', 'c']],
          ['last', new Linear(3, 2, { rng }), 'both'],
        ],
        outputs: 'last',
      });
    const network = new Sequential({ first: new Linear(4, 2, { rng }), graph: graph() });
    const [input, gradOutput] = [
      constant(rng.normals(20), [5, 4]),
      constant(rng.normals(10), [5, 2]),
    ];
    const whole = network.backpropParams(gradOutput, network.forward(input).cache);
    const calls = countBackward(network);
    const tuned = freeze(network, { except: ['graph.c'] });
    const grads = tuned.backpropParams(gradOutput, tuned.forward(input).cache);
    expect(bits(grads)).toEqual(only(bits(whole), /^graph\.c\./));
    expect(calls).toMatchObject({ first: {}, 'graph.a': {}, 'graph.b': {} });
    expect([calls.first, calls['graph.a'], calls['graph.b']]).toEqual([{}, {}, {}]);
    expect(calls['graph.last']).toEqual({ backpropToInput: 1 });
  });

  it('leaks nothing, also if a step fails', async () => {
    const rng = new Rng(7);
    const network = new Sequential([
      new Linear(2, 2, { rng }),
      new BatchNorm(2),
      new Linear(2, 2, { rng }),
      new Faulty('gradInput', NaN),
      new Linear(2, 2, { rng }),
    ]);
    const [input, target] = [constant(rng.normals(6), [3, 2]), tensor1d([0, 1, 1], 'int32')];
    const step = async (paths: string[]) => {
      const tuned = freeze(network, paths);
      const optimizer = new SGD(tuned.params, { learningRate: 0.1 });
      await trainStep({ network: tuned, cost, optimizer, input, target });
    };
    const { numTensors } = memory();
    await step(['0', '1', '2']);
    await expect(step(['0', '1'])).rejects.toThrow(
      'non-finite gradient: first in the gradient of the input of Frozen[3] > Faulty',
    );
    expect(memory().numTensors).toBe(numTensors);
  });
});

describe('a training with frozen boxes', () => {
  const data = () => {
    const rng = new Rng(3);
    return new ArrayDataset({
      name: 'images',
      inputs: Float32Array.from(rng.normals(10 * HEIGHT * WIDTH)),
      inputShape: [HEIGHT, WIDTH, 1],
      labels: Array.from({ length: 10 }, (_, i) => i % CLASSES),
      classes: CLASSES,
    });
  };

  it('continues from a checkpoint with the same bytes, also under other learning rates', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boxprop-freeze-'));
    const run = async (file: string, stopAt: number, from?: string) => {
      const network = resnet();
      const tuned = freeze(network, BACKBONE);
      const groups = [{ matches: (name: string) => name.startsWith('fc.'), learningRateScale: 10 }];
      const optimizer = new SGD(tuned.params, { learningRate: 0.01, momentum: 0.9, groups });
      const stop = new AbortController();
      const trainer: Trainer = new Trainer({
        network: tuned,
        optimizer,
        cost: new SoftmaxCrossEntropy(),
        train: data(),
        batchSize: 4,
        epochs: 2,
        rng: new Rng(8),
        signal: stop.signal,
        onStep: ({ step }) => void (step === stopAt && stop.abort()),
        checkpoint: () =>
          saveCheckpoint(file, { network: tuned, optimizer, progress: trainer.progress }),
      });
      if (from !== undefined)
        trainer.restore(await loadCheckpoint(from, { network: tuned, optimizer }));
      await trainer.run();
      optimizer.dispose();
      return readFile(file);
    };
    try {
      const [half, whole, rest] = ['half', 'whole', 'rest'].map((name) => join(folder, name));
      const expected = await run(whole, -1);
      await run(half, 3);
      expect((await run(rest, -1, half)).equals(expected)).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('accepts a batch of one example if only frozen boxes need two', () => {
    const network = resnet();
    const options = (tuned: Module) => ({
      network: tuned,
      optimizer: new SGD(tuned.params, { learningRate: 0.1 }),
      cost: new SoftmaxCrossEntropy(),
      train: data(),
      batchSize: 9,
      epochs: 1,
      rng: new Rng(0),
    });
    expect(() => new Trainer(options(freeze(network, ['conv1'])))).toThrow('at least 2 examples');
    expect(() => new Trainer(options(freeze(network, { except: ['fc'] })))).not.toThrow();
  });

  it('refuses what cannot be frozen, and a backward pass to the input', () => {
    const network = resnet();
    const shared = new Linear(2, 2, { rng: new Rng(0) });
    class Twin extends Linear {
      override readonly params = shared.params;
    }
    const twins = new Sequential([shared, new Twin(2, 2, { rng: new Rng(0) })]);
    class Opaque extends Module<Tensor, Tensor> {
      override children() {
        return [['inner', shared]] as never;
      }
      forward(input: Tensor) {
        return { output: input.clone(), cache: null };
      }
      backpropToInput(): never {
        throw new Error();
      }
    }
    const refusals: [() => unknown, string][] = [
      [
        () => freeze(network, ['conv2']),
        'freeze: expected the path of a box of Sequential, got "conv2"; did you mean conv1?',
      ],
      [
        () => freeze(network, []),
        'freeze: expected a list of at least one path, such as ["conv1", "layer1.*"], got []',
      ],
      [
        () => freeze(network, 'conv1' as never),
        'freeze: expected a list of at least one path, such as ["conv1", "layer1.*"], got "conv1"',
      ],
      [
        () => freeze(network, { excep: ['fc'] } as never),
        'freeze: unknown option excep; did you mean except?',
      ],
      [() => freeze(network, ['*']), 'freeze: expected at least one trainable parameter, got none'],
      [
        () => freeze(network, { except: ['pool'] }),
        'freeze: expected at least one trainable parameter, got none',
      ],
      [
        () => freeze(twins, ['0']),
        'freeze: expected 1.weight in trainable or in frozen boxes, got it in both, because boxes share it',
      ],
      [
        () => freeze(new Sequential([new Opaque(), resnet()]), ['0.inner']),
        'freeze: expected boxes inside containers, got 0.inner inside Opaque, which is not a Container; freeze the whole box',
      ],
    ];
    for (const [act, message] of refusals) expect(act).toThrow(message);
    const tuned = freeze(network, ['conv1']);
    const { output, cache } = tuned.forward(batch().input);
    expect(() => tuned.backpropToInput(output, cache)).toThrow(
      'Frozen.backpropToInput: expected backpropParams, because no gradient is computed below the last trainable box, got a backward pass to the input; use the network without freeze',
    );
    expect(() => tuned.backprop(output, cache)).toThrow('Frozen.backprop: expected backpropParams');
  });

  it('does not mistake conv10 for conv1, and describes itself as the network', () => {
    const rng = new Rng(0);
    const network = new Sequential({
      conv1: conv(1, 1, rng),
      conv10: conv(1, 1, rng),
      flat: new Flatten(),
    });
    const tuned = freeze(network, ['conv1']);
    expect(Object.keys(tuned.params)).toEqual(['conv10.weight', 'conv10.bias']);
    expect(tuned.describe()).toBe(network.describe());
    expect(tuned.facts([[2, 5, 4, 1]])).toEqual(network.facts([[2, 5, 4, 1]]));
    const { input } = batch();
    expect([...tuned.infer(input).dataSync()]).toEqual([...network.infer(input).dataSync()]);
    tuned.dispose();
    expect(network.params['conv1.weight'].isDisposed).toBe(true);
  });
});
