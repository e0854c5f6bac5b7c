import { BatchNorm } from '../modules/batchNorm.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Dropout } from '../modules/dropout.ts';
import { GlobalAvgPool2D } from '../modules/globalAvgPool2d.ts';
import { Linear } from '../modules/linear.ts';
import { ReLU6 } from '../modules/relu6.ts';
import { stage } from './invertedResidual.ts';
import { checkNetworkOptions, imageNetOptions, type NetworkOptions } from './options.ts';

/**
 * EfficientNet-Lite0: 4,652,008 parameters. It is EfficientNet-B0 for processors of telephones,
 * with ReLU6 instead of SiLU and without squeeze-and-excitation. The padding is TensorFlow's
 * `'same'`. Its publisher trained it with stochastic depth, which this network does not have; it
 * changes nothing in inference.
 *
 * Shapes: input [N, 224, 224, 3], or images of another size; output the scores of the classes,
 *         [N, 1000].
 * Errors: those of the boxes.
 * Source: Tan, Le 2019, arXiv:1905.11946, table 1; the changes of "lite" are those of TensorFlow's
 *         repository tpu, models/official/efficientnet/lite. Initial weights: He et al. 2015.
 *
 *     const network = efficientnetLite0({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function efficientnetLite0(options: NetworkOptions): Sequential {
  checkNetworkOptions('efficientnetLite0', options);
  const { rng, classes, channels, init, n } = imageNetOptions(options);
  const draw = { rng, init };
  const norm = { eps: 1e-3, momentum: 0.01 };
  const row = (from: number, [expansion, kernelSize, to, blocks, stride]: readonly number[]) =>
    stage(
      n(from),
      { expansion, channels: n(to), blocks, stride, kernelSize, padding: 'same' },
      { norm, ...draw },
    );
  const first = { stride: 2, padding: 'same', bias: false, ...draw } as const;
  return new Sequential({
    conv1: new Conv2D(channels, n(32), 3, first), //                       [112x112x32]
    bn1: new BatchNorm(n(32), norm),
    relu1: new ReLU6(),
    //                t  k    c  n  s
    stage1: row(32, [1, 3, 16, 1, 1]), //                                  [112x112x16]
    stage2: row(16, [6, 3, 24, 2, 2]), //                                  [56x56x24]
    stage3: row(24, [6, 5, 40, 2, 2]), //                                  [28x28x40]
    stage4: row(40, [6, 3, 80, 3, 2]), //                                  [14x14x80]
    stage5: row(80, [6, 5, 112, 3, 1]), //                                 [14x14x112]
    stage6: row(112, [6, 5, 192, 4, 2]), //                                [7x7x192]
    stage7: row(192, [6, 3, 320, 1, 1]), //                                [7x7x320]
    conv2: new Conv2D(n(320), n(1280), 1, { bias: false, ...draw }), //    [7x7x1280]
    bn2: new BatchNorm(n(1280), norm),
    relu2: new ReLU6(),
    pool: new GlobalAvgPool2D(), //                                        [1280]
    dropout: new Dropout({ p: 0.2 }),
    fc: new Linear(n(1280), classes, draw), //                             [1000]
  });
}
