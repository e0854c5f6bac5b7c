import {
  add,
  clipByValue,
  div,
  mul,
  sqrt,
  mean,
  square,
  sub,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { constant, scalar } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { numElements } from '../lib/shapes.ts';
import { costGradient, inputGradient } from './inputGradient.ts';

/** The options of `imagine`. */
export interface ImagineOptions {
  /** The class of each image, an int32 vector. */
  readonly labels: Tensor;
  /** The shape of an image, without the batch. */
  readonly inputShape: readonly number[];
  /** The generator for the noise from which the images start. */
  readonly rng: Rng;
  /** The number of steps of gradient descent, 100 by default. */
  readonly steps?: number;
  /** The root mean square of a step, where pixels are in the range 0 ... 1; 0.02 by default. */
  readonly learningRate?: number;
  /**
   * The fraction by which each step reduces the distance of a pixel from grey, ½; 0.01 by default.
   */
  readonly decay?: number;
}

const OPTIONS = ['labels', 'inputShape', 'rng', 'steps', 'learningRate', 'decay'] as const;

/**
 * Makes images that the network assigns to given classes, although a person would not. Gradient
 * descent on the cost of these classes starts from grey noise. All steps have the same length, and
 * the pixels stay in 0 ... 1:
 *
 *   g = ∂C/∂x        x ← clip(x − decay (x − ½) − learningRate g/rms(g), 0, 1)
 *
 * Shapes: labels [N]; the result [N, ...inputShape]. The caller disposes the result.
 * Errors: an unknown option; a number of steps that is not an integer of at least 1; those of the
 *          boxes.
 * Source: Nguyen, Yosinski, Clune 2015, arXiv:1412.1897 (the images that are made by gradient
 *         ascent); Simonyan, Vedaldi, Zisserman 2014, arXiv:1312.6034, section 2.
 *
 *     const labels = tensor1d([3, 8], 'int32');
 *     const images = imagine(network, { labels, inputShape: [28, 28, 1], rng: new Rng(0) });
 */
export function imagine(network: Module, options: ImagineOptions): Tensor {
  checkOptions('imagine', options, OPTIONS);
  const { labels, inputShape, rng, steps = 100, learningRate = 0.02, decay = 0.01 } = options;
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw new InputError(
      `imagine: expected steps to be an integer of at least 1, got ${show(steps)}`,
    );
  }
  const shape = [labels.size, ...inputShape];
  const toward = costGradient(new SoftmaxCrossEntropy(), labels);
  let images: Tensor = constant(rng.normals(numElements(shape), 0.5, 0.05), shape);
  for (let step = 0; step < steps; step++) {
    const before = images;
    images = tidy(() => {
      const gradient = inputGradient(network, before, toward);
      const axes = shape.map((_, axis) => axis).slice(1);
      const length = add(sqrt(mean(square(gradient), axes, true)), scalar(1e-30));
      const greyer = sub(before, mul(sub(before, scalar(0.5)), scalar(decay)));
      return clipByValue(sub(greyer, mul(div(gradient, length), scalar(learningRate))), 0, 1);
    });
    disposeTensors(before);
  }
  return images;
}
