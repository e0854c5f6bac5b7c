import { Abs } from '../../modules/historic/abs.ts';
import { ScaledTanh } from '../../modules/historic/scaledTanh.ts';
import { SCell } from '../../modules/historic/sCell.ts';
import { CCell } from '../../modules/historic/cCell.ts';
import { RBF } from '../../modules/historic/rbf.ts';
import { TableConv2D } from '../../modules/historic/tableConv2d.ts';
import { LogSoftmax } from '../../modules/logSoftmax.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Tanh } from '../../modules/tanh.ts';
import { Softplus } from '../../modules/softplus.ts';
import { SiLU } from '../../modules/silu.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { SELU } from '../../modules/selu.ts';
import { ReLU } from '../../modules/relu.ts';
import { PReLU } from '../../modules/prelu.ts';
import { Pointwise } from '../../modules/pointwise.ts';
import { LeakyReLU } from '../../modules/leakyRelu.ts';
import { HardTanh } from '../../modules/hardTanh.ts';
import { GELU } from '../../modules/gelu.ts';
import { ELU } from '../../modules/elu.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { Dropout } from '../../modules/dropout.ts';
import { Linear } from '../../modules/linear.ts';
import { LocalResponseNorm } from '../../modules/localResponseNorm.ts';
import { LPPool2D } from '../../modules/lpPool2d.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { SumPool2D } from '../../modules/sumPool2d.ts';
import { nameOf } from '../../lib/check.ts';
import type { Padding } from '../../lib/geometry.ts';
import type { AnyModule } from '../../lib/propagate.ts';

const POINTWISE = [
  Abs,
  ELU,
  GELU,
  HardTanh,
  LeakyReLU,
  LogSoftmax,
  Pointwise,
  PReLU,
  ReLU,
  ScaledTanh,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
];

/** Whether a box leaves each number in its place. */
export function isPointwise(box: AnyModule): boolean {
  return POINTWISE.some((kind) => box instanceof kind);
}

/** A box in the words of the slides: `96 11x11 filters at stride 4, pad 0`. */
export function describe(box: AnyModule): string {
  if (box instanceof Conv2D) {
    const groups = box.groups > 1 ? `, ${box.groups} groups` : '';
    return `${box.outChannels} ${filters(box)}, pad ${pad(box.padding)}${groups}`;
  }
  if (box instanceof TableConv2D) {
    return `${box.outChannels} ${filters(box)}, pad ${pad(box.padding)}, ${box.connections} connections`;
  }
  if (box instanceof SCell)
    return `${box.planes} planes of S-cells: ${filters(box)}, pad ${pad(box.padding)}`;
  if (box instanceof CCell)
    return `${box.planes} planes of C-cells: ${filters(box)}, pad ${pad(box.padding)}`;
  if (box instanceof RBF) return `${box.outFeatures} radial basis functions`;
  if (box instanceof DepthwiseConv2D) {
    return `${box.channels * box.multiplier} ${filters(box)}, pad ${pad(box.padding)}, each of one channel`;
  }
  if (box instanceof MaxPool2D || box instanceof AvgPool2D || box instanceof SumPool2D) {
    const padding = pad(box.padding) === '0' ? '' : `, pad ${pad(box.padding)}`;
    return `${nameOf(box)}: ${filters(box)}${padding}`;
  }
  if (box instanceof LPPool2D) return `LPPool2D of norm ${box.normType}: ${filters(box)}`;
  if (box instanceof AdaptiveAvgPool2D) return `AdaptiveAvgPool2D to ${box.outputSize.join('x')}`;
  if (box instanceof Linear) return `${box.outFeatures} neurons`;
  if (box instanceof LocalResponseNorm) return `LocalResponseNorm over ${box.size} channels`;
  if (box instanceof BatchNorm) return `BatchNorm of ${box.features} channels`;
  if (box instanceof Dropout) return `Dropout ${box.p}`;
  return nameOf(box);
}

function filters({
  kernelSize,
  stride,
}: {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
}) {
  const [vertical, horizontal] = stride;
  return `${kernelSize.join('x')} filters at stride ${vertical === horizontal ? vertical : stride.join('x')}`;
}

function pad(padding: Padding): string {
  if (padding === 'valid') return '0';
  if (typeof padding === 'object')
    return padding[0] === padding[1] ? String(padding[0]) : padding.join('x');
  return String(padding);
}
