import { reshape, slice, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { constant, scalar } from '../../constant.ts';
import { hasOneDnn, runOperation, runOperations } from '../backends/tensorflow.ts';
import { addBias, minus, plus, times } from '../elementwise/arithmetic.ts';
import { sumLeading } from '../reduce/sumLeading.ts';
import type { FeatureKernels, Standardized, StandardizedGrads } from './featureKernels.ts';
import { byGroups } from './featuresByGroups.ts';

/**
 * Operations on features on TensorFlow. Its kernels for batch normalization read the batch twice,
 * while a sequence of simple operations reads it ten times. On a GPU, these kernels save other
 * values for the gradient, so the simple operations are used there.
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
 * The largest number of rows that the kernel for training sums precisely. With this number of rows,
 * the relative error of its variance is 1e-5; with 3 million rows it is 3e-3.
 */
const MAX_ROWS = 1 << 17;

/**
 * The ε that is passed to TensorFlow's kernels. It is a power of 2, so that 1 − ε + ε is exactly 1.
 */
const EPS = 2 ** -10;

/**
 * Computes s x + b by the kernel for inference, with mean 0 and variance 1 − ε. The kernel needs
 * one pass, and a product followed by a sum needs two. If there are few features, it takes a third
 * of their time.
 */
function scaleAndShift(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  return tidy(() => {
    const { size } = scale;
    // If the rows were images between a convolution and a ReLU, TensorFlow would fuse the
    // operations into kernels that lose NaN. It does not fuse them if all pixels form one image.
    const image = reshape(x, [1, x.size / size, 1, size]);
    const inputs = [image, scale, shift, filled(0, size), filled(1 - EPS, size)];
    const attributes = { epsilon: { float: EPS }, is_training: false };
    return reshape(runOperations('FusedBatchNormV3', attributes, inputs, 6)[0], x.shape);
  });
}

/** The mean is estimated from this number of rows, each with one value per feature. */
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
 * TensorFlow's kernel for the gradient takes x, its mean and its variance. We pass it x̂ in place
 * of x, with mean 0 and variance 1 − ε, so that its own normalization has no effect. Its result is
 * then the gradient through mean and variance.
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
