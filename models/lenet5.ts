import { InputError } from '../lib/errors.ts';
import { fill, glorotUniform } from '../lib/init/initializers.ts';
import { Affine } from '../modules/historic/affine.ts';
import { AvgPool2D } from '../modules/avgPool2d.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { RBF } from '../modules/historic/rbf.ts';
import { ScaledTanh } from '../modules/historic/scaledTanh.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { SumPool2D } from '../modules/sumPool2d.ts';
import { TableConv2D } from '../modules/historic/tableConv2d.ts';
import { Tanh } from '../modules/tanh.ts';
import { digitBitmaps } from './digitBitmaps.ts';
import {
  checkNetworkOptions,
  scaler,
  scaleTable,
  shapeBehind,
  type NetworkOptions,
} from './options.ts';

/**
 * The indices of the maps of S2 that each map of C3 takes as inputs, from table I of the paper:
 * three neighbours, four neighbours, four that are not all neighbours, or all six.
 */
const C3 = [
  [0, 1, 2],
  [1, 2, 3],
  [2, 3, 4],
  [3, 4, 5],
  [0, 4, 5],
  [0, 1, 5],
  [0, 1, 2, 3],
  [1, 2, 3, 4],
  [2, 3, 4, 5],
  [0, 3, 4, 5],
  [0, 1, 4, 5],
  [0, 1, 2, 5],
  [0, 1, 3, 4],
  [1, 2, 4, 5],
  [0, 2, 3, 5],
  [0, 1, 2, 3, 4, 5],
];

/** The options of `lenet5`. */
export interface Lenet5Options extends NetworkOptions {
  /**
   * `'1998'`, the default, is the network of the paper. `'common'` is the simpler network that is
   * called LeNet-5 today: C3 sees all maps, the pools have no parameters, and the scores are
   * linear.
   */
  readonly form?: '1998' | 'common';
  /**
   * The number of pixels of zeros around the images on all sides, 0 by default. Digits of 28x28
   * pixels need 2.
   */
  readonly padding?: number;
}

/**
 * LeNet-5: 60,000 parameters; in its common form 61,706.
 *
 * Shapes: input [N, 32, 32, 1]; output the scores of the digits, [N, 10], for
 *         `SoftmaxCrossEntropy`; in the paper's form, the score of a digit is the negative squared
 *         distance of the 84 units of F6 from a picture of the digit.
 * Errors: those of the boxes; in the paper's form, more classes than the 10 digits.
 * Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document
 *         recognition", section II.B. Initial weights: Glorot & Bengio 2010.
 *
 *     const network = lenet5({ rng: new Rng(0), padding: 2 });
 *     network.infer(digits);   // [N, 28, 28, 1] to [N, 10]
 */
export function lenet5(options: Lenet5Options): Sequential {
  checkNetworkOptions('lenet5', options, ['form', 'padding']);
  return (options.form ?? '1998') === '1998' ? paper(options) : common(options);
}

function paper(options: Lenet5Options): Sequential {
  const {
    rng,
    classes = 10,
    width,
    inputShape = [32, 32, 1],
    init = glorotUniform,
    padding = 0,
  } = options;
  if (classes > 10)
    throw new InputError(`lenet5: expected at most 10 classes, one per digit, got ${classes}`);
  const n = scaler(width);
  const draw = { rng, init };
  const maps = {
    //                                                                       [32x32x1]
    C1: new Conv2D(inputShape[2], n(6), 5, { padding, ...draw }), //         [28x28x6]         156
    squash1: new ScaledTanh(),
    sum2: new SumPool2D(2), //                                               [14x14x6]
    S2: new Affine(n(6), { init: fill(1 / 4) }), //                          [14x14x6]          12
    squash2: new ScaledTanh(),
    C3: new TableConv2D(n(6), scaleTable(C3, n(6), n(16)), 5, draw), //      [10x10x16]      1,516
    squash3: new ScaledTanh(),
    sum4: new SumPool2D(2), //                                               [5x5x16]
    S4: new Affine(n(16), { init: fill(1 / 4) }), //                         [5x5x16]           32
    squash4: new ScaledTanh(),
  };
  const [rows, columns] = shapeBehind(Object.values(maps), inputShape);
  const kernel = [rows, columns] as const;
  return new Sequential({
    ...maps,
    C5: new Conv2D(n(16), n(120), kernel, draw), //                          [1x1x120]      48,120
    squash5: new ScaledTanh(),
    flatten: new Flatten(), //                                               [120]
    F6: new Linear(n(120), n(84), draw), //                                  [84]           10,164
    squash6: new ScaledTanh(),
    output: new RBF(digitBitmaps(classes, n(84))), //                        [10]
  });
}

function common(options: Lenet5Options): Sequential {
  const {
    rng,
    classes = 10,
    width,
    inputShape = [32, 32, 1],
    init = glorotUniform,
    padding = 0,
  } = options;
  const n = scaler(width);
  const draw = { rng, init };
  const maps = {
    //                                                                       [32x32x1]
    C1: new Conv2D(inputShape[2], n(6), 5, { padding, ...draw }), //         [28x28x6]         156
    squash1: new Tanh(),
    S2: new AvgPool2D(2), //                                                 [14x14x6]
    C3: new Conv2D(n(6), n(16), 5, draw), //                                 [10x10x16]      2,416
    squash3: new Tanh(),
    S4: new AvgPool2D(2), //                                                 [5x5x16]
  };
  const [rows, columns] = shapeBehind(Object.values(maps), inputShape);
  const kernel = [rows, columns] as const;
  return new Sequential({
    ...maps,
    C5: new Conv2D(n(16), n(120), kernel, draw), //                          [1x1x120]      48,120
    squash5: new Tanh(),
    flatten: new Flatten(), //                                               [120]
    F6: new Linear(n(120), n(84), draw), //                                  [84]           10,164
    squash6: new Tanh(),
    output: new Linear(n(84), classes, draw), //                             [10]              850
  });
}
