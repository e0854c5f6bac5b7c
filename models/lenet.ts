import { glorotUniform } from '../lib/init/initializers.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { checkNetworkOptions, scaler, shapeBehind, type NetworkOptions } from './options.ts';

/**
 * Caffe's LeNet for images of digits: 431,080 parameters.
 *
 * Shapes: input [N, 28, 28, 1], pixels from 0 to 1; output the scores of the digits, [N, 10], for
 *         `SoftmaxCrossEntropy`.
 * Errors: those of the boxes.
 * Source: Caffe, examples/mnist/lenet_train_test.prototxt, after LeCun, Bottou, Bengio, Haffner
 *         1998.
 *
 *     const network = lenet({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 10]
 */
export function lenet(options: NetworkOptions): Sequential {
  checkNetworkOptions('lenet', options);
  const { rng, classes = 10, width, inputShape = [28, 28, 1], init = glorotUniform } = options;
  const n = scaler(width);
  const draw = { init, rng };
  const features = [
    //                                                         [N, 28, 28,  1]
    new Conv2D(inputShape[2], n(20), 5, draw), //              [N, 24, 24, 20]       520 parameters
    new MaxPool2D(2), //                                       [N, 12, 12, 20]
    new Conv2D(n(20), n(50), 5, draw), //                      [N,  8,  8, 50]    25,050
    new MaxPool2D(2), //                                       [N,  4,  4, 50]
    new Flatten(), //                                          [N, 800]
  ];
  const [units] = shapeBehind(features, inputShape);
  return new Sequential([
    ...features,
    new Linear(units, n(500), draw), //                        [N, 500]          400,500
    new ReLU(), //                                             [N, 500]
    new Linear(n(500), classes, draw), //                      [N, 10]             5,010
  ]);
}
