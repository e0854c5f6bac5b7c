import { reshape, slice, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { addBias } from '../elementwise/addBias.ts';
import { minus, plus, times } from '../elementwise/arithmetic.ts';
import { constant, scalar } from '../../constant.ts';
import type { Standardized, StandardizedGrads } from './features.ts';
import { sumLeading } from '../reduce/sumLeading.ts';
import { hasOneDnn, onTensorflow, runOperation, runOperations } from '../backends/tensorflow.ts';

/** Batch normalization on TensorFlow, whose kernels read the batch twice where single operations read it ten times. */
export function fusesStandardization(): boolean {
  // What TensorFlow keeps for its gradient is another thing on a graphics card.
  return onTensorflow() && hasOneDnn();
}

/**
 * The kernel adds up in single precision, and loses a mean that is much larger than the deviation. So what it gets has
 * the mean of a few values taken off before.
 */
export function standardizeOnTensorflow(x: Tensor, eps: number): Standardized {
  return tidy(() => {
    const features = x.shape[x.rank - 1];
    const few = Math.min(FEW, x.size / features);
    const sums = sumLeading(slice(reshape(x, [-1, features]), [0, 0], [few, features]));
    const offset = times(sums, scalar(-1 / few));
    const near = addBias(asImages(x), offset);
    const [one, zero, none] = [alike(1, features), alike(0, features), alike(0, 0)];
    const attributes = { epsilon: { float: eps }, is_training: true };
    const outputs = runOperations('FusedBatchNormV3', attributes, [near, one, zero, none, none], 6);
    const [normalized, mean, , , variance] = outputs;
    return {
      normalized: shapedAs(x, normalized),
      mean: minus(mean, offset) as Tensor1D,
      variance: variance as Tensor1D,
      invStd: runOperation<Tensor1D>('Rsqrt', {}, [plus(variance, scalar(eps))]),
    };
  });
}

const FEW = 32;

/**
 * TensorFlow's gradient asks for x, its mean and its variance. x̂ is an x whose mean is 0 and whose variance is 1 − ε,
 * so that nothing is divided by: what is left is the gradient through the two.
 */
export function standardizeToInputOnTensorflow(
  g: Tensor,
  normalized: Tensor,
  scale: Tensor,
): StandardizedGrads {
  return tidy(() => {
    const { size } = scale;
    const inputs = [
      asImages(g),
      asImages(normalized),
      scale,
      alike(0, size),
      alike(1 - EPS, size),
      alike(0, 0),
    ];
    const attributes = { epsilon: { float: EPS }, is_training: true };
    const [gradInput, products, sums] = runOperations(
      'FusedBatchNormGradV3',
      attributes,
      inputs,
      5,
    );
    return {
      gradInput: shapedAs(g, gradInput),
      products: products as Tensor1D,
      sums: sums as Tensor1D,
    };
  });
}

/** A power of 2, so that 1 − ε + ε is 1. */
const EPS = 2 ** -10;

function asImages(x: Tensor): Tensor {
  const features = x.shape[x.rank - 1];
  return x.rank === 4 ? x : reshape(x, [x.size / features, 1, 1, features]);
}

function shapedAs(x: Tensor, images: Tensor): Tensor {
  return x.rank === 4 ? images : reshape(images, x.shape);
}

function alike(value: number, count: number): Tensor {
  return constant(new Float32Array(count).fill(value), [count]);
}
