// Filtering
export { Linear, type LinearOptions } from './linear.ts';
export { Conv1D, type Conv1DOptions } from './conv1d.ts';
export { Conv3D, type Conv3DOptions } from './conv3d.ts';
export { Conv2D, type Conv2DOptions } from './conv2d.ts';
export { ConvTranspose2D, type ConvTranspose2DOptions } from './convTranspose2d.ts';
export { DepthwiseConv2D, type DepthwiseConv2DOptions } from './depthwiseConv2d.ts';
export { LocallyConnected1D, type LocallyConnected1DOptions } from './locallyConnected1d.ts';
export { LocallyConnected2D, type LocallyConnected2DOptions } from './locallyConnected2d.ts';

// Pointwise
export { Pointwise, type PointwiseOptions, type Elementwise } from './pointwise.ts';
export { ReLU } from './relu.ts';
export { ReLU6 } from './relu6.ts';
export { Tanh } from './tanh.ts';
export { Sigmoid } from './sigmoid.ts';
export { PReLU, type PReLUOptions } from './prelu.ts';
export { LeakyReLU, type LeakyReLUOptions } from './leakyRelu.ts';
export { ELU, type ELUOptions } from './elu.ts';
export { SELU } from './selu.ts';
export { GELU, type GELUOptions } from './gelu.ts';
export { SiLU } from './silu.ts';
export { Softplus, type SoftplusOptions } from './softplus.ts';
export { HardTanh, type HardTanhOptions } from './hardTanh.ts';
export { HardSigmoid } from './hardSigmoid.ts';
export { HardSwish } from './hardSwish.ts';

// Pooling
export { MaxPool1D, type MaxPool1DOptions } from './maxPool1d.ts';
export { MaxUnpool2D, type MaxUnpool2DOptions } from './maxUnpool2d.ts';
export { MaxPool3D, type MaxPool3DOptions } from './maxPool3d.ts';
export { AvgPool3D, type AvgPool3DOptions } from './avgPool3d.ts';
export { MaxPool2D, type MaxPool2DOptions } from './maxPool2d.ts';
export { Arithmetic, type ArithmeticOperation, type ArithmeticOptions } from './arithmetic.ts';
export { AvgPool1D, type AvgPool1DOptions } from './avgPool1d.ts';
export { AvgPool2D, type AvgPool2DOptions } from './avgPool2d.ts';
export { SumPool2D, type SumPool2DOptions } from './sumPool2d.ts';
export { LPPool2D, type LPPool2DOptions } from './lpPool2d.ts';
export { GlobalAvgPool2D } from './globalAvgPool2d.ts';
export { GlobalMaxPool2D } from './globalMaxPool2d.ts';
export { AdaptiveAvgPool2D } from './adaptiveAvgPool2d.ts';
export { AdaptiveMaxPool2D } from './adaptiveMaxPool2d.ts';
export { Maxout } from './maxout.ts';

// Normalization
export { SubtractiveNorm2D, type SubtractiveNorm2DOptions } from './subtractiveNorm2d.ts';
export { DivisiveNorm2D, type DivisiveNorm2DOptions } from './divisiveNorm2d.ts';
export { ContrastNorm2D, type ContrastNorm2DOptions } from './contrastNorm2d.ts';
export {
  LocalResponseNorm,
  type LocalResponseNormOptions,
  type TensorFlowLRN,
} from './localResponseNorm.ts';
export { BatchNorm, type BatchNormOptions, type BatchNormContext } from './batchNorm.ts';
export { LayerNorm, type LayerNormOptions } from './layerNorm.ts';
export { GroupNorm, type GroupNormOptions } from './groupNorm.ts';
export { InstanceNorm, type InstanceNormOptions } from './instanceNorm.ts';

// Probability
export { Softmax } from './softmax.ts';
export { LogSoftmax } from './logSoftmax.ts';

// Regularization
export { Dropout, type DropoutOptions } from './dropout.ts';
export { SpatialDropout, type SpatialDropoutOptions } from './spatialDropout.ts';

// Shape
export { Flatten } from './flatten.ts';
export { Reshape } from './reshape.ts';
export { Identity } from './identity.ts';
export { Permute } from './permute.ts';
export { Pad2D, type Pad2DOptions } from './pad2d.ts';
export { Upsample2D, type Upsample2DOptions } from './upsample2d.ts';
export { PixelShuffle } from './pixelShuffle.ts';
export { ChannelShuffle } from './channelShuffle.ts';
export { Slice, type SliceOptions } from './slice.ts';
export { Gather } from './gather.ts';

// Containers
export { Sequential, type Box } from './container/sequential.ts';
export { Branch, type BranchOptions } from './container/branch.ts';
export { Residual } from './container/residual.ts';
export { Graph, type GraphOptions } from './container/graph.ts';
export type { GraphNode, GraphNames, SortedNode, GraphValue } from './container/graphNodes.ts';

// Merging
export { Concat } from './concat.ts';
export { Sum } from './sum.ts';
export { Product } from './product.ts';
export { Max } from './max.ts';
export { MatMul } from './matMul.ts';

// Historic
export { TableConv2D, type TableConv2DOptions } from './historic/tableConv2d.ts';
export { Affine, type AffineOptions } from './historic/affine.ts';
export { ScaledTanh, type ScaledTanhOptions } from './historic/scaledTanh.ts';
export { RBF, type RBFOptions } from './historic/rbf.ts';
export { Abs } from './historic/abs.ts';
export { PadChannels } from './historic/padChannels.ts';
export { SCell, type SCellOptions } from './historic/sCell.ts';
export { CCell, type CCellOptions } from './historic/cCell.ts';
