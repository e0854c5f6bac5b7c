import { argMax, clone, dispose, max, maximum, minimum, softmax, sub, add, tidy, scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'; // prettier-ignore
import type { Module } from 'boxprop';
import { batches, type Dataset } from 'boxprop/data';
import { fastGradientSign } from 'boxprop/inspect';

/** An attack: changes the images of a batch, whose labels are given. The caller owns the result. */
export type Attack = (network: Module, input: Tensor, labels: Tensor) => Tensor;

/** Leaves the images as they are. */
export const none: Attack = (_network, input) => clone(input);

/** Fast gradient sign: one step of ε. */
export const sign =
  (epsilon: number): Attack =>
  (network, input, labels) =>
    fastGradientSign(network, { input, labels, epsilon });

/**
 * The iterated fast gradient sign: steps of `stepSize`, after each of which the images are brought
 * back to within ε of where they were.
 *
 *   x ← clip(x + α sign(∂C/∂x), x₀ − ε, x₀ + ε)
 *
 * Source: Kurakin, Goodfellow, Bengio 2017, arXiv:1607.02533, section 2.2.
 */
export const iterated =
  (epsilon: number, { steps, stepSize }: { readonly steps: number; readonly stepSize: number }) =>
  (network: Module, input: Tensor, labels: Tensor): Tensor =>
    tidy(() => {
      const [low, high] = [sub(input, scalar(epsilon)), add(input, scalar(epsilon))];
      let images = input;
      for (let k = 0; k < steps; k++) {
        const moved = fastGradientSign(network, { input: images, labels, epsilon: stepSize });
        images = minimum(maximum(moved, low), high);
      }
      return images;
    });

/** The errors of a network on a dataset whose images were attacked. */
export interface Attacked {
  /** The fraction of the images that are misclassified. */
  readonly errorRate: number;
  /** The mean probability of the predicted class, over the misclassified images. */
  readonly confidence: number;
}

/** Measures a network on images that an attack made for it, or for another network. */
export async function underAttack(
  network: Module,
  data: Dataset,
  attack: Attack,
  madeFor: Module = network,
): Promise<Attacked> {
  let [errors, confidences] = [0, 0];
  for (const indices of batches(data.length, 250)) {
    const { input, labels } = await data.batch(indices);
    const images = attack(madeFor, input, labels);
    const scores = network.infer(images) as Tensor2D;
    const classes = argMax(scores, 1);
    const probabilities = tidy(() => max(softmax(scores), 1));
    const [truth, predicted, sure] = [
      await labels.data(),
      await classes.data(),
      await probabilities.data(),
    ];
    for (let n = 0; n < truth.length; n++) {
      if (truth[n] === predicted[n]) continue;
      errors++;
      confidences += sure[n];
    }
    dispose([input, labels, images, scores, classes, probabilities]);
  }
  return { errorRate: errors / data.length, confidence: confidences / errors };
}
