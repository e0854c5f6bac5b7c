import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { lbfgs, type Objective } from './lbfgs.ts';

/** The weight λ of the cost in the first try. */
const FIRST_WEIGHT = 1e-3;

/** The factor by which λ is multiplied from try to try until the network predicts the target. */
const FACTOR = 4;

/** The search gives up after this number of further tries. */
const MAX_TRIES = 14;

/** The number of bisections, on a logarithmic scale, that are used to find the smallest λ. */
const BISECTIONS = 4;

/** The options of `closestAdversarial`. */
export interface ClosestAdversarialOptions {
  /** A batch that contains one input of the network, with values in 0 ... 1. */
  readonly input: Tensor;
  /** The class that the network should predict. */
  readonly target: number;
  /** This function is called after each λ that has been tried. */
  readonly onTry?: (tried: AdversarialTry) => void;
  /**
   * Stops the search when it is aborted; `closestAdversarial` then rejects with the signal's
   * reason.
   */
  readonly signal?: AbortSignal;
}

/** The result of one try of `closestAdversarial`. */
export interface AdversarialTry {
  /** The number of tries so far, including this one. */
  readonly tries: number;
  /** The largest number of tries that a search needs. */
  readonly atMost: number;
  /** The weight λ of the cost in this try. */
  readonly weight: number;
  /** Whether the network predicts the target with this λ. */
  readonly found: boolean;
}

/**
 * Finds an image that is close to a given one and that the network assigns to a chosen class, by
 * L-BFGS:
 *
 *   x' = argmin ‖x' − x‖² + λ C(x', target),  0 ≤ x' ≤ 1
 *
 * Here λ is the smallest weight at which the network predicts the target, found to within a factor
 * of 4^(1/16). The search yields to the event loop after each evaluation of C, so signals can
 * arrive.
 *
 * Shapes: input [1, ...]; the result has its shape. The caller disposes the result.
 * Errors: an unknown option; an input of more than one example; a target that is not a class; those
 *         of the boxes.
 * Source: Szegedy et al. 2014, arXiv:1312.6199, section 4.1.
 * @returns undefined if the network does not predict the target for any λ that was tried.
 *
 *     const { input } = test.batch(Int32Array.of(0));
 *     const adversarial = await closestAdversarial(network, { input, target: 3 });
 */
export async function closestAdversarial(
  network: Module,
  options: ClosestAdversarialOptions,
): Promise<Tensor | undefined> {
  checkOptions('closestAdversarial', options, ['input', 'target', 'onTry', 'signal']);
  const { input, target, onTry, signal } = options;
  if (input.shape[0] !== 1) {
    throw new InputError(
      `closestAdversarial: expected an input of one example, got ${show(input.shape)}`,
    );
  }
  const original = Float64Array.from(await input.data());
  const distance = (x: Float64Array) => x.reduce((sum, v, i) => sum + (v - original[i]) ** 2, 0);
  const costAt = async (x: Float64Array) => {
    signal?.throwIfAborted();
    const cost = await costOf(network, x, input.shape, target);
    await yieldToEventLoop();
    return cost;
  };
  let tries = 0;
  const attempt = async (weight: number) => {
    const objective: Objective = async (x) => {
      const { loss, gradient } = await costAt(x);
      const value = distance(x) + weight * loss;
      return { value, gradient: x.map((v, i) => 2 * (v - original[i]) + weight * gradient[i]) };
    };
    const x = await lbfgs(objective, original, { bounds: [0, 1] });
    const found = (await costAt(x)).prediction === target;
    tries++;
    onTry?.({ tries, atMost: 1 + MAX_TRIES + BISECTIONS, weight, found });
    return found ? x : undefined;
  };
  let [low, high, best] = [0, FIRST_WEIGHT, await attempt(FIRST_WEIGHT)];
  for (let k = 0; k < MAX_TRIES && best === undefined; k++) {
    [low, high] = [high, FACTOR * high];
    best = await attempt(high);
  }
  for (let k = 0; k < BISECTIONS && best !== undefined && low > 0; k++) {
    const middle = Math.sqrt(low * high);
    const found = await attempt(middle);
    if (found === undefined) low = middle;
    else [high, best] = [middle, found];
  }
  return best && constant(best, [...input.shape] as [number]);
}

/** Computes the cost at x, its gradient, and the class that the network predicts. */
async function costOf(network: Module, x: Float64Array, shape: readonly number[], target: number) {
  const cost = new SoftmaxCrossEntropy();
  const found = tidy(() => {
    const label = tensor1d([target], 'int32');
    const { output, cache } = network.forward(constant(x, [...shape] as [number]), {
      mode: 'inference',
    });
    const { loss, cache: costCache } = cost.forward(output, label);
    const { gradInput, gradParams } = network.backprop(cost.backpropToInput(costCache), cache);
    disposeTensors(gradParams);
    return { loss, gradient: gradInput, scores: output.clone() };
  });
  const [[loss], gradient, scores] = [
    await found.loss.data(),
    await found.gradient.data(),
    await found.scores.data(),
  ];
  disposeTensors(found);
  const prediction = Array.from(scores).reduce((best, v, k, all) => (v > all[best] ? k : best), 0);
  return { loss, gradient: Float64Array.from(gradient), prediction };
}
