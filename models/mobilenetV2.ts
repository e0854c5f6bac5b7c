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
 * MobileNetV2, a network for telephones: 3,504,872 parameters, and 300 million multiply-adds. Its
 * residuals connect the narrow ends of blocks that are wide inside, where the convolutions are
 * depthwise.
 *
 * Shapes: input [N, 224, 224, 3], or images of another size; output the scores of the classes,
 *         [N, 1000].
 * Errors: those of the boxes.
 * Source: Sandler, Howard, Zhu, Zhmoginov, Chen 2018, arXiv:1801.04381, table 2. Initial weights:
 *         He et al. 2015, arXiv:1502.01852.
 *
 *     const network = mobilenetV2({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 1000]
 */
export function mobilenetV2(options: NetworkOptions): Sequential {
  checkNetworkOptions('mobilenetV2', options);
  const { rng, classes, channels, init, n } = imageNetOptions(options);
  const draw = { rng, init };
  const row = (from: number, [expansion, to, blocks, stride]: readonly number[]) =>
    stage(n(from), { expansion, channels: n(to), blocks, stride, kernelSize: 3, padding: 1 }, draw);
  const first = { stride: 2, padding: 1, bias: false, ...draw };
  return new Sequential({
    conv1: new Conv2D(channels, n(32), 3, first), //                       [112x112x32]
    bn1: new BatchNorm(n(32)),
    relu1: new ReLU6(),
    //                t    c  n  s
    stage1: row(32, [1, 16, 1, 1]), //                                     [112x112x16]
    stage2: row(16, [6, 24, 2, 2]), //                                     [56x56x24]
    stage3: row(24, [6, 32, 3, 2]), //                                     [28x28x32]
    stage4: row(32, [6, 64, 4, 2]), //                                     [14x14x64]
    stage5: row(64, [6, 96, 3, 1]), //                                     [14x14x96]
    stage6: row(96, [6, 160, 3, 2]), //                                    [7x7x160]
    stage7: row(160, [6, 320, 1, 1]), //                                   [7x7x320]
    conv2: new Conv2D(n(320), n(1280), 1, { bias: false, ...draw }), //    [7x7x1280]
    bn2: new BatchNorm(n(1280)),
    relu2: new ReLU6(),
    pool: new GlobalAvgPool2D(), //                                        [1280]
    dropout: new Dropout({ p: 0.2 }),
    fc: new Linear(n(1280), classes, draw), //                             [1000]
  });
}
