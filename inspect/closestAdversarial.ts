import { tensor1d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { InputError, show } from '../lib/errors.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { lbfgs, type Objective } from './lbfgs.ts';

/**
 * Weights of the cost against the distance that are tried, each four times the last, before it is
 * given up.
 */
const [FIRST, TIMES, TRIES] = [1e-3, 4, 14];
/** Halvings, on a logarithmic scale, of the interval that the smallest weight is in. */
const BISECTIONS = 4;

/**
 * An image near another that a network takes for a class of one's choice, by L-BFGS:
 *
 *   x' = argmin ‖x' − x‖² + λ C(x', target),  0 ≤ x' ≤ 1
 *
 * for the smallest λ, to a factor of 4^(1/16), at which the network is fooled.
 *
 * Shapes: input [1, ...], in 0 ... 1; the result has its shape and is the caller's; undefined where
 *         no λ fools it.
 * Errors: those of the boxes; an input of more than one record; a target that is no class.
 * Source: Szegedy et al. 2014, arXiv:1312.6199, section 4.1.
 */
export async function closestAdversarial(
  network: Module,
  input: Tensor,
  target: number,
): Promise<Tensor | undefined> {
  if (input.shape[0] !== 1) {
    throw new InputError(
      `closestAdversarial: expected an input of one record, got ${show(input.shape)}`,
    );
  }
  const original = Float64Array.from(await input.data());
  const distance = (x: Float64Array) => x.reduce((sum, v, i) => sum + (v - original[i]) ** 2, 0);
  const look = async (x: Float64Array) => costOf(network, x, input.shape, target);
  const tried = async (weight: number) => {
    const objective: Objective = async (x) => {
      const { loss, gradient } = await look(x);
      const value = distance(x) + weight * loss;
      return { value, gradient: x.map((v, i) => 2 * (v - original[i]) + weight * gradient[i]) };
    };
    const x = await lbfgs(objective, original, { bounds: [0, 1] });
    return (await look(x)).answer === target ? x : undefined;
  };
  let [low, high, best] = [0, FIRST, await tried(FIRST)];
  for (let k = 0; k < TRIES && best === undefined; k++) {
    [low, high] = [high, TIMES * high];
    best = await tried(high);
  }
  for (let k = 0; k < BISECTIONS && best !== undefined && low > 0; k++) {
    const middle = Math.sqrt(low * high);
    const found = await tried(middle);
    if (found === undefined) low = middle;
    else [high, best] = [middle, found];
  }
  return best && constant(best, [...input.shape] as [number]);
}

/** The cost, its gradient and the network's answer. */
async function costOf(network: Module, x: Float64Array, shape: readonly number[], target: number) {
  const cost = new SoftmaxCrossEntropy();
  const found = tidy(() => {
    const label = tensor1d([target], 'int32');
    const { output, cache } = network.forward(constant(x, [...shape] as [number]), {
      mode: 'inference',
    });
    const { loss, cache: costCache } = cost.forward(output as Tensor2D, label);
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
  const answer = Array.from(scores).reduce((best, v, k, all) => (v > all[best] ? k : best), 0);
  return { loss, gradient: Float64Array.from(gradient), answer };
}
