import * as tf from '@tensorflow/tfjs-core';
import { layersOf, withoutLayers } from '../../inspect/withoutLayers.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import { heNormal, zeros } from '../../lib/init/initializers.ts';
import type { AnyModule, Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { alexnet } from '../../models/alexnet.ts';
import { lenet } from '../../models/lenet.ts';
import { lenet5 } from '../../models/lenet5.ts';
import { resnet20 } from '../../models/resnet.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Conv3D } from '../../modules/conv3d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { GroupNorm } from '../../modules/groupNorm.ts';
import { InstanceNorm } from '../../modules/instanceNorm.ts';
import { LayerNorm } from '../../modules/layerNorm.ts';
import { Linear } from '../../modules/linear.ts';
import { PReLU } from '../../modules/prelu.ts';
import { ReLU } from '../../modules/relu.ts';

beforeAll(async () => {
  await useBackend('cpu');
});

const rng = new Rng(21);
const parameters = (network: AnyModule) =>
  Object.values(network.params).reduce((sum, { size }) => sum + size, 0);
const inShape = [28, 28, 1];
const without = (names: readonly string[], network: Module = lenet({ rng })) =>
  withoutLayers(network, { without: names, inputShape: inShape, rng });

test('the layers of LeNet, AlexNet and ResNet-20', () => {
  expect(layersOf(lenet({ rng }), inShape)).toEqual([
    { path: '0', box: '20 5x5 filters at stride 1, pad 0', parameters: 520 },
    { path: '2', box: '50 5x5 filters at stride 1, pad 0', parameters: 25_050 },
    { path: '5', box: '500 neurons', parameters: 400_500 },
    { path: '7', box: '10 neurons', parameters: 5_010 },
  ]);
  const small = alexnet({ rng, width: 0.05, classes: 7 });
  expect(layersOf(small, [227, 227, 3]).map(({ path }) => path)).toEqual(
    ['conv1', 'conv2', 'conv3', 'conv4', 'conv5', 'fc6', 'fc7', 'fc8'], // prettier-ignore
  );
  const residual = layersOf(resnet20({ rng, width: 0.25 }), [32, 32, 3]);
  expect(residual).toHaveLength(20);
  // A convolution of 4x4x3x3 weights and the normalization behind it.
  expect(residual[1]).toMatchObject({ path: 'stage1.0.residual.body.conv1', parameters: 152 });
});

// Counted by hand: the box behind the gap has the channels or the values before it.
test.each([
  [['0'], 50 * 25 + 50 + (12 * 12 * 50 * 500 + 500) + 5010],
  [['2'], 520 + (12 * 12 * 20 * 500 + 500) + 5010],
  [['5'], 520 + 25_050 + (800 * 10 + 10)],
  [['2', '5'], 520 + (2880 * 10 + 10)],
  [['1'], 520 + 25_050 + (10 * 10 * 50 * 500 + 500) + 5010],
])('LeNet without %j has as many parameters as counted by hand', (names, expected) => {
  const network = without(names);
  expect(parameters(network)).toBe(expected);
  const output = network.infer(tf.zeros([3, ...inShape]));
  expect(output.shape).toEqual([3, 10]);
});

test("AlexNet without layers is the network that AlexNet's own option builds", () => {
  const options = { width: 0.05, classes: 7 };
  const removed = ['conv3', 'conv4', 'fc6', 'fc7'] as const;
  const own = alexnet({ rng, ...options, without: removed });
  const made = withoutLayers<tf.Tensor, tf.Tensor>(alexnet({ rng, ...options }), {
    without: removed,
    inputShape: [227, 227, 3],
    rng,
  });
  const shapes = (network: AnyModule) =>
    Object.entries(network.params).map(([name, { shape }]) => [name, shape]);
  expect(shapes(made)).toEqual(shapes(own));
  // Dropout belongs to the layer before it, so none is left.
  expect(String(made)).not.toContain('Dropout');
});

test('boxes that fit keep their weights, and the result computes what is left', () => {
  const boxes = {
    conv1: new Conv2D(2, 4, [3, 2], { rng }),
    relu1: new ReLU(),
    conv2: new Conv2D(4, 4, 1, { rng }),
    relu2: new ReLU(),
    conv3: new Conv2D(4, 3, [1, 2], { rng }),
  };
  const x = constant(new Rng(2).normals(3 * 5 * 6 * 2), [3, 5, 6, 2]);
  const expected = new Sequential([boxes.conv1, boxes.relu1, boxes.conv3]).infer(x);
  const live = () => tf.memory().numTensors;
  const before = live();
  const left = withoutLayers(new Sequential(boxes), {
    without: ['conv2'],
    inputShape: [5, 6, 2],
    rng,
  });
  // The weights and the bias of conv2 are disposed.
  expect(live()).toBe(before - 2);
  expect(left.infer(x).dataSync()).toEqual(expected.dataSync());
  expect(Object.keys(left.params)).toEqual([
    'conv1.weight',
    'conv1.bias',
    'conv3.weight',
    'conv3.bias', // prettier-ignore
  ]);
});

test('a residual block and a layer inside one can be left out', () => {
  const network = resnet20({ rng, width: 0.25 });
  const whole = parameters(network);
  const options = { inputShape: [32, 32, 3], rng };
  const block = withoutLayers(network, { ...options, without: ['stage2.1'] });
  // Two convolutions of 8x8x3x3 weights with their normalizations, and no shortcut.
  expect(whole - parameters(block)).toBe(2 * (8 * 8 * 9 + 16));
  const layer = withoutLayers(block, { ...options, without: ['stage3_1_residual_body_conv1'] });
  expect(parameters(block) - parameters(layer)).toBe(16 * 16 * 9 + 32);
  expect(layer.infer(tf.zeros([1, 32, 32, 3])).shape).toEqual([1, 10]);
});

test('a box that is made anew keeps its options', () => {
  const draw = { rng, init: heNormal };
  const cases: readonly [AnyModule, number[], AnyModule][] = [
    [new Linear(3, 4, { bias: false, rng }), [1, 5], new Linear(5, 4, { bias: false, rng })],
    [
      new Conv1D(4, 6, 3, { groups: 2, stride: 2, padding: 1, ...draw }),
      [1, 9, 8],
      new Conv1D(8, 6, 3, { groups: 2, stride: 2, padding: 1, ...draw }),
    ],
    [
      new Conv2D(4, 6, [3, 2], { dilation: 2, padding: 'same', bias: false, ...draw }),
      [1, 9, 8, 3],
      new Conv2D(3, 6, [3, 2], { dilation: 2, padding: 'same', bias: false, ...draw }),
    ],
    [
      new Conv3D(2, 6, 2, { stride: [1, 2, 1], ...draw }),
      [1, 4, 5, 6, 3],
      new Conv3D(3, 6, 2, { stride: [1, 2, 1], ...draw }),
    ],
    [
      new DepthwiseConv2D(2, 3, { multiplier: 2, paddingMode: 'reflect', padding: 1, rng }),
      [1, 6, 7, 5],
      new DepthwiseConv2D(5, 3, { multiplier: 2, paddingMode: 'reflect', padding: 1, rng }),
    ],
    [new BatchNorm(3, { eps: 0.1, affine: false }), [2, 4], new BatchNorm(4, { eps: 0.1, affine: false })], // prettier-ignore
    [new GroupNorm(2, 4, { eps: 0.1 }), [1, 3, 6], new GroupNorm(2, 6, { eps: 0.1 })],
    [new InstanceNorm(4, { affine: true }), [1, 3, 6], new InstanceNorm(6, { affine: true })],
    [new LayerNorm([2, 4]), [1, 3, 6], new LayerNorm([3, 6])],
    [new PReLU(4, { init: 0.1 }), [1, 6], new PReLU(6, { init: 0.1 })],
  ];
  for (const [box, shape, expected] of cases) {
    const made = box.forInput(shape, rng);
    expect(String(made)).toBe(String(expected));
    expect(made?.facts([shape])).toMatchObject({
      outputShape: expected.facts([shape]).outputShape,
    });
    const shapes = (one: AnyModule | undefined) =>
      Object.entries(one?.params ?? {}).map(([name, param]) => ({ name, shape: param.shape }));
    expect(shapes(made)).toEqual(shapes(expected));
  }
});

test('the initial weights of a box that is made anew have the spread of its initializer', () => {
  const made = new Conv2D(1, 40, 5, { rng, init: heNormal }).forInput([1, 9, 9, 40], rng);
  const weights = made.params.weight.dataSync<'float32'>();
  const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
  // √(2/fanIn) of 40 · 25 inputs; 40,000 weights have an error of 0.4 %.
  expect(deviation).toBeGreaterThan(0.98 * Math.sqrt(2 / 1000));
  expect(deviation).toBeLessThan(1.02 * Math.sqrt(2 / 1000));
});

test('a branch of two boxes can be left out whole', () => {
  const both = new Branch([new Conv2D(1, 2, 1, { rng }), new Conv2D(1, 3, 1, { rng })]);
  const left = without(['both'], new Sequential({ both, conv: new Conv2D(5, 2, 1, { rng }) }));
  // The 1x1 filters now take the single channel of the input.
  expect(parameters(left)).toBe(2 + 2);
});

test('a box whose weights are not random becomes one with random weights', () => {
  const made = new Linear(2, 3, { init: zeros }).forInput([1, 4], rng);
  expect(new Set(made.params.weight.dataSync<'float32'>()).size).toBe(12);
});

describe('refused', () => {
  const branch = () =>
    new Sequential({
      both: new Branch([new Conv2D(1, 2, 1, { rng }), new Conv2D(1, 3, 1, { rng })]),
      conv: new Conv2D(5, 2, 1, { rng }),
    });
  test.each<[string, () => unknown, string]>([
    [
      'a path that names no box',
      () => without(['8']),
      'withoutLayers: expected the path of a box, got "8"',
    ],
    [
      'a similar path',
      () => without(['stage2.l'], resnet20({ rng, inputShape: [28, 28, 1], width: 0.25 })),
      'withoutLayers: expected the path of a box, got "stage2.l"',
    ],
    [
      'an empty list',
      () => without([]),
      'withoutLayers: expected without to be a list of at least one path, got []',
    ],
    [
      'all layers',
      () => without(['0', '2', '5', '7']),
      'withoutLayers: expected a layer that is left, got all layers in ["0", "2", "5", "7"]',
    ],
    [
      'the layer of the scores',
      () => without(['7']),
      'withoutLayers: expected outputs of shape [10], got [500] without ["7"]',
    ],
    [
      'a gap of two inputs',
      () => without(['both.merge'], branch()),
      'withoutLayers: expected a gap with one input, got 2 inputs of both.merge without ["both.merge"]',
    ],
    [
      'a box that cannot be made anew',
      () =>
        withoutLayers<tf.Tensor, tf.Tensor>(lenet5({ rng }), {
          without: ['C1'],
          inputShape: [32, 32, 1],
          rng,
        }),
      'withoutLayers: expected C3 to take the input before the gap of ["C1"], got TableConv2D.forward: expected input of shape [N, H, W, 6], got [1, 32, 32, 1]',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
