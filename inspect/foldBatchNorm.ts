import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule, Module } from '../lib/module.ts';
import { graphOfSteps, stepsOf, type Step } from './steps.ts';

/** The result of `foldBatchNorm`. */
export interface Folded<In, Out> {
  /** A network for inference. It shares all boxes that are not folded with the original. */
  readonly network: Module<In, Out>;
  /** The paths of the normalizations that are left out, such as `stage1.0.residual.body.bn1`. */
  readonly folded: readonly string[];
  /** Disposes the tensors that do not belong to the original. */
  readonly dispose: () => void;
}

/**
 * Merges each batch normalization into the convolution or linear box before it, for inference. With
 * the running mean μ and variance σ², it multiplies each channel by s = γ/√(σ² + ε) and adds
 * t = β − μ s, so
 *
 *   s (W x + b) + t = (s W) x + (s b + t)
 *
 * A normalization is not merged if another box also uses the output of the box before it. The new
 * network is a `Graph` with one node per box. It is valid only as long as the weights of the
 * original do not change. For training, use the original.
 *
 * Errors: a network that takes a list of tensors of any length.
 * Source: Jacob et al. 2018, arXiv:1712.05877, equation 14.
 *
 *     const { network: quick, dispose } = foldBatchNorm(network);
 *     const scores = quick.infer(images);   // as network.infer(images), up to rounding
 */
export function foldBatchNorm<In, Out>(network: Module<In, Out>): Folded<In, Out> {
  const { inputs, steps, outputs } = stepsOf(network, 'foldBatchNorm');
  const taken = [...steps.flatMap((step) => step.inputs), ...outputs];
  const uses = (value: string) => taken.filter((name) => name === value).length;
  /** The steps that are kept, by the name of the value that each returns. */
  const kept = new Map<string, Step>();
  /** For the output of each box that is left out, the value that replaces it. */
  const standsFor = new Map<string, string>();
  const made = new Set<AnyModule>();
  const folded: string[] = [];
  for (const step of steps) {
    const from = step.inputs.map((name) => standsFor.get(name) ?? name);
    const before = kept.get(from[0]);
    const isOnlyUse = step.inputs.length === 1 && uses(step.inputs[0]) === 1;
    const box = before && isOnlyUse ? foldInto(before.box, step.box) : undefined;
    if (before === undefined || box === undefined) {
      kept.set(step.name, { ...step, inputs: from });
      continue;
    }
    if (made.delete(before.box)) before.box.dispose();
    made.add(box);
    kept.set(before.name, { ...before, box });
    standsFor.set(step.name, before.name);
    folded.push(step.path);
  }
  if (folded.length === 0) return { network, folded, dispose: () => undefined };
  const rest = {
    inputs,
    steps: [...kept.values()],
    outputs: outputs.map((name) => standsFor.get(name) ?? name),
  };
  return {
    network: graphOfSteps(network, rest),
    folded,
    dispose: () => made.forEach((box) => box.dispose()),
  };
}

/**
 * Returns one box that computes `before` followed by `after`. Returns undefined if `after` does
 * more than multiply each channel and add to it, or if the weights of `before` cannot include this.
 */
function foldInto(before: AnyModule, after: AnyModule): AnyModule | undefined {
  const map = after.channelMap();
  if (map === undefined) return undefined;
  const box = before.withChannelMap(map);
  disposeTensors(map);
  return box;
}
