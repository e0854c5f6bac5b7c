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
import { InputError, show } from '../lib/errors.ts';
import { constant, scalar } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { costGradient, inputGradient } from './inputGradient.ts';

export interface ImagineOptions {
  readonly steps?: number;
  /** The root mean square of a step. */
  readonly rate?: number;
  /** The share of its distance from grey that a pixel loses at each step. */
  readonly decay?: number;
}

/**
 * Images that a network takes for given classes and nobody else does: from grey noise, by gradient
 * descent on the cost of these classes, every step of the same length, in 0 ... 1:
 *
 *   g = ∂C/∂x        x ← clip(x − decay (x − ½) − rate g/rms(g), 0, 1)
 *
 * Shapes: labels [N]; the result [N, ...inputShape], the caller's.
 * Errors: those of the boxes; no integer number of steps of at least 1.
 * Source: Nguyen, Yosinski, Clune 2015, arXiv:1412.1897, the images by gradient ascent; Simonyan,
 *         Vedaldi, Zisserman 2014, arXiv:1312.6034, section 2.
 */
export function imagine(
  network: Module,
  labels: Tensor,
  inputShape: readonly number[],
  rng: Rng,
  { steps = 100, rate = 0.02, decay = 0.01 }: ImagineOptions = {},
): Tensor {
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw new InputError(
      `imagine: expected steps to be an integer of at least 1, got ${show(steps)}`,
    );
  }
  const shape = [labels.size, ...inputShape] as [number];
  const size = shape.reduce((product, length) => product * length, 1);
  const toward = costGradient(new SoftmaxCrossEntropy(), labels);
  let images: Tensor = constant(rng.normals(size, 0.5, 0.05), shape);
  for (let step = 0; step < steps; step++) {
    const before = images;
    images = tidy(() => {
      const gradient = inputGradient(network, before, toward);
      const axes = shape.map((_, axis) => axis).slice(1);
      const length = add(sqrt(mean(square(gradient), axes, true)), scalar(1e-30));
      const greyer = sub(before, mul(sub(before, scalar(0.5)), scalar(decay)));
      return clipByValue(sub(greyer, mul(div(gradient, length), scalar(rate))), 0, 1);
    });
    disposeTensors(before);
  }
  return images;
}
