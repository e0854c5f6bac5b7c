import { Branch } from '../modules/container/branch.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Dropout } from '../modules/dropout.ts';
import { GlobalAvgPool2D } from '../modules/globalAvgPool2d.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { ReLU } from '../modules/relu.ts';
import { checkNetworkOptions, imageNetOptions, type NetworkOptions } from './options.ts';

/**
 * SqueezeNet 1.0: the accuracy of AlexNet with 1,248,424 parameters. It has no fully connected
 * layer: the last convolution has one map per class, and the score is the map's mean.
 *
 * Shapes: input [N, 224, 224, 3], or images of another size; output the scores of the classes,
 *         [N, 1000].
 * Errors: those of the boxes.
 * Source: Iandola et al. 2016, arXiv:1602.07360, table 1; the pools round up, as in Caffe's model.
 *         Initial weights: He et al. 2015, arXiv:1502.01852.
 *
 *     const network = squeezenet10({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function squeezenet10(options: NetworkOptions): Sequential {
  checkNetworkOptions('squeezenet10', options);
  const { n, channels, conv, fire, pool, end } = partsOf(options);
  return new Sequential({
    conv1: conv(channels, n(96), 7, { stride: 2 }), //       [109x109x96]
    relu1: new ReLU(),
    pool1: pool(), //                                        [54x54x96]
    fire2: fire(n(96), [16, 64, 64]), //                     [54x54x128]
    fire3: fire(2 * n(64), [16, 64, 64]), //                 [54x54x128]
    fire4: fire(2 * n(64), [32, 128, 128]), //               [54x54x256]
    pool4: pool(), //                                        [27x27x256]
    fire5: fire(2 * n(128), [32, 128, 128]), //              [27x27x256]
    fire6: fire(2 * n(128), [48, 192, 192]), //              [27x27x384]
    fire7: fire(2 * n(192), [48, 192, 192]), //              [27x27x384]
    fire8: fire(2 * n(192), [64, 256, 256]), //              [27x27x512]
    pool8: pool(), //                                        [13x13x512]
    fire9: fire(2 * n(256), [64, 256, 256]), //              [13x13x512]
    ...end(2 * n(256)), //                                   [1000]
  });
}

/**
 * SqueezeNet 1.1, which needs 2.4 times fewer multiply-adds than `squeezenet10` at the same
 * accuracy: its first convolution is smaller, and its pools come earlier; 1,235,496 parameters.
 *
 * Shapes: those of `squeezenet10`.
 * Errors: those of the boxes.
 * Source: the authors' repository SqueezeNet, SqueezeNet_v1.1.
 *
 *     const network = squeezenet11({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function squeezenet11(options: NetworkOptions): Sequential {
  checkNetworkOptions('squeezenet11', options);
  const { n, channels, conv, fire, pool, end } = partsOf(options);
  return new Sequential({
    conv1: conv(channels, n(64), 3, { stride: 2 }), //       [111x111x64]
    relu1: new ReLU(),
    pool1: pool(), //                                        [55x55x64]
    fire2: fire(n(64), [16, 64, 64]), //                     [55x55x128]
    fire3: fire(2 * n(64), [16, 64, 64]), //                 [55x55x128]
    pool3: pool(), //                                        [27x27x128]
    fire4: fire(2 * n(64), [32, 128, 128]), //               [27x27x256]
    fire5: fire(2 * n(128), [32, 128, 128]), //              [27x27x256]
    pool5: pool(), //                                        [13x13x256]
    fire6: fire(2 * n(128), [48, 192, 192]), //              [13x13x384]
    fire7: fire(2 * n(192), [48, 192, 192]), //              [13x13x384]
    fire8: fire(2 * n(192), [64, 256, 256]), //              [13x13x512]
    fire9: fire(2 * n(256), [64, 256, 256]), //              [13x13x512]
    ...end(2 * n(256)), //                                   [1000]
  });
}

/** Returns the functions that make the parts of a SqueezeNet. */
function partsOf(options: NetworkOptions) {
  const { rng, classes, channels, init, n } = imageNetOptions(options);
  const conv = (from: number, to: number, kernelSize: number, window = {}) =>
    new Conv2D(from, to, kernelSize, { ...window, rng, init });
  const pool = () => new MaxPool2D(3, { stride: 2, ceilMode: true });
  const fire = (from: number, [squeeze, one, three]: readonly number[]) =>
    new Sequential({
      squeeze: conv(from, n(squeeze), 1),
      squeezeRelu: new ReLU(),
      expand: new Branch({
        expand1x1: conv(n(squeeze), n(one), 1),
        expand3x3: conv(n(squeeze), n(three), 3, { padding: 1 }),
      }),
      relu: new ReLU(),
    });
  const end = (from: number) => ({
    dropout9: new Dropout(),
    conv10: conv(from, classes, 1),
    relu10: new ReLU(),
    pool10: new GlobalAvgPool2D(),
  });
  return { n, channels, conv, fire, pool, end };
}
