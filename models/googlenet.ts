import { heNormal } from '../lib/init/initializers.ts';
import { AvgPool2D } from '../modules/avgPool2d.ts';
import { Branch } from '../modules/container/branch.ts';
import { Conv2D, type Conv2DOptions } from '../modules/conv2d.ts';
import { Dropout } from '../modules/dropout.ts';
import { Flatten } from '../modules/flatten.ts';
import { GlobalAvgPool2D } from '../modules/globalAvgPool2d.ts';
import { Graph } from '../modules/container/graph.ts';
import { Linear } from '../modules/linear.ts';
import { LocalResponseNorm } from '../modules/localResponseNorm.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import type { Shape } from '../lib/facts.ts';
import { checkNetworkOptions, scaler, shapeBehind, type NetworkOptions } from './options.ts';

/**
 * GoogLeNet as published in 2014: 6,998,552 parameters. It has 5x5 branches and local response
 * normalization, and no batch normalization.
 *
 * Shapes: input [N, 224, 224, 3], or images of another size; output the scores of the classes,
 *         [N, 1000].
 * Errors: those of the boxes.
 * Source: Szegedy et al. 2014, arXiv:1409.4842, table 1; the pools round up, as in Caffe's model.
 *         Initial weights: He et al. 2015, arXiv:1502.01852.
 *
 *     const network = googlenet({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function googlenet(options: NetworkOptions): Sequential {
  checkNetworkOptions('googlenet', options);
  return new Sequential(Object.fromEntries(trunk(options)));
}

/**
 * GoogLeNet with its two auxiliary heads, which pass a gradient directly into the middle of the
 * network: 13,378,280 parameters. The paper trains it on C(scores) + 0.3 C(auxiliary1) + 0.3
 * C(auxiliary2).
 *
 * Shapes: input [N, 224, 224, 3]; output a list of three score tensors [N, 1000]: the network's,
 *         and those of the two heads.
 * Errors: those of the boxes.
 * Source: as for `googlenet`, section 5.
 *
 *     const network = googlenetWithHeads({ rng: new Rng(0) });
 *     const [scores, auxiliary1, auxiliary2] = network.infer(images);
 */
export function googlenetWithHeads(options: NetworkOptions): Graph<string, readonly string[]> {
  checkNetworkOptions('googlenetWithHeads', options);
  const boxes = trunk(options);
  const { inputShape = [224, 224, 3] } = options;
  const headBehind = (name: string) => {
    const end = boxes.findIndex(([other]) => other === name) + 1;
    const before = boxes.slice(0, end).map(([, box]) => box);
    return head(shapeBehind(before, inputShape), options);
  };
  return new Graph({
    inputs: 'image',
    nodes: [
      ...boxes.map(([name, box], i) => [name, box, i === 0 ? 'image' : boxes[i - 1][0]] as const),
      ['auxiliary1', headBehind('inception4a'), 'inception4a'],
      ['auxiliary2', headBehind('inception4d'), 'inception4d'],
    ],
    outputs: ['fc', 'auxiliary1', 'auxiliary2'],
  });
}

const INCEPTIONS = {
  //    1x1, 1x1 and 3x3, 1x1 and 5x5, 1x1 after the pool
  '3a': [64, 96, 128, 16, 32, 32],
  '3b': [128, 128, 192, 32, 96, 64],
  '4a': [192, 96, 208, 16, 48, 64],
  '4b': [160, 112, 224, 24, 64, 64],
  '4c': [128, 128, 256, 24, 64, 64],
  '4d': [112, 144, 288, 32, 64, 64],
  '4e': [256, 160, 320, 32, 128, 128],
  '5a': [256, 160, 320, 32, 128, 128],
  '5b': [384, 192, 384, 48, 128, 128],
};

type Inception = keyof typeof INCEPTIONS;

function trunk(options: NetworkOptions): [name: string, box: Box][] {
  const { rng, classes = 1000, width, inputShape = [224, 224, 3], init = heNormal } = options;
  const n = scaler(width);
  const pool = () => new MaxPool2D(3, { stride: 2, ceilMode: true });
  const mix = (name: Inception, before: Inception | number): [string, Box] => {
    const from = typeof before === 'number' ? n(before) : channelsOf(before, options);
    return [`inception${name}`, inception(from, INCEPTIONS[name].map(n), options)];
  };
  return [
    ['conv1', conv(inputShape[2], n(64), 7, options, { stride: 2, padding: 3 })], // [112x112x64]
    ['pool1', pool()], //                                                            [56x56x64]
    ['norm1', new LocalResponseNorm(5)], //                                          [56x56x64]
    ['reduce2', conv(n(64), n(64), 1, options)], //                                  [56x56x64]
    ['conv2', conv(n(64), n(192), 3, options, { padding: 1 })], //                   [56x56x192]
    ['norm2', new LocalResponseNorm(5)], //                                          [56x56x192]
    ['pool2', pool()], //                                                            [28x28x192]
    mix('3a', 192), //                                                               [28x28x256]
    mix('3b', '3a'), //                                                              [28x28x480]
    ['pool3', pool()], //                                                            [14x14x480]
    mix('4a', '3b'), //                                                              [14x14x512]
    mix('4b', '4a'), //                                                              [14x14x512]
    mix('4c', '4b'), //                                                              [14x14x512]
    mix('4d', '4c'), //                                                              [14x14x528]
    mix('4e', '4d'), //                                                              [14x14x832]
    ['pool4', pool()], //                                                            [7x7x832]
    mix('5a', '4e'), //                                                              [7x7x832]
    mix('5b', '5a'), //                                                              [7x7x1024]
    ['pool5', new GlobalAvgPool2D()], //                                             [1024]
    ['dropout', new Dropout({ p: 0.4 })], //                                         [1024]
    ['fc', new Linear(channelsOf('5b', options), classes, { rng, init })], //        [1000]
  ];
}

/**
 * Makes four branches: a 1x1 convolution; a 3x3 one after a 1x1; a 5x5 one after a 1x1; and a 1x1
 * one after a max pool.
 */
function inception(from: number, channels: readonly number[], options: NetworkOptions): Branch {
  const [one, reduce3, three, reduce5, five, project] = channels;
  return new Branch({
    way1: conv(from, one, 1, options),
    way3: new Sequential({
      reduce: conv(from, reduce3, 1, options),
      conv: conv(reduce3, three, 3, options, { padding: 1 }),
    }),
    way5: new Sequential({
      reduce: conv(from, reduce5, 1, options),
      conv: conv(reduce5, five, 5, options, { padding: 2 }),
    }),
    pooled: new Sequential({
      pool: new MaxPool2D(3, { stride: 1, padding: 1 }),
      project: conv(from, project, 1, options),
    }),
  });
}

/** Makes an auxiliary head, which computes scores from an inception's output of this shape. */
function head(shape: Shape, options: NetworkOptions): Sequential {
  const { rng, classes = 1000, width, init = heNormal } = options;
  const n = scaler(width);
  const features = {
    pool: new AvgPool2D(5, { stride: 3 }), //                                        [4x4x512]
    conv: conv(shape[2], n(128), 1, options), //                                     [4x4x128]
    flatten: new Flatten(), //                                                       [2048]
  };
  const [units] = shapeBehind(Object.values(features), shape);
  return new Sequential({
    ...features,
    fc1: new Linear(units, n(1024), { rng, init }), //                               [1024]
    relu: new ReLU(), //                                                             [1024]
    dropout: new Dropout({ p: 0.7 }), //                                             [1024]
    fc2: new Linear(n(1024), classes, { rng, init }), //                             [1000]
  });
}

/** Makes a convolution followed by a ReLU. */
function conv(
  from: number,
  to: number,
  kernelSize: number,
  options: NetworkOptions,
  more: Conv2DOptions = {},
) {
  const { rng, init = heNormal } = options;
  return new Sequential({
    conv: new Conv2D(from, to, kernelSize, { ...more, rng, init }),
    relu: new ReLU(),
  });
}

/** Returns the number of output channels of an inception. */
function channelsOf(name: Inception, { width }: NetworkOptions): number {
  const [one, , three, , five, project] = INCEPTIONS[name].map(scaler(width));
  return one + three + five + project;
}
