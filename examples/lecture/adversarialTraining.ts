import { concat, dispose } from '@tensorflow/tfjs-core';
import { cosineRate, SGD, SoftmaxCrossEntropy, type Module, type Rng } from 'boxprop';
import { batchCount, shuffledBatches, type Dataset } from 'boxprop/data';
import { fastGradientSign } from 'boxprop/inspect';
import { trainStep } from 'boxprop/train';

/** The options of `trainAdversarially`. */
export interface AdversarialTraining {
  /** The training images, with pixels from 0 to 1. */
  readonly train: Dataset;
  /** The amount by which the attack changes each pixel; 0 is the usual training. */
  readonly epsilon: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** The learning rate of the first step; it falls to 0 along a cosine. */
  readonly learningRate: number;
  /** The generator for the order of the images. */
  readonly rng: Rng;
  /** This function is called and awaited after each epoch. */
  readonly onEpoch: (epoch: number) => Promise<void>;
}

/**
 * Trains a network on each batch together with its adversarial images, which fast gradient sign
 * makes anew for the weights of the step:
 *
 *   C̃ = ½ C(x, y) + ½ C(x + ε sign(∂C/∂x), y)
 *
 * Both halves have the same number of images, so C̃ is the mean cost of the two halves. The gradient
 * does not go through the attack.
 *
 * Source: Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572, section 6, with α = ½.
 */
export async function trainAdversarially(
  network: Module,
  { train, epsilon, epochs, batchSize, learningRate, rng, onEpoch }: AdversarialTraining,
): Promise<void> {
  const cost = new SoftmaxCrossEntropy();
  const optimizer = new SGD(network.params, { learningRate, momentum: 0.9 });
  const schedule = cosineRate(learningRate, epochs * batchCount(train.length, batchSize));
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const indices of shuffledBatches(train.length, batchSize, rng)) {
      const { input, labels } = await train.batch(indices);
      const batch = epsilon === 0 ? [input] : [input, fastGradientSign(network, { input, labels, epsilon })]; // prettier-ignore
      const [images, target] = [concat(batch), concat(batch.map(() => labels))];
      optimizer.learningRate = schedule(step);
      await trainStep({ network, cost, optimizer, input: images, target, step });
      dispose([...batch, labels, images, target]);
      step++;
    }
    await onEpoch(epoch);
  }
  optimizer.dispose();
}
