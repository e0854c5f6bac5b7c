import { heNormal, type Initializer } from '../../lib/init/initializers.ts';
import type { Rng } from '../../lib/rng.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Dropout } from '../../modules/dropout.ts';
import { Flatten } from '../../modules/flatten.ts';
import { GlobalAvgPool2D } from '../../modules/globalAvgPool2d.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Linear } from '../../modules/linear.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sequential, type Box } from '../../modules/container/sequential.ts';
import { checkNetworkOptions, scaler, type NetworkOptions } from '../options.ts';

/**
 * The GoogLeNet whose weights torchvision provides: 6,624,904 parameters. It differs from the
 * published network: each convolution has batch normalization instead of a bias, there is no
 * response normalization, and the 5x5 convolutions are 3x3.
 *
 * Shapes: input [N, 224, 224, 3], or images of another size; output the scores of the classes,
 *         [N, 1000].
 * Errors: those of the boxes.
 * Source: Szegedy et al. 2014, arXiv:1409.4842, table 1; torchvision's googlenet. Initial weights:
 *         He et al. 2015.
 *
 *     const network = torchvisionGooglenet({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function torchvisionGooglenet(options: NetworkOptions): Sequential {
  checkNetworkOptions('torchvisionGooglenet', options);
  return new Sequential(chain(options).boxes);
}

/**
 * `torchvisionGooglenet` with two auxiliary heads, as it was trained: 13,004,888 parameters.
 *
 * Shapes: input as for `torchvisionGooglenet`; output a list of three score tensors [N, 1000]: the
 *         network's, that of the head after inception 4a, and that of the head after inception 4d.
 * Errors: those of the boxes.
 * Source: as for `torchvisionGooglenet`.
 *
 *     const network = torchvisionGooglenetAuxiliary({ rng: new Rng(0) });
 *     const [scores, aux1, aux2] = network.infer(images);
 */
export function torchvisionGooglenetAuxiliary(
  options: NetworkOptions,
): Graph<string, readonly string[]> {
  checkNetworkOptions('torchvisionGooglenetAuxiliary', options);
  const { boxes, head } = chain(options);
  const sources = ['image', ...Object.keys(boxes)];
  return new Graph({
    inputs: 'image',
    nodes: [
      ...Object.entries<Box>(boxes).map(([name, box], i) => [name, box, sources[i]] as const),
      ['aux1', head('4a'), 'inception4a'],
      ['aux2', head('4d'), 'inception4d'],
    ],
    outputs: ['fc', 'aux1', 'aux2'],
  });
}

/**
 * The numbers of filters of the four branches. A pair is a 1x1 convolution and the larger
 * convolution that follows.
 */
const INCEPTIONS = {
  //    1x1, [1x1, 3x3], [1x1, 3x3], 1x1 after the pool
  '3a': [64, [96, 128], [16, 32], 32], //                                         [28x28x256]
  '3b': [128, [128, 192], [32, 96], 64], //                                       [28x28x480]
  '4a': [192, [96, 208], [16, 48], 64], //                                        [14x14x512]
  '4b': [160, [112, 224], [24, 64], 64], //                                       [14x14x512]
  '4c': [128, [128, 256], [24, 64], 64], //                                       [14x14x512]
  '4d': [112, [144, 288], [32, 64], 64], //                                       [14x14x528]
  '4e': [256, [160, 320], [32, 128], 128], //                                     [14x14x832]
  '5a': [256, [160, 320], [32, 128], 128], //                                     [7x7x832]
  '5b': [384, [192, 384], [48, 128], 128], //                                     [7x7x1024]
} as const;

type Name = keyof typeof INCEPTIONS;

function chain(options: NetworkOptions) {
  const { rng, classes = 1000, width, inputShape = [224, 224, 3], init = heNormal } = options;
  const n = scaler(width);
  const draw = { init, rng };
  const outputsOf = (name: Name) => {
    const [one, [, three], [, five], pool] = INCEPTIONS[name];
    return n(one) + n(three) + n(five) + n(pool);
  };
  const inception = (name: Name, before?: Name) => {
    const from = before === undefined ? n(192) : outputsOf(before);
    const [one, three, five, pool] = INCEPTIONS[name];
    const narrowed = ([few, many]: readonly [number, number]) =>
      new Sequential([filters(from, n(few), 1, draw), filters(n(few), n(many), 3, draw)]);
    return new Branch({
      branch1: filters(from, n(one), 1, draw),
      branch2: narrowed(three),
      branch3: narrowed(five),
      branch4: new Sequential([
        new MaxPool2D(3, { stride: 1, padding: 1 }),
        filters(from, n(pool), 1, draw),
      ]),
    });
  };
  const pool = (kernelSize: number) => new MaxPool2D(kernelSize, { stride: 2, ceilMode: true });
  const boxes = {
    conv1: filters(inputShape[2], n(64), 7, draw, 2), //                          [112x112x64]
    maxpool1: pool(3), //                                                         [56x56x64]
    conv2: filters(n(64), n(64), 1, draw),
    conv3: filters(n(64), n(192), 3, draw), //                                    [56x56x192]
    maxpool2: pool(3), //                                                         [28x28x192]
    inception3a: inception('3a'),
    inception3b: inception('3b', '3a'),
    maxpool3: pool(3), //                                                         [14x14x480]
    inception4a: inception('4a', '3b'),
    inception4b: inception('4b', '4a'),
    inception4c: inception('4c', '4b'),
    inception4d: inception('4d', '4c'),
    inception4e: inception('4e', '4d'),
    maxpool4: pool(2), //                                                         [7x7x832]
    inception5a: inception('5a', '4e'),
    inception5b: inception('5b', '5a'),
    avgpool: new GlobalAvgPool2D(), //                                            [1024]
    dropout: new Dropout({ p: 0.2 }),
    fc: new Linear(outputsOf('5b'), classes, draw), //                            [1000]
  };
  const head = (behind: Name) =>
    new Sequential({
      average: new AdaptiveAvgPool2D(4),
      conv: filters(outputsOf(behind), n(128), 1, draw), //                       [4x4x128]
      flatten: new Flatten(), //                                                  [2048]
      fc1: new Linear(16 * n(128), n(1024), draw), //                             [1024]
      relu: new ReLU(),
      dropout: new Dropout({ p: 0.7 }),
      fc2: new Linear(n(1024), classes, draw), //                                 [1000]
    });
  return { boxes, head };
}

/** Makes a convolution without a bias, followed by batch normalization and a ReLU. */
function filters(
  from: number,
  to: number,
  kernelSize: number,
  draw: { readonly init: Initializer; readonly rng: Rng },
  stride = 1,
): Sequential {
  const padding = (kernelSize - 1) / 2;
  return new Sequential({
    conv: new Conv2D(from, to, kernelSize, { stride, padding, bias: false, ...draw }),
    bn: new BatchNorm(to, { eps: 1e-3 }),
    relu: new ReLU(),
  });
}
