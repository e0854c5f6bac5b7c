import { heNormal } from '../lib/init/initializers.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Dropout } from '../modules/dropout.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { scaler, type NetworkOptions } from './options.ts';

/**
 * The networks of the Visual Geometry Group: 3x3 convolutions alone, in five blocks that a pooling ends.
 *
 *   blocks        1 (64)   2 (128)   3 (256)   4 (512)   5 (512)   parameters
 *   VGG-16        2        2         3         3         3         138,357,544
 *   VGG-19        2        2         4         4         4         143,667,240
 *
 * Shapes: input [N, 224, 224, 3]; output the scores of the classes, [N, 1000], for `SoftmaxCrossEntropy`.
 * Errors: those of the boxes.
 * Source: Simonyan, Zisserman 2014, arXiv:1409.1556, table 1, configurations D and E. Initial weights: He et al. 2015.
 */
export const vgg16 = (options: NetworkOptions) => vgg([2, 2, 3, 3, 3], options);
export const vgg19 = (options: NetworkOptions) => vgg([2, 2, 4, 4, 4], options);

const CHANNELS = [64, 128, 256, 512, 512];

function vgg(convolutions: readonly number[], options: NetworkOptions): Sequential {
  const { rng, classes = 1000, width, inputShape = [224, 224, 3], init = heNormal } = options;
  const n = scaler(width);
  const draw = { rng, init };
  const boxes: Record<string, Box> = {};
  let channels = inputShape[2];
  convolutions.forEach((count, block) => {
    for (let i = 1; i <= count; i++) {
      const name = `${block + 1}_${i}`;
      boxes[`conv${name}`] = new Conv2D(channels, n(CHANNELS[block]), 3, { padding: 1, ...draw });
      boxes[`relu${name}`] = new ReLU();
      channels = n(CHANNELS[block]);
    }
    boxes[`pool${block + 1}`] = new MaxPool2D(2);
  });
  const [rows, columns] = inputShape
    .slice(0, 2)
    .map((size) => Math.floor(size / 2 ** convolutions.length));
  return new Sequential({
    ...boxes, //                                                     [7x7x512]
    flatten: new Flatten(), //                                       [25088]
    fc6: new Linear(rows * columns * channels, n(4096), draw), //    [4096]
    relu6: new ReLU(),
    dropout6: new Dropout(),
    fc7: new Linear(n(4096), n(4096), draw), //                      [4096]
    relu7: new ReLU(),
    dropout7: new Dropout(),
    fc8: new Linear(n(4096), classes, draw), //                      [1000]
  });
}
