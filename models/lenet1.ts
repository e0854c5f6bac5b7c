import { fill, glorotUniform } from '../lib/init/initializers.ts';
import { Affine } from '../modules/historic/affine.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { ScaledTanh } from '../modules/historic/scaledTanh.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { SumPool2D } from '../modules/sumPool2d.ts';
import { TableConv2D } from '../modules/historic/tableConv2d.ts';
import {
  checkNetworkOptions,
  scaler,
  scaleTable,
  shapeBehind,
  type NetworkOptions,
} from './options.ts';

/** The indices of the maps of H2 that each map of H3 takes as inputs. */
const H3 = [[0], [0, 1], [0, 1], [1], [0, 1], [0, 1], [2], [2, 3], [2, 3], [3], [2, 3], [2, 3]];

/**
 * LeNet-1, the convolutional network that read zip codes: 2,578 parameters, shared by 98,442
 * connections.
 *
 * Shapes: input [N, 28, 28, 1]; output the scores of the digits, [N, 10], for `SoftmaxCrossEntropy`
 *         (in the paper, the scores are squashed and the cost is the mean squared error).
 * Errors: those of the boxes.
 * Source: LeCun, Boser, Denker, Henderson, Howard, Hubbard, Jackel, NIPS 2, 1990. Initial weights:
 *         Glorot & Bengio 2010.
 *
 *     const network = lenet1({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 10]
 */
export function lenet1(options: NetworkOptions): Sequential {
  checkNetworkOptions('lenet1', options);
  const { rng, classes = 10, width, inputShape = [28, 28, 1], init = glorotUniform } = options;
  const n = scaler(width);
  const draw = { rng, init };
  const features = {
    //                                                                       [28x28x1]
    H1: new Conv2D(inputShape[2], n(4), 5, draw), //                         [24x24x4]      104
    squash1: new ScaledTanh(),
    sum2: new SumPool2D(2), //                                               [12x12x4]
    H2: new Affine(n(4), { init: fill(1 / 4) }), //                          [12x12x4]        8
    squash2: new ScaledTanh(),
    H3: new TableConv2D(n(4), scaleTable(H3, n(4), n(12)), 5, draw), //      [8x8x12]       512
    squash3: new ScaledTanh(),
    sum4: new SumPool2D(2), //                                               [4x4x12]
    H4: new Affine(n(12), { init: fill(1 / 4) }), //                         [4x4x12]        24
    squash4: new ScaledTanh(),
    flatten: new Flatten(), //                                               [192]
  };
  const [units] = shapeBehind(Object.values(features), inputShape);
  return new Sequential({
    ...features,
    output: new Linear(units, classes, draw), //                             [10]         1,930
  });
}
