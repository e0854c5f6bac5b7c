import { heNormal } from '../lib/init/initializers.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Dropout } from '../modules/dropout.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { checkNetworkOptions, scaler, shapeBehind, type NetworkOptions } from './options.ts';

/**
 * VGG-16, a network of the Visual Geometry Group: 3x3 convolutions in five blocks, each of which
 * ends with a max pool; 138,357,544 parameters.
 *
 *   blocks        1 (64)   2 (128)   3 (256)   4 (512)   5 (512)
 *   VGG-16        2        2         3         3         3
 *   VGG-19        2        2         4         4         4
 *
 * Shapes: input [N, 224, 224, 3]; output the scores of the classes, [N, 1000], for
 *         `SoftmaxCrossEntropy`.
 * Errors: those of the boxes.
 * Source: Simonyan, Zisserman 2014, arXiv:1409.1556, table 1, configuration D. Initial weights: He
 *         et al. 2015.
 *
 *     const network = vgg16({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function vgg16(options: NetworkOptions): Sequential {
  checkNetworkOptions('vgg16', options);
  return vgg([2, 2, 3, 3, 3], options);
}

/**
 * VGG-19, `vgg16` with a fourth convolution in each of the last three blocks: 143,667,240
 * parameters.
 *
 * Shapes: those of `vgg16`.
 * Errors: those of the boxes.
 * Source: as for `vgg16`, configuration E.
 *
 *     const network = vgg19({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function vgg19(options: NetworkOptions): Sequential {
  checkNetworkOptions('vgg19', options);
  return vgg([2, 2, 4, 4, 4], options);
}

const CHANNELS = [64, 128, 256, 512, 512];

function vgg(convolutions: readonly number[], options: NetworkOptions): Sequential {
  const { rng, classes = 1000, width, inputShape = [224, 224, 3], init = heNormal } = options;
  const n = scaler(width);
  const draw = { rng, init };
  const features: Record<string, Box> = {};
  let channels = inputShape[2];
  convolutions.forEach((count, block) => {
    for (let i = 1; i <= count; i++) {
      const name = `${block + 1}_${i}`;
      features[`conv${name}`] = new Conv2D(channels, n(CHANNELS[block]), 3, {
        padding: 1,
        ...draw,
      });
      features[`relu${name}`] = new ReLU();
      channels = n(CHANNELS[block]);
    }
    features[`pool${block + 1}`] = new MaxPool2D(2);
  });
  features.flatten = new Flatten();
  const [units] = shapeBehind(Object.values(features), inputShape);
  return new Sequential({
    ...features, //                                                  [25088]
    fc6: new Linear(units, n(4096), draw), //                        [4096]
    relu6: new ReLU(),
    dropout6: new Dropout(),
    fc7: new Linear(n(4096), n(4096), draw), //                      [4096]
    relu7: new ReLU(),
    dropout7: new Dropout(),
    fc8: new Linear(n(4096), classes, draw), //                      [1000]
  });
}
