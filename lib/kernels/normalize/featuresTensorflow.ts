import { reshape, slice, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { constant, scalar } from '../../constant.ts';
import { hasOneDnn, runOperation, runOperations } from '../backends/tensorflow.ts';
import { addBias, minus, plus, times } from '../elementwise/arithmetic.ts';
import { sumLeading } from '../reduce/sumLeading.ts';
import type { FeatureKernels, Standardized, StandardizedGrads } from './featureKernels.ts';
import { byGroups } from './featuresByGroups.ts';

/**
 * Operations on features on TensorFlow, whose kernels for batch normalization read the batch twice;
 * single operations read it ten times. On a graphics card, these kernels keep other values for the
 * gradient, so the single operations are used.
 */
export const tensorflow: FeatureKernels = {
  shift: addBias,
  scale: times,
  scaleAndShift: (x, scale, shift) =>
    hasOneDnn() && x.size > 0
      ? scaleAndShift(x, scale, shift)
      : tidy(() => addBias(times(x, scale), shift)),
  standardize: (x, eps) =>
    hasOneDnn() && x.size <= MAX_ROWS * x.shape[x.rank - 1]
      ? standardize(x, eps)
      : byGroups.standardize(x, eps),
  standardizeToInput: (g, normalized, scale) =>
    hasOneDnn()
      ? standardizeToInput(g, normalized, scale)
      : byGroups.standardizeToInput(g, normalized, scale),
  gradSums: byGroups.gradSums,
};

/**
 * The largest number of rows that the kernel for training sums precisely. For this number its
 * variance has a relative error of 1e-5, for 3 million rows of 3e-3.
 */
const MAX_ROWS = 1 << 17;

/** An ε of TensorFlow's kernels, a power of 2, so that 1 − ε + ε is exactly 1. */
const EPS = 2 ** -10;

/**
 * Computes s x + b by the kernel for inference, with mean 0 and variance 1 − ε. It makes one pass
 * where a product and a sum make two, and takes a third of their time if there are few features.
 */
function scaleAndShift(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  return tidy(() => {
    const { size } = scale;
    // Between a convolution and a ReLU, TensorFlow would fuse the kernel of images into kernels
    // that lose NaN. It does not if all pixels are one image.
    const image = reshape(x, [1, x.size / size, 1, size]);
    const inputs = [image, scale, shift, filled(0, size), filled(1 - EPS, size)];
    const attributes = { epsilon: { float: EPS }, is_training: false };
    return reshape(runOperations('FusedBatchNormV3', attributes, inputs, 6)[0], x.shape);
  });
}

/** The number of rows, each with one value per feature, from which the mean is estimated. */
const ESTIMATED_FROM = 32;

/**
 * Standardizes by TensorFlow's kernel. The kernel sums in single precision, which is imprecise if
 * the mean is much larger than the standard deviation. So an estimate of the mean, from a few rows,
 * is subtracted first.
 */
function standardize(x: Tensor, eps: number): Standardized {
  return tidy(() => {
    const features = x.shape[x.rank - 1];
    const rows = Math.min(ESTIMATED_FROM, x.size / features);
    const sums = sumLeading(slice(reshape(x, [-1, features]), [0, 0], [rows, features]));
    const offset = times(sums, scalar(-1 / rows));
    const [one, zero, none] = [filled(1, features), filled(0, features), filled(0, 0)];
    const shifted = scaleAndShift(asImages(x), one, offset);
    const attributes = { epsilon: { float: eps }, is_training: true };
    const inputs = [shifted, one, zero, none, none];
    const outputs = runOperations('FusedBatchNormV3', attributes, inputs, 6);
    const [normalized, mean, , , variance] = outputs;
    return {
      normalized: withShapeOf(x, normalized),
      mean: minus(mean, offset) as Tensor1D,
      variance: variance as Tensor1D,
      invStd: runOperation<Tensor1D>('Rsqrt', {}, [plus(variance, scalar(eps))]),
    };
  });
}

/**
 * TensorFlow's kernel for the gradient takes x, its mean and its variance. It gets x̂ as x, with
 * mean 0 and variance 1 − ε, so that its own normalization has no effect. Its result is then the
 * gradient through mean and variance.
 */
function standardizeToInput(g: Tensor, normalized: Tensor, scale: Tensor): StandardizedGrads {
  return tidy(() => {
    const { size } = scale;
    const [zero, variance, none] = [filled(0, size), filled(1 - EPS, size), filled(0, 0)];
    const inputs = [asImages(g), asImages(normalized), scale, zero, variance, none];
    const attributes = { epsilon: { float: EPS }, is_training: true };
    const outputs = runOperations('FusedBatchNormGradV3', attributes, inputs, 5);
    const [gradInput, products, sums] = outputs;
    return {
      gradInput: withShapeOf(g, gradInput),
      products: products as Tensor1D,
      sums: sums as Tensor1D,
    };
  });
}

function asImages(x: Tensor): Tensor {
  const features = x.shape[x.rank - 1];
  return x.rank === 4 ? x : reshape(x, [x.size / features, 1, 1, features]);
}

function withShapeOf(x: Tensor, images: Tensor): Tensor {
  return x.rank === 4 ? images : reshape(images, x.shape);
}

function filled(value: number, size: number): Tensor {
  return constant(new Float32Array(size).fill(value), [size]);
}
