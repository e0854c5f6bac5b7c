import type { Padding } from '../lib/geometry.ts';
import type { Initializer } from '../lib/init/initializers.ts';
import type { Rng } from '../lib/rng.ts';
import { BatchNorm, type BatchNormOptions } from '../modules/batchNorm.ts';
import { Residual } from '../modules/container/residual.ts';
import { Sequential, type Box } from '../modules/container/sequential.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { DepthwiseConv2D } from '../modules/depthwiseConv2d.ts';
import { ReLU6 } from '../modules/relu6.ts';

/** A row of the table of a network of inverted residual blocks. */
export interface Row {
  /** t, by which the first convolution of a block multiplies the channels. */
  readonly expansion: number;
  /** c, the channels of the output. */
  readonly channels: number;
  /** n, the number of blocks. */
  readonly blocks: number;
  /** s, the stride of the first block; the others have stride 1. */
  readonly stride: number;
  /** k, the size of the depthwise kernels. */
  readonly kernelSize: number;
  /** The padding of the depthwise convolutions. */
  readonly padding: Padding;
}

/** The settings of all boxes of a network. */
export interface Settings {
  readonly rng: Rng;
  readonly init: Initializer;
  /** The settings of the batch normalizations. */
  readonly norm?: BatchNormOptions;
}

/**
 * Makes the blocks of one row of the table. A block of stride 1 that keeps its number of channels
 * is the body of a `Residual`.
 */
export function stage(from: number, row: Row, settings: Settings): Sequential {
  return new Sequential(
    Array.from({ length: row.blocks }, (_, i) => {
      const [inputs, stride] = i === 0 ? [from, row.stride] : [row.channels, 1];
      const block = invertedResidual(inputs, { ...row, stride }, settings);
      return stride === 1 && inputs === row.channels ? new Residual(block) : block;
    }),
  );
}

/**
 * Makes an inverted residual block: a 1x1 convolution to t times as many channels (none if t is 1),
 * a depthwise convolution, and a 1x1 convolution to few channels, which has no nonlinearity.
 */
function invertedResidual(from: number, row: Row, { norm, ...draw }: Settings): Box {
  const { expansion, channels, stride, kernelSize, padding } = row;
  const wide = expansion * from;
  const noBias = { bias: false, ...draw };
  const window = { stride, padding, ...noBias };
  return new Sequential({
    ...(expansion > 1 && {
      expand: new Conv2D(from, wide, 1, noBias),
      bn0: new BatchNorm(wide, norm),
      relu0: new ReLU6(),
    }),
    depthwise: new DepthwiseConv2D(wide, kernelSize, window),
    bn1: new BatchNorm(wide, norm),
    relu1: new ReLU6(),
    project: new Conv2D(wide, channels, 1, noBias),
    bn2: new BatchNorm(channels, norm),
  });
}
