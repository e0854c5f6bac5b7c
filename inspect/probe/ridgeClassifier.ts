import { reshape, type Rank, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { zeros } from '../../lib/init/initializers.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { Linear } from '../../modules/linear.ts';
import { lbfgs, type Objective } from '../lbfgs.ts';

/** The data of a classifier. */
export interface ClassifierData {
  /** Standardized features, [N, features]. */
  readonly features: Tensor2D;
  /** The classes, [N], int32. */
  readonly labels: Tensor1D;
  /** The number of classes. */
  readonly classes: number;
}

/** The largest number of iterations of a fit. */
const ITERATIONS = 100;

/** The fit ends when no partial derivative is larger. */
const TOLERANCE = 1e-4;

/**
 * Fits a softmax classifier with a ridge penalty on its weights W, but not on its biases b:
 *
 *   minimize  −1/N Σ_n log softmax(W x_n + b)_{y_n} + λ/2 ‖W‖²
 *
 * The loss and its gradient are those of the boxes Linear and SoftmaxCrossEntropy. L-BFGS minimizes
 * them, so the result depends on no random number.
 *
 * @param start the weights and biases from which it starts; 0 by default.
 * @returns the weights, [classes, features] in row-major order, and then the biases.
 */
export async function fitRidge(
  data: ClassifierData,
  lambda: number,
  start?: Float64Array,
): Promise<Float64Array> {
  const { features, labels, classes } = data;
  const size = classes * features.shape[1];
  const box = new Linear(features.shape[1], classes, { init: zeros });
  const cost = new SoftmaxCrossEntropy();
  const objective: Objective = async (x) => {
    const tensors = tidy(() => {
      assign(box, x);
      const { output, cache } = box.forward(features);
      const { loss, cache: costCache } = cost.forward(output, labels);
      const gradOutput = reshape<Rank.R2>(cost.backpropToInput(costCache), output.shape);
      const { weight, bias } = box.backpropToParams(gradOutput, cache);
      return [loss, weight, ...(bias === undefined ? [] : [bias])];
    });
    const [[loss], weight, bias] = await Promise.all(tensors.map((one) => one.data()));
    disposeTensors(tensors);
    const gradient = new Float64Array(x.length);
    gradient.set(bias, size);
    let penalty = 0;
    for (let i = 0; i < size; i++) {
      gradient[i] = weight[i] + lambda * x[i];
      penalty += x[i] ** 2;
    }
    return { value: loss + (lambda / 2) * penalty, gradient };
  };
  try {
    const from = start ?? new Float64Array(size + classes);
    return await lbfgs(objective, from, { iterations: ITERATIONS, tolerance: TOLERANCE });
  } finally {
    box.dispose();
  }
}

/** Counts the examples that a classifier of `fitRidge` assigns to another class. */
export async function ridgeErrors(data: ClassifierData, weights: Float64Array): Promise<number> {
  const { features, labels, classes } = data;
  const box = new Linear(features.shape[1], classes, { init: zeros });
  tidy(() => assign(box, weights));
  const scores = box.infer(features);
  const [values, expected] = await Promise.all([scores.data(), labels.data()]);
  disposeTensors(scores);
  box.dispose();
  return Array.from(expected).reduce((errors, label, n) => {
    const own = values.subarray(n * classes, (n + 1) * classes);
    return errors + Number(own.indexOf(Math.max(...own)) !== label);
  }, 0);
}

function assign({ params, inFeatures, outFeatures }: Linear, values: Float64Array): void {
  const size = inFeatures * outFeatures;
  params.weight.assign(constant(values.subarray(0, size), [outFeatures, inFeatures]));
  params.bias?.assign(constant(values.subarray(size), [outFeatures]));
}
