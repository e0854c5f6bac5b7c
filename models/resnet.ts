import { heNormal, type Initializer } from '../lib/init/initializers.ts';
import type { Rng } from '../lib/rng.ts';
import { AvgPool2D } from '../modules/avgPool2d.ts';
import { BatchNorm } from '../modules/batchNorm.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { GlobalAvgPool2D } from '../modules/globalAvgPool2d.ts';
import { Identity } from '../modules/identity.ts';
import { Linear } from '../modules/linear.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { PadChannels } from '../modules/historic/padChannels.ts';
import { ReLU } from '../modules/relu.ts';
import { Residual } from '../modules/container/residual.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { checkNetworkOptions, imageNetOptions, scaler, type NetworkOptions } from './options.ts';

/**
 * The residual network of 18 layers for ImageNet: 11,689,512 parameters. If a block changes the
 * shape, its shortcut is a projection (option B of the paper).
 *
 * Shapes: input [N, 224, 224, 3], or images of another size; output the scores of the classes,
 *         [N, 1000].
 * Errors: those of the boxes.
 * Source: He, Zhang, Ren, Sun 2015, arXiv:1512.03385, table 1. Initial weights: He et al. 2015,
 *         arXiv:1502.01852.
 *
 *     const network = resnet18({ rng: new Rng(0), classes: 102 });
 *     network.infer(images);   // [N, 102]
 */
export function resnet18(options: NetworkOptions): Sequential {
  checkNetworkOptions('resnet18', options);
  return imageNet(basic, [2, 2, 2, 2], options);
}

/** The residual network of 34 layers, with more blocks than `resnet18`: 21,797,672 parameters. */
export function resnet34(options: NetworkOptions): Sequential {
  checkNetworkOptions('resnet34', options);
  return imageNet(basic, [3, 4, 6, 3], options);
}

/**
 * The residual network of 50 layers: `resnet34` with bottlenecks for blocks, 25,557,032 parameters.
 * A bottleneck has its stride in the 3x3 convolution, as in the weights that are in wide use.
 */
export function resnet50(options: NetworkOptions): Sequential {
  checkNetworkOptions('resnet50', options);
  return imageNet(bottleneck, [3, 4, 6, 3], options);
}

/** The residual network of 101 layers, with more blocks than `resnet50`: 44,549,160 parameters. */
export function resnet101(options: NetworkOptions): Sequential {
  checkNetworkOptions('resnet101', options);
  return imageNet(bottleneck, [3, 4, 23, 3], options);
}

/** The residual network of 152 layers, with more blocks than `resnet101`: 60,192,808 parameters. */
export function resnet152(options: NetworkOptions): Sequential {
  checkNetworkOptions('resnet152', options);
  return imageNet(bottleneck, [3, 8, 36, 3], options);
}

/**
 * The residual network of 20 layers for CIFAR-10: 269,722 parameters. Its shortcuts have no
 * parameters (option A of the paper).
 *
 * Shapes: input [N, 32, 32, 3], or images of another size; output the scores of the classes,
 *         [N, 10].
 * Errors: those of the boxes.
 * Source: He, Zhang, Ren, Sun 2015, arXiv:1512.03385, section 4.2. Initial weights: He et al. 2015,
 *         arXiv:1502.01852.
 *
 *     const network = resnet20({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 10]
 */
export function resnet20(options: NetworkOptions): Sequential {
  checkNetworkOptions('resnet20', options);
  const { rng, classes = 10, inputShape: [, , channels] = [32, 32, 3], init = heNormal } = options;
  const n = scaler(options.width);
  const draw = { rng, init };
  return new Sequential({
    conv1: conv(channels, n(16), 3, 1, draw), //                        [32x32x16]
    bn1: new BatchNorm(n(16)),
    relu1: new ReLU(),
    stage1: stage(plain, 3, n(16), n(16), 1, draw), //                  [32x32x16]
    stage2: stage(plain, 3, n(16), n(32), 2, draw), //                  [16x16x32]
    stage3: stage(plain, 3, n(32), n(64), 2, draw), //                  [8x8x64]
    pool: new GlobalAvgPool2D(), //                                     [64]
    fc: new Linear(n(64), classes, draw), //                            [10]
  });
}

/**
 * A kind of residual block. Its output has `expansion` times as many channels as its 3x3
 * convolutions.
 */
interface Block {
  readonly expansion: number;
  readonly body: (from: number, channels: number, stride: number, draw: Draw) => Box;
  readonly shortcut: (from: number, to: number, stride: number, draw: Draw) => Box;
}

interface Draw {
  readonly rng: Rng;
  readonly init: Initializer;
}

/** The body of a basic block: two 3x3 convolutions. */
const pair = (from: number, channels: number, stride: number, draw: Draw) =>
  new Sequential({
    conv1: conv(from, channels, 3, stride, draw),
    bn1: new BatchNorm(channels),
    relu1: new ReLU(),
    conv2: conv(channels, channels, 3, 1, draw),
    bn2: new BatchNorm(channels),
  });

/**
 * The body of a bottleneck: a 1x1 convolution to few channels, a 3x3 convolution, and a 1x1
 * convolution to four times as many channels.
 */
const bottle = (from: number, channels: number, stride: number, draw: Draw) =>
  new Sequential({
    conv1: conv(from, channels, 1, 1, draw),
    bn1: new BatchNorm(channels),
    relu1: new ReLU(),
    conv2: conv(channels, channels, 3, stride, draw),
    bn2: new BatchNorm(channels),
    relu2: new ReLU(),
    conv3: conv(channels, 4 * channels, 1, 1, draw),
    bn3: new BatchNorm(4 * channels),
  });

/**
 * The shortcut of option A: it takes every second pixel if the stride is 2, and appends channels of
 * zeros.
 */
const padding = (from: number, to: number, stride: number) =>
  from === to && stride === 1
    ? new Identity()
    : new Sequential({ subsample: new AvgPool2D(1, { stride }), pad: new PadChannels(to - from) });

/** The shortcut of option B: a 1x1 convolution if the shape changes. */
const projection = (from: number, to: number, stride: number, draw: Draw) =>
  from === to && stride === 1
    ? new Identity()
    : new Sequential({ conv: conv(from, to, 1, stride, draw), bn: new BatchNorm(to) });

const plain: Block = { expansion: 1, body: pair, shortcut: padding };
const basic: Block = { expansion: 1, body: pair, shortcut: projection };
const bottleneck: Block = { expansion: 4, body: bottle, shortcut: projection };

/** Makes a chain of blocks. Only the first block has the stride. */
function stage(
  kind: Block,
  blocks: number,
  from: number,
  channels: number,
  stride: number,
  draw: Draw,
) {
  const to = channels * kind.expansion;
  const block = (i: number) => {
    const [input, step] = i === 0 ? [from, stride] : [to, 1];
    const body = kind.body(input, channels, step, draw);
    return new Sequential({
      residual: new Residual(body, kind.shortcut(input, to, step, draw)),
      relu: new ReLU(),
    });
  };
  return new Sequential(Array.from({ length: blocks }, (_, i) => block(i)));
}

function imageNet(kind: Block, blocks: readonly number[], options: NetworkOptions): Sequential {
  const { rng, classes, channels, init, n } = imageNetOptions(options);
  const e = kind.expansion;
  const draw = { rng, init };
  return new Sequential({
    conv1: conv(channels, n(64), 7, 2, draw), //                                  [112x112x64]
    bn1: new BatchNorm(n(64)),
    relu1: new ReLU(),
    pool1: new MaxPool2D(3, { stride: 2, padding: 1 }), //                        [56x56x64]
    stage1: stage(kind, blocks[0], n(64), n(64), 1, draw), //                     [56x56x64e]
    stage2: stage(kind, blocks[1], e * n(64), n(128), 2, draw), //                [28x28x128e]
    stage3: stage(kind, blocks[2], e * n(128), n(256), 2, draw), //               [14x14x256e]
    stage4: stage(kind, blocks[3], e * n(256), n(512), 2, draw), //               [7x7x512e]
    pool: new GlobalAvgPool2D(), //                                               [512e]
    fc: new Linear(e * n(512), classes, draw), //                                 [1000]
  });
}

/**
 * Makes a convolution without a bias, because the normalization that follows would remove the bias.
 */
function conv(from: number, to: number, kernelSize: number, stride: number, draw: Draw): Conv2D {
  return new Conv2D(from, to, kernelSize, {
    stride,
    padding: (kernelSize - 1) / 2,
    bias: false,
    ...draw,
  });
}
