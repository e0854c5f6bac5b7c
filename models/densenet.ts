import { heNormal, type Initializer } from '../lib/init/initializers.ts';
import type { Rng } from '../lib/rng.ts';
import { AvgPool2D } from '../modules/avgPool2d.ts';
import { BatchNorm } from '../modules/batchNorm.ts';
import { Branch } from '../modules/container/branch.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { GlobalAvgPool2D } from '../modules/globalAvgPool2d.ts';
import { Identity } from '../modules/identity.ts';
import { Linear } from '../modules/linear.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { checkNetworkOptions, scaler, type NetworkOptions } from './options.ts';

/** k, the number of channels that a layer adds. */
const GROWTH = 32;

/**
 * The densely connected network of 121 layers: 7,978,856 parameters. A layer adds 32 channels to
 * those of all layers before it in its block, and a transition halves their number.
 *
 * Shapes: input [N, 224, 224, 3], or images of another size; output the scores of the classes,
 *         [N, 1000].
 * Errors: those of the boxes.
 * Source: Huang, Liu, van der Maaten, Weinberger 2017, arXiv:1608.06993, table 1 (DenseNet-BC).
 *         Initial weights: He et al. 2015, arXiv:1502.01852.
 *
 *     const network = densenet121({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function densenet121(options: NetworkOptions): Sequential {
  checkNetworkOptions('densenet121', options);
  const { rng, classes = 1000, inputShape = [224, 224, 3], init = heNormal } = options;
  const n = scaler(options.width);
  const draw = { rng, init };
  const growth = n(GROWTH);
  // The channels behind each block.
  const block = (layers: number, from: number) => denseBlock(layers, from, growth, draw);
  const first = n(64);
  const behind1 = first + 6 * growth;
  const behind2 = Math.floor(behind1 / 2) + 12 * growth;
  const behind3 = Math.floor(behind2 / 2) + 24 * growth;
  const behind4 = Math.floor(behind3 / 2) + 16 * growth;
  return new Sequential({
    conv0: conv(inputShape[2], first, 7, draw, 2), //                  [112x112x64]
    norm0: new BatchNorm(first),
    relu0: new ReLU(),
    pool0: new MaxPool2D(3, { stride: 2, padding: 1 }), //             [56x56x64]
    denseblock1: block(6, first), //                                   [56x56x256]
    transition1: transition(behind1, draw), //                         [28x28x128]
    denseblock2: block(12, Math.floor(behind1 / 2)), //                [28x28x512]
    transition2: transition(behind2, draw), //                         [14x14x256]
    denseblock3: block(24, Math.floor(behind2 / 2)), //                [14x14x1024]
    transition3: transition(behind3, draw), //                         [7x7x512]
    denseblock4: block(16, Math.floor(behind3 / 2)), //                [7x7x1024]
    norm5: new BatchNorm(behind4),
    relu5: new ReLU(),
    pool5: new GlobalAvgPool2D(), //                                   [1024]
    classifier: new Linear(behind4, classes, draw), //                 [1000]
  });
}

interface Draw {
  readonly rng: Rng;
  readonly init: Initializer;
}

/** Makes a chain of dense layers. Each appends `growth` channels to its input. */
function denseBlock(layers: number, from: number, growth: number, draw: Draw): Sequential {
  const names = Array.from({ length: layers }, (_, i) => `denselayer${i + 1}`);
  const layer = (i: number) =>
    new Branch({ input: new Identity(), added: bottleneck(from + i * growth, growth, draw) });
  return new Sequential(Object.fromEntries(names.map((name, i) => [name, layer(i)])));
}

/** Makes a 1x1 convolution to 4k channels and a 3x3 convolution to k channels. */
function bottleneck(from: number, growth: number, draw: Draw): Sequential {
  return new Sequential({
    norm1: new BatchNorm(from),
    relu1: new ReLU(),
    conv1: conv(from, 4 * growth, 1, draw),
    norm2: new BatchNorm(4 * growth),
    relu2: new ReLU(),
    conv2: conv(4 * growth, growth, 3, draw),
  });
}

/** Makes the boxes between two blocks, which halve the channels, the height and the width. */
function transition(from: number, draw: Draw): Sequential {
  return new Sequential({
    norm: new BatchNorm(from),
    relu: new ReLU(),
    conv: conv(from, Math.floor(from / 2), 1, draw),
    pool: new AvgPool2D(2),
  });
}

/** Makes a convolution without a bias, because the normalizations have one. */
function conv(from: number, to: number, kernelSize: number, draw: Draw, stride = 1): Conv2D {
  const padding = (kernelSize - 1) / 2;
  return new Conv2D(from, to, kernelSize, { stride, padding, bias: false, ...draw });
}
