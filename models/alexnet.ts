import { heNormal } from '../lib/init/initializers.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Dropout } from '../modules/dropout.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { LocalResponseNorm } from '../modules/localResponseNorm.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { checkNetworkOptions, scaler, shapeBehind, type NetworkOptions } from './options.ts';

/** The options of `alexnet`. */
export interface AlexnetOptions extends NetworkOptions {
  /**
   * The order of pooling and normalization after a ReLU. `'pool-norm'`, the default, is the order
   * of the slide and of CaffeNet; `'norm-pool'` is the order of the paper.
   */
  readonly order?: 'pool-norm' | 'norm-pool';
  /**
   * The number of groups of conv2, conv4 and conv5: 2 as in the paper, which splits them over two
   * GPUs, or 1 as on the slide; 1 by default.
   */
  readonly groups?: 1 | 2;
  /**
   * The layers to leave out, each with its ReLU and dropout, as in the lecture's ablation; empty by
   * default.
   */
  readonly without?: readonly AlexnetLayer[];
}

/** The layers that the lecture's ablation removes. */
export type AlexnetLayer = 'conv3' | 'conv4' | 'fc6' | 'fc7';

/**
 * AlexNet as on the slide, 62,378,344 parameters; with the two groups of the paper, 60,965,224. If
 * layers are left out, the next layer takes the output before the gap. Without conv3 and conv4, the
 * input of conv5 is the 256 channels of norm2; without fc6 and fc7, the input of fc8 is the 9216
 * values of pool5.
 *
 * Shapes: input [N, 227, 227, 3]; output the scores of the classes, [N, 1000], for
 *         `SoftmaxCrossEntropy`.
 * Errors: those of the boxes.
 * Source: lecture, "AlexNet architecture" and "How important is Depth"; Krizhevsky, Sutskever,
 *         Hinton, NIPS 2012; Zeiler, Fergus 2013, arXiv:1311.2901, table 3, for the ablation.
 *         Initial weights: He et al. 2015.
 *
 *     const network = alexnet({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function alexnet(options: AlexnetOptions): Sequential {
  checkNetworkOptions('alexnet', options, ['order', 'groups', 'without']);
  const { rng, classes = 1000, width, inputShape = [227, 227, 3], init = heNormal } = options;
  const { order = 'pool-norm', groups = 1, without = [] } = options;
  const n = scaler(width, groups);
  const draw = { init, rng };
  const has = (layer: AlexnetLayer) => !without.includes(layer);
  // The numbers of channels that reach conv4 and conv5, even if layers before them are left out.
  const toConv4 = has('conv3') ? n(384) : n(256);
  const toConv5 = has('conv4') ? n(384) : toConv4;
  const same = { padding: 1, ...draw };
  const norm1 = LocalResponseNorm.krizhevsky2012();
  const norm2 = LocalResponseNorm.krizhevsky2012();
  const [pool1, pool2, pool5] = [1, 2, 5].map(() => new MaxPool2D(3, { stride: 2 }));
  const features = {
    //                                                                      [227x227x3] INPUT
    conv1: new Conv2D(inputShape[2], n(96), 11, { stride: 4, ...draw }), // [55x55x96]    34,944
    relu1: new ReLU(),
    ...(order === 'pool-norm' ? { pool1, norm1 } : { norm1, pool1 }), //    [27x27x96]
    conv2: new Conv2D(n(96), n(256), 5, { padding: 2, groups, ...draw }), // [27x27x256]  614,656
    relu2: new ReLU(),
    ...(order === 'pool-norm' ? { pool2, norm2 } : { norm2, pool2 }), //    [13x13x256]
    ...(has('conv3') && {
      conv3: new Conv2D(n(256), n(384), 3, same), //                        [13x13x384]  885,120
      relu3: new ReLU(),
    }),
    ...(has('conv4') && {
      conv4: new Conv2D(toConv4, n(384), 3, { groups, ...same }), //        [13x13x384] 1,327,488
      relu4: new ReLU(),
    }),
    conv5: new Conv2D(toConv5, n(256), 3, { groups, ...same }), //          [13x13x256]  884,992
    relu5: new ReLU(),
    pool5, //                                                               [6x6x256]
    flatten: new Flatten(), //                                              [9216]
  };
  const [toFc6] = shapeBehind(Object.values<Box>(features), inputShape);
  const toFc7 = has('fc6') ? n(4096) : toFc6;
  const toFc8 = has('fc7') ? n(4096) : toFc7;
  return new Sequential({
    ...features,
    ...(has('fc6') && {
      fc6: new Linear(toFc6, n(4096), draw), //                             [4096]     37,752,832
      relu6: new ReLU(),
      dropout6: new Dropout(),
    }),
    ...(has('fc7') && {
      fc7: new Linear(toFc7, n(4096), draw), //                             [4096]     16,781,312
      relu7: new ReLU(),
      dropout7: new Dropout(),
    }),
    fc8: new Linear(toFc8, classes, draw), //                               [1000]      4,097,000
  });
}
