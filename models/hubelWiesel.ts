import { glorotUniform } from '../lib/init/initializers.ts';
import { Abs } from '../modules/historic/abs.ts';
import { Affine } from '../modules/historic/affine.ts';
import { AvgPool2D } from '../modules/avgPool2d.ts';
import { ContrastNorm2D } from '../modules/contrastNorm2d.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { Flatten } from '../modules/flatten.ts';
import { Linear } from '../modules/linear.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { TableConv2D } from '../modules/historic/tableConv2d.ts';
import { Tanh } from '../modules/tanh.ts';
import { checkNetworkOptions, scaler, shapeBehind, type NetworkOptions } from './options.ts';

/** The options of `hubelWiesel`. */
export interface HubelWieselOptions extends NetworkOptions {
  /** The size of the filters of both stages, in pixels; 9 by default. */
  readonly kernelSize?: number;
  /**
   * The size of the windows of the contrast normalization, in pixels; 7 by default, as in the
   * lecture (9 in the paper).
   */
  readonly contrastSize?: number;
  /** The pools of the two stages; by default size 10 with stride 5, and size 6 with stride 4. */
  readonly pools?: readonly [Pool, Pool];
}

/** The window size and the stride of a pool, in pixels. */
export type Pool = readonly [size: number, stride: number];

/**
 * The multistage Hubel-Wiesel architecture, 755,174 parameters. It has two stages, each with a bank
 * of filters, rectification, contrast normalization and average pooling, and then a linear
 * classifier. Each filter of the second stage sees 16 maps of the first stage, drawn at random.
 *
 * Shapes: input [N, 143, 143, 1], normalized in contrast; output the scores of the classes,
 *         [N, 102].
 * Errors: those of the boxes.
 * Source: lecture, "Overview of convnets"; Jarrett, Kavukcuoglu, Ranzato, LeCun, ICCV 2009,
 *         sections 2 and 3.1. Initial weights: Glorot & Bengio 2010.
 *
 *     const network = hubelWiesel({ rng: new Rng(0) });
 *     network.infer(images);   // [N, 102]
 */
export function hubelWiesel(options: HubelWieselOptions): Sequential {
  checkNetworkOptions('hubelWiesel', options, ['kernelSize', 'contrastSize', 'pools']);
  const { rng, classes = 102, width, inputShape = [143, 143, 1], init = glorotUniform } = options;
  const {
    kernelSize = 9,
    contrastSize = 7,
    pools = [
      [10, 5],
      [6, 4],
    ],
  } = options;
  const n = scaler(width);
  const draw = { bias: false, rng, init };
  const table = Array.from({ length: n(256) }, () => [
    ...rng.permutation(n(64)).subarray(0, n(16)),
  ]);
  const bank1 = new Conv2D(inputShape[2], n(64), kernelSize, draw);
  const bank2 = new TableConv2D(n(64), table, kernelSize, draw);
  const stage = (filters: Box, maps: number, [size, stride]: Pool) =>
    new Sequential({
      filters,
      squash: new Tanh(),
      gain: new Affine(maps, { bias: false }),
      rectify: new Abs(),
      normalize: new ContrastNorm2D(maps, { kernelSize: contrastSize }),
      pool: new AvgPool2D(size, { stride }),
    });
  const features = {
    //                                                            [143x143x1]
    stage1: stage(bank1, n(64), pools[0]), //                     [26x26x64]
    stage2: stage(bank2, n(256), pools[1]), //                    [4x4x256]
    flatten: new Flatten(), //                                    [4096]
  };
  const [units] = shapeBehind(Object.values(features), inputShape);
  return new Sequential({
    ...features,
    classify: new Linear(units, classes, { rng, init }), //       [102]
  });
}
