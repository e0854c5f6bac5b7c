import { heNormal } from '../../lib/init/initializers.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Dropout } from '../../modules/dropout.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Linear } from '../../modules/linear.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { checkNetworkOptions, scaler, type NetworkOptions } from '../options.ts';

/**
 * The AlexNet whose weights torchvision provides, 61,100,840 parameters. It differs from the
 * slide's AlexNet: it has fewer filters, no groups, no normalization, and an average pool whose
 * output is 6x6 for images of any size.
 *
 * Shapes: input [N, 224, 224, 3], or images of another size of at least 63; output the scores of
 *         the classes, [N, 1000].
 * Errors: those of the boxes.
 * Source: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks",
 *         arXiv:1404.5997; torchvision's alexnet. Initial weights: He et al. 2015.
 *
 *     const network = torchvisionAlexnet({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function torchvisionAlexnet(options: NetworkOptions): Sequential {
  checkNetworkOptions('torchvisionAlexnet', options);
  const { rng, classes = 1000, width, inputShape = [224, 224, 3], init = heNormal } = options;
  const n = scaler(width);
  const draw = { init, rng };
  const first = { stride: 4, padding: 2, ...draw };
  const same = { padding: 1, ...draw };
  const pool = () => new MaxPool2D(3, { stride: 2 });
  return new Sequential({
    //                                                                [224x224x3] INPUT
    conv1: new Conv2D(inputShape[2], n(64), 11, first), //            [55x55x64]        23,296
    relu1: new ReLU(),
    pool1: pool(), //                                                 [27x27x64]
    conv2: new Conv2D(n(64), n(192), 5, { padding: 2, ...draw }), //  [27x27x192]      307,392
    relu2: new ReLU(),
    pool2: pool(), //                                                 [13x13x192]
    conv3: new Conv2D(n(192), n(384), 3, same), //                    [13x13x384]      663,936
    relu3: new ReLU(),
    conv4: new Conv2D(n(384), n(256), 3, same), //                    [13x13x256]      884,992
    relu4: new ReLU(),
    conv5: new Conv2D(n(256), n(256), 3, same), //                    [13x13x256]      590,080
    relu5: new ReLU(),
    pool5: pool(), //                                                 [6x6x256]
    average: new AdaptiveAvgPool2D(6),
    flatten: new Flatten(), //                                        [9216]
    dropout6: new Dropout(),
    fc6: new Linear(36 * n(256), n(4096), draw), //                   [4096]        37,752,832
    relu6: new ReLU(),
    dropout7: new Dropout(),
    fc7: new Linear(n(4096), n(4096), draw), //                       [4096]        16,781,312
    relu7: new ReLU(),
    fc8: new Linear(n(4096), classes, draw), //                       [1000]         4,097,000
  });
}
