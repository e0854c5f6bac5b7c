import * as tf from '@tensorflow/tfjs-core';
import { foldBatchNorm } from '../../inspect/foldBatchNorm.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import type { AnyModule, Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { googlenet } from '../../models/googlenet.ts';
import { lenet } from '../../models/lenet.ts';
import { resnet18, resnet20, resnet50 } from '../../models/resnet.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { ConvTranspose2D } from '../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { Identity } from '../../modules/identity.ts';
import { Linear } from '../../modules/linear.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sum } from '../../modules/sum.ts';
import { BACKENDS } from '../support/fixtures.ts';

const rng = new Rng(4);

/** Gives each BatchNorm of a network statistics and parameters that differ from their first ones. */
function stir(network: AnyModule): void {
  const tensors = { ...network.buffers, ...network.params };
  for (const [name, variable] of Object.entries(tensors)) {
    if (variable.rank !== 1) continue;
    const positive = name.endsWith('runningVar');
    const draws = rng.uniforms(variable.size).map((u) => (positive ? 0.2 + 3 * u : 2 * u - 1));
    variable.assign(constant(draws, variable.shape as [number]));
  }
}

const images = (...shape: number[]) =>
  constant<tf.Rank>(
    rng.uniforms(shape.reduce((a, b) => a * b)).map((u) => 2 * u - 1),
    shape,
  );

/** The largest difference as a share of the largest value. */
function difference(network: AnyModule, other: AnyModule, x: tf.Tensor): number {
  return tf.tidy(() => {
    const [a, b] = [network, other].map((box) => (box as Module).infer(x));
    expect(b.shape).toEqual(a.shape);
    return tf.div(tf.max(tf.abs(tf.sub(a, b))), tf.max(tf.abs(a))).dataSync()[0];
  });
}

const BOXES: Readonly<Record<string, () => [Module<never, never>, number, tf.Tensor]>> = {
  Conv2D: () => [
    new Conv2D(3, 4, [3, 2], { stride: [1, 2], padding: 1, bias: false, rng }) as never,
    4,
    images(2, 7, 6, 3),
  ],
  'Conv2D with groups, dilation and a reflected border': () => [
    new Conv2D(4, 6, 3, {
      groups: 2,
      dilation: 2,
      padding: 2,
      paddingMode: 'reflect',
      rng,
    }) as never,
    6,
    images(2, 8, 9, 4),
  ],
  Conv1D: () => [new Conv1D(3, 5, 4, { stride: 2, rng }) as never, 5, images(2, 11, 3)],
  DepthwiseConv2D: () => [
    new DepthwiseConv2D(3, 3, { multiplier: 2, rng }) as never,
    6,
    images(2, 5, 6, 3),
  ],
  ConvTranspose2D: () => [
    new ConvTranspose2D(4, 6, 3, { groups: 2, stride: 2, outputPadding: 1, rng }) as never,
    6,
    images(2, 3, 4, 4),
  ],
  Linear: () => [new Linear(5, 3, { rng }) as never, 3, images(4, 5)],
};

describe('a box and its normalization', () => {
  beforeAll(() => useBackend('float64'));

  test.each(Object.keys(BOXES))('%s', (title) => {
    const [box, channels, x] = BOXES[title]();
    const network = new Sequential([box, new BatchNorm(channels, { eps: 1e-2 })]);
    stir(network);
    const { network: quick, folded, dispose } = foldBatchNorm(network);
    expect(folded).toEqual(['1']);
    expect(quick.children().map(([name]) => name)).toEqual(['box0']);
    expect(difference(network as never, quick as never, x)).toBeLessThan(1e-12);
    dispose();
  });

  test('without γ and β', () => {
    const network = new Sequential([
      new Linear(3, 2, { bias: false, rng }),
      new BatchNorm(2, { affine: false }),
    ] as never);
    stir(network);
    const { network: quick } = foldBatchNorm(network);
    expect(difference(network as never, quick as never, images(4, 3))).toBeLessThan(1e-12);
  });

  test('two normalizations after one box become one box, and leave nothing behind', () => {
    const network = new Sequential([
      new Linear(3, 2, { rng }),
      new BatchNorm(2),
      new BatchNorm(2),
    ] as never);
    stir(network);
    const x = images(4, 3);
    const before = tf.memory().numTensors;
    const { network: quick, folded, dispose } = foldBatchNorm(network);
    expect(folded).toEqual(['1', '2']);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(difference(network as never, quick as never, x)).toBeLessThan(1e-12);
    dispose();
    expect(tf.memory().numTensors).toBe(before);
    network.infer(x).dispose();
  });
});

describe('a normalization stays', () => {
  beforeAll(() => useBackend('float64'));

  const stays = (network: Module) => {
    const result = foldBatchNorm(network);
    expect(result.folded).toEqual([]);
    expect(result.network).toBe(network);
    result.dispose();
  };

  test('if another box uses its input too', () => {
    stays(
      new Graph({
        inputs: 'x',
        nodes: [
          ['linear', new Linear(3, 3, { rng }), 'x'],
          ['norm', new BatchNorm(3), 'linear'],
          ['sum', new Sum(), ['norm', 'linear']],
        ],
        outputs: 'sum',
      }),
    );
  });

  test('if its input is an output of the network', () => {
    const network = new Graph({
      inputs: 'x',
      nodes: [
        ['linear', new Linear(3, 3, { rng }), 'x'],
        ['norm', new BatchNorm(3), 'linear'],
      ],
      outputs: ['norm', 'linear'],
    });
    expect(foldBatchNorm(network).folded).toEqual([]);
  });

  test.each([
    ['at the start', () => [new BatchNorm(3)]],
    ['after a box that is not linear', () => [new ReLU(), new BatchNorm(3)]],
  ])('%s', (_, boxes) => stays(new Sequential(boxes())));
});

test('a shared box gets weights of its own at each place', async () => {
  await useBackend('float64');
  const shared = new Linear(3, 3, { rng });
  const network = new Sequential([shared, new BatchNorm(3), shared, new BatchNorm(3)] as never);
  stir(network);
  const weight = shared.params.weight.dataSync();
  const { network: quick, folded } = foldBatchNorm(network);
  expect(folded).toEqual(['1', '3']);
  expect(difference(network as never, quick as never, images(4, 3))).toBeLessThan(1e-12);
  expect(shared.params.weight.dataSync()).toEqual(weight);
});

test('a network of several inputs and outputs keeps them', async () => {
  await useBackend('float64');
  const network = new Graph({
    inputs: ['a', 'b'],
    nodes: [
      ['linear', new Linear(3, 2, { rng }), 'a'],
      ['norm', new BatchNorm(2), 'linear'],
      ['sum', new Sum(), ['norm', 'b']],
    ],
    outputs: ['sum', 'norm'],
  });
  stir(network);
  const { network: quick, folded } = foldBatchNorm(network);
  expect(folded).toEqual(['norm']);
  const inputs = [images(4, 3), images(4, 2)];
  const [expected, got] = [network, quick].map((box) =>
    box.infer(inputs).map((x) => Array.from(x.dataSync(), (v) => v.toFixed(10))),
  );
  expect(got).toEqual(expected);
});

test('refuses a network that takes a list of any length', () => {
  expect(() => foldBatchNorm(new Sum())).toThrow(
    'foldBatchNorm > Sum: expected a network of one input or of named inputs, got one that takes any list of tensors',
  );
});

const NETWORKS: Readonly<Record<string, [() => Module, number[], number]>> = {
  lenet: [() => lenet({ rng }), [2, 28, 28, 1], 0],
  resnet20: [() => resnet20({ rng, width: 0.5 }), [2, 32, 32, 3], 19],
  resnet18: [() => resnet18({ rng, width: 0.125 }), [2, 40, 48, 3], 20],
  resnet50: [() => resnet50({ rng, width: 0.125 }), [2, 40, 48, 3], 53],
  googlenet: [() => googlenet({ rng, width: 0.125 }), [2, 64, 64, 3], 0],
};

describe.each(BACKENDS)('scores: %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(Object.keys(NETWORKS))('%s gives the same scores', (name) => {
    const [make, shape, count] = NETWORKS[name];
    const network = make();
    stir(network);
    const { network: quick, folded, dispose } = foldBatchNorm(network);
    expect(folded).toHaveLength(count);
    expect(difference(network as never, quick as never, images(...shape))).toBeLessThan(1e-4);
    dispose();
    network.dispose();
  });
});

test('boxes in a branch are folded by their paths', async () => {
  await useBackend('float64');
  const norm = new Sequential({ linear: new Linear(3, 2, { rng }), bn: new BatchNorm(2) });
  const network = new Branch({ plain: new Identity(), norm });
  stir(network);
  const { network: quick, folded } = foldBatchNorm(network as unknown as Module);
  expect(folded).toEqual(['norm.bn']);
  expect(difference(network as never, quick as never, images(4, 3))).toBeLessThan(1e-12);
});
