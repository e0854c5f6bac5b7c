import { abs, dispose, memory, relu, sum, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  init,
  disposeTensors,
  Rng,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
  type Module,
} from '../../index.ts';
import { trainStep } from '../../train/index.ts';
import {
  alexnet,
  googlenetWithHeads,
  learnNeocognitron,
  networks,
  type Neocognitron,
} from '../../models/index.ts';
import { ROOT } from '../support/runCommand.ts';
import { CLASSES } from '../support/proveGradient.ts';
import { randomBatch, SCALED, type Scaled } from '../support/scaledNetworks.ts';
import { runProgram } from '../support/runProgram.ts';

/**
 * Tests every network of `models/`. Tests of more than ten seconds run only in
 * `npm run test:networks`, which sets BOXPROP_NETWORKS.
 */
const ALL = process.env.BOXPROP_NETWORKS === 'all';
const SLOW_TO_TRAIN = [
  'neocognitron',
  'vgg16',
  'vgg19',
  'resnet34',
  'resnet50',
  'resnet101',
  'resnet152',
  'efficientnet-lite0',
];
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

beforeAll(() => useBackend('wasm'));

const size = ({ params }: Pick<Module, 'params'>) =>
  Object.values(params).reduce((total, param) => total + param.size, 0);

function inNode(...args: string[]) {
  const node = ['--conditions=boxprop-source', '--import', 'tsx'];
  return runProgram(process.execPath, [...node, ...args], { cwd: ROOT });
}

describe('has the published parameters:', () => {
  const blank = { rng: new Rng(0), init: init.zeros };
  const published: Record<
    string,
    readonly [number, build?: () => Pick<Module, 'params' | 'dispose'>]
  > = {
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
    'squeezenet-1.0': [1_248_424],
    'squeezenet-1.1': [1_235_496],
    densenet121: [7_978_856],
    'mobilenet-v2': [3_504_872],
    'efficientnet-lite0': [4_652_008],
    'hubel-wiesel': [755_174],
    // 24 planes of 5x5 weights from one plane, twice 24 planes from 24, one inhibition per plane,
    // and the readout.
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

  test('every named network is listed here', () => {
    expect(Object.keys(networks).filter((name) => !(name in published))).toEqual([]);
    expect(Object.keys(networks).filter((name) => !(name in SCALED))).toEqual([]);
  });
});

describe('with fewer channels and smaller images', () => {
  const widened = ({ build, wide: { width, inputShape } }: Scaled, seed = 0) =>
    build({ rng: new Rng(seed), width, inputShape, classes: CLASSES });

  test.each(scaled)(
    '%s depends only on its seed, and gives a score for each class',
    (_, network) => {
      const [images, labels] = randomBatch(2, network.wide.inputShape, CLASSES);
      const [a, b, c] = [0, 0, 1].map((seed) => {
        const box = widened(network, seed);
        const scores = box.infer(images, { mode: 'inference' }) as Tensor2D;
        expect(scores.shape).toEqual([2, CLASSES]);
        const values = [
          ...Object.values(box.params).map((param) => param.dataSync()),
          scores.dataSync(),
        ];
        box.dispose();
        scores.dispose();
        return JSON.stringify(values.map((part) => Array.from(part)));
      });
      expect(a).toBe(b);
      expect(a).not.toBe(c);
      dispose([images, labels]);
    },
  );

  test.each(scaled.filter(([name]) => ALL || !SLOW_TO_TRAIN.includes(name)))(
    '%s learns 16 random images by heart, and a step leaks no tensor',
    async (name, network) => {
      const box = widened(network);
      const [signed, labels] = randomBatch(16, network.wide.inputShape, CLASSES);
      // The cells of a neocognitron take intensities, which are not negative.
      const images = name === 'neocognitron' ? relu(signed) : signed.clone();
      if (name === 'neocognitron') await learnNeocognitron(box as Neocognitron, images);
      const cost = new SoftmaxCrossEntropy();
      const optimizer = new SGD(box.params, {
        learningRate: network.wide.learningRate,
        momentum: 0.9,
      });
      const rng = new Rng(1);
      let left: number | undefined;
      let loss = Infinity;
      // The running statistics of EfficientNet-Lite0 need more than 500 steps.
      for (let step = 1; step <= 700 && !(loss < 0.01); step++) {
        const batch = { input: images, target: labels };
        await trainStep({ network: box, cost, optimizer, ...batch, rng });
        left ??= memory().numTensors;
        expect(memory().numTensors).toBe(left);
        if (step % 10 > 0) continue;
        // In inference mode dropout is off, and batch norms use their running statistics.
        const scores = box.infer(images, { mode: 'inference' }) as Tensor2D;
        const found = cost.forward(scores, labels);
        [loss] = await found.loss.data();
        disposeTensors([scores, found]);
      }
      expect(loss).toBeLessThan(0.01);
      box.dispose();
      optimizer.dispose();
      dispose([signed, images, labels]);
    },
    120_000,
  );
});

// `npm run test:networks` checks the other networks. The check runs in plain Node, because it takes
// twice as long inside Jest.
test('every coordinate of the gradients of the smaller networks is right in training mode', () => {
  const { stdout } = inNode('spec/commands/networks.mjs', ...QUICK_TO_CHECK);
  expect(stdout.trimEnd().split('\n')).toEqual([
    ...QUICK_TO_CHECK.map(
      (name) => expect.stringMatching(`^pass ${name}: (\\d+) of \\1 coordinates`) as string,
    ),
    `${QUICK_TO_CHECK.length} passed, 0 failed`,
  ]);
}, 120_000);

test('GoogLeNet with its heads gives three lists of scores, and its gradient reaches the first convolution', () => {
  const inputShape = [96, 80, 3] as const;
  const network = googlenetWithHeads({
    rng: new Rng(0),
    width: 1 / 16,
    inputShape,
    classes: CLASSES,
  });
  const [images] = randomBatch(2, inputShape, CLASSES);
  const { output, cache } = network.forward(images, { mode: 'training', rng: new Rng(1) });
  const scores = output as Tensor[];
  expect(scores.map(({ shape }) => shape)).toEqual(Array.from({ length: 3 }, () => [2, CLASSES]));
  const grads = network.backpropParams(scores, cache);
  expect(sum(abs(grads['conv1.conv.weight'])).dataSync()[0]).toBeGreaterThan(0);
});

test('ResNet-152 runs on an image of 224x224 in less than 3 GiB', () => {
  const { stdout, stderr } = inNode('spec/support/peakOfResnet152.ts', 'wasm');
  expect(stderr).toBe('');
  const { shape, gigabytes } = JSON.parse(stdout) as { shape: number[]; gigabytes: number };
  expect(shape).toEqual([1, 1000]);
  expect(gigabytes).toBeLessThan(3);
}, 120_000);
