import { spawnSync } from 'node:child_process';
import { abs, dispose, max, memory, relu, sum, tidy, Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  alexnet,
  constant,
  googlenetWithHeads,
  init,
  learnNeocognitron,
  networks,
  release,
  Rng,
  SGD,
  SoftmaxCrossEntropy,
  trainStep,
  useBackend,
  withBackend,
  type Module,
  type Sequential,
} from '../../index.ts';
import type { AnyBox } from '../../gradcheck/case.ts';
import { gradcheck } from '../../gradcheck/index.ts';
import { ROOT } from '../cli/run.ts';
import { randomBatch, SCALED, VARIANTS, type Scaled } from './scaled.ts';

/**
 * Every network of `models/`. What takes more than ten seconds is left to `npm run test:networks`, which sets
 * BOXPROP_NETWORKS.
 */
const ALL = process.env.BOXPROP_NETWORKS === 'all';
const SLOW_TO_TRAIN = ['neocognitron', 'vgg19', 'resnet50', 'resnet101', 'resnet152'];
const QUICK_TO_CHECK = [
  'lenet',
  'lenet1',
  'lenet5',
  'lenet5, common',
  'resnet20',
  'hubel-wiesel',
  'neocognitron',
];
const scaled = Object.entries(SCALED);
const CLASSES = 3;

beforeAll(() => useBackend('wasm'));

const size = ({ params }: Pick<Module, 'params'>) =>
  Object.values(params).reduce((total, param) => total + param.size, 0);

/**
 * The first of the networks of seeds 1, 2, ... in which every parameter has a gradient at an input, and that input.
 * Biases and shifts are above 0, for layers of one or two channels are dead as often as not; but those that are added to
 * a residual stream are below: under a stream that is positive everywhere its ReLUs are linear, and the batch norms that
 * follow take out what a shift puts in.
 */
function generic(
  build: (seed: number) => AnyBox,
  shape: readonly [number, number, number, number],
): { box: AnyBox; input: Tensor } {
  for (let seed = 1; seed <= 50; seed++) {
    const box = build(seed);
    const rng = new Rng(seed);
    for (const [name, param] of Object.entries(box.params)) {
      if (!name.endsWith('bias')) continue;
      const [low, high] = rangeOf(name, box);
      param.assign(constant(rng.uniforms(param.size, low, high), [param.size]));
    }
    const input = constant(rng.normals(shape.reduce((a, b) => a * b)), [...shape]);
    const alive = tidy(() => {
      const { output, cache } = box.forward(input, { mode: 'training', rng: new Rng(3) });
      const draw = ({ size, shape }: Tensor) => constant(rng.normals(size), shape);
      const gradOutput = output instanceof Tensor ? draw(output) : Object.values(output).map(draw);
      const grads = box.sweep(gradOutput, cache);
      // What cancels leaves 1e-13 or so.
      return Object.values(grads).every((grad) => max(abs(grad)).dataSync()[0] > 1e-6);
    });
    if (alive) return { box, input };
    box.dispose();
    input.dispose();
  }
  throw new Error('no network without a dead layer among fifty');
}

function rangeOf(name: string, { params }: AnyBox): readonly [number, number] {
  // The largest of nine is what the blocks of a ResNet see of its stem.
  if (name === 'bn1.bias') return [-2, -1];
  const last =
    name.endsWith('bn3.bias') || (name.endsWith('bn2.bias') && !(name.replace('bn2', 'bn3') in params));
  return last && name.includes('.residual.body.') ? [-0.6, 0] : [0.5, 1.5];
}

describe('has the published parameters:', () => {
  const blank = { rng: new Rng(0), init: init.zeros };
  const published: Record<string, readonly [number, build?: () => Pick<Module, 'params' | 'dispose'>]> = {
    lenet: [431_080],
    lenet1: [2578],
    lenet5: [60_000],
    alexnet: [62_378_344],
    'alexnet in two groups': [60_965_224, () => alexnet({ ...blank, groups: 2 })],
    vgg16: [138_357_544],
    vgg19: [143_667_240],
    googlenet: [6_998_552],
    'googlenet with both heads': [13_378_280, () => googlenetWithHeads(blank)],
    resnet18: [11_689_512],
    resnet34: [21_797_672],
    resnet50: [25_557_032],
    resnet101: [44_549_160],
    resnet152: [60_192_808],
    resnet20: [269_722],
    'hubel-wiesel': [755_174],
    // 24 planes of 5x5 connections to one plane, twice to 24, an inhibition a plane, and the readout.
    neocognitron: [25 * 24 + 24 + 2 * (25 * 24 * 24 + 24) + 250],
  };

  test.each(Object.entries(published))(
    '%s',
    async (name, [count, build = () => networks[name].build(blank)]) => {
      await useBackend('cpu');
      const network = build();
      expect(size(network)).toBe(count);
      network.dispose();
      await useBackend('wasm');
    },
  );

  test('and every network that has a name is among these', () => {
    expect(Object.keys(networks).filter((name) => !(name in published))).toEqual([]);
    expect(Object.keys(networks).filter((name) => !(name in SCALED))).toEqual([]);
  });
});

describe('with fewer channels and smaller images', () => {
  const widened = ({ build, wide: { width, inputShape } }: Scaled, seed = 0) =>
    build({ rng: new Rng(seed), width, inputShape, classes: CLASSES });

  test.each(scaled)('%s starts from its seed alone, and gives a score for each class', (_, network) => {
    const [images, labels] = randomBatch(2, network.wide.inputShape, CLASSES);
    const [a, b, c] = [0, 0, 1].map((seed) => {
      const box = widened(network, seed);
      const scores = box.infer(images, { mode: 'inference' }) as Tensor2D;
      expect(scores.shape).toEqual([2, CLASSES]);
      const values = [...Object.values(box.params).map((param) => param.dataSync()), scores.dataSync()];
      box.dispose();
      scores.dispose();
      return JSON.stringify(values.map((part) => Array.from(part)));
    });
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    dispose([images, labels]);
  });

  test.each(scaled.filter(([name]) => ALL || !SLOW_TO_TRAIN.includes(name)))(
    '%s learns 16 random images by heart, and a step leaves no tensor',
    async (name, network) => {
      const box = widened(network);
      const [signed, labels] = randomBatch(16, network.wide.inputShape, CLASSES);
      // Cells see light.
      const images = name === 'neocognitron' ? relu(signed) : signed.clone();
      if (name === 'neocognitron') await learnNeocognitron(box as Sequential, images);
      const cost = new SoftmaxCrossEntropy();
      const optimizer = new SGD(box.params, { learningRate: network.wide.learningRate, momentum: 0.9 });
      const rng = new Rng(1);
      let left: number | undefined;
      let loss = Infinity;
      for (let step = 1; step <= 500 && !(loss < 0.01); step++) {
        await trainStep(box, cost, optimizer, images, labels, { mode: 'training', rng });
        left ??= memory().numTensors;
        expect(memory().numTensors).toBe(left);
        if (step % 10 > 0) continue;
        // Without dropout, and with the statistics that batch norms have gathered.
        const scores = box.infer(images, { mode: 'inference' }) as Tensor2D;
        const found = cost.forward(scores, labels);
        [loss] = await found.loss.data();
        release([scores, found]);
      }
      expect(loss).toBeLessThan(0.01);
      box.dispose();
      optimizer.dispose();
      dispose([signed, images, labels]);
    },
    120_000,
  );

  const toProve = Object.entries({ ...SCALED, ...VARIANTS });
  test.each(toProve.filter(([name]) => ALL || QUICK_TO_CHECK.includes(name)))(
    '%s: every coordinate of its gradient is proven, end to end, while training',
    (_, { build, narrow }) =>
      withBackend('float64', async () => {
        const { width, inputShape, batch } = narrow;
        const { box, input } = generic(
          (seed) => build({ rng: new Rng(seed), width, inputShape, classes: CLASSES }),
          [batch, ...inputShape],
        );
        const context = { mode: 'training', rng: new Rng(3) } as const;
        const { results } = await gradcheck(box, { input, context });
        expect(results.filter(({ pass }) => !pass)).toEqual([]);
        const gradients = results.filter(({ quantity }) => quantity !== 'output');
        const checked = gradients.reduce((total, { checked }) => total + checked, 0);
        expect(checked).toBeGreaterThan(0.99 * (size(box) + input.size));
        box.dispose();
        input.dispose();
      }),
    4 * 3_600_000,
  );
});

test('GoogLeNet with its heads gives three lists of scores, and its gradient reaches the first convolution', () => {
  const inputShape = [96, 80, 3] as const;
  const network = googlenetWithHeads({ rng: new Rng(0), width: 1 / 16, inputShape, classes: CLASSES });
  const [images] = randomBatch(2, inputShape, CLASSES);
  const { output, cache } = network.forward(images, { mode: 'training', rng: new Rng(1) });
  const scores = output as Tensor[];
  expect(scores.map(({ shape }) => shape)).toEqual(Array.from({ length: 3 }, () => [2, CLASSES]));
  const grads = network.sweep(scores, cache);
  expect(sum(abs(grads['conv1.conv.weight'])).dataSync()[0]).toBeGreaterThan(0);
});

test('ResNet-152 runs on an image of 224x224 in less than 3 GiB', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=boxprop-source', '--import', 'tsx', 'spec/support/peakOfResnet152.ts', 'wasm'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const { shape, gigabytes } = JSON.parse(stdout) as { shape: number[]; gigabytes: number };
  expect(shape).toEqual([1, 1000]);
  expect(gigabytes).toBeLessThan(3);
}, 120_000);
