import { Conv2D } from '../modules/conv2d.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { Sequential } from '../modules/sequential.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * Caffe's LeNet for images of digits: 431,080 parameters.
 *
 * Shapes: input [N, 28, 28, 1], pixels from 0 to 1; output the scores of the digits, [N, 10], for
 *         `SoftmaxCrossEntropy`.
 * Errors: those of the boxes.
 * Source: Caffe, examples/mnist/lenet_train_test.prototxt, after LeCun, Bottou, Bengio, Haffner 1998.
 */
export function lenet({ rng }: { readonly rng: Rng }): Sequential {
  return new Sequential([
    //                                               [N, 28, 28,  1]
    new Conv2D(1, 20, 5, { rng }), //                [N, 24, 24, 20]       520 parameters
    new MaxPool2D(2), //                             [N, 12, 12, 20]
    new Conv2D(20, 50, 5, { rng }), //               [N,  8,  8, 50]    25,050
    new MaxPool2D(2), //                             [N,  4,  4, 50]
    new Flatten(), //                                [N, 800]
    new Linear(800, 500, { rng }), //                [N, 500]          400,500
    new ReLU(), //                                   [N, 500]
    new Linear(500, 10, { rng }), //                 [N, 10]             5,010
  ]);
}
