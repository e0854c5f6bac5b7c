import * as boxprop from '../index.ts';
import { boxNames, cases } from '../gradcheck/index.ts';

/** The public names. Whoever adds or removes one must also change this list and the changelog. */
test('exports the boxes and costs, each with gradient-check cases', () => {
  const names = `
    Abs AdaptiveAvgPool2D AdaptiveMaxPool2D Affine Arithmetic AvgPool1D AvgPool2D AvgPool3D BatchNorm BinaryCrossEntropy Branch CCell ChannelShuffle Concat
    CosineDistance Dice Focal KLDivergence
    ContrastNorm2D Conv1D Conv2D Conv3D ConvTranspose2D DepthwiseConv2D DivisiveNorm2D Dropout ELU Euclidean Flatten Gather
    GELU GlobalAvgPool2D GlobalMaxPool2D Graph GroupNorm HardSigmoid HardSwish HardTanh Hinge Huber Identity InstanceNorm L1 LPPool2D LayerNorm
    LeakyReLU Linear LocalResponseNorm LocallyConnected1D LocallyConnected2D LogSoftmax MatMul Max MaxPool1D MaxPool2D MaxPool3D MaxUnpool2D
    Maxout NegativeLogLikelihood PReLU Pad2D PadChannels Permute PixelShuffle Pointwise Product RBF ReLU ReLU6 Reshape Residual SCell SELU
    ScaledTanh Sequential SiLU Sigmoid Slice Softmax SoftmaxCrossEntropy Softplus SpatialDropout SubtractiveNorm2D Sum
    SumPool2D TableConv2D Tanh Upsample2D`;
  const expected = names.trim().split(/\s+/).sort();
  expect(boxNames(boxprop).sort()).toEqual(expected);
  expect(Object.keys(cases).sort()).toEqual(expected);
});
