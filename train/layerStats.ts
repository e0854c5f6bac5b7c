import { mean, square, stack, sub, type Tensor } from '@tensorflow/tfjs-core';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Grads, Params } from '../lib/module.ts';

/** Root mean squares over all parameters of a box, at one step. */
export interface LayerStats {
  /** The name of its parameters without their last part: `conv1`, `stage2.0.body`; '' for a box on its own. */
  readonly path: string;
  readonly weight: number;
  readonly gradient: number;
  /** Of what the step added to the weights. update / weight near 1e-3 is healthy (Karpathy, cs231n). */
  readonly update: number;
}

/** The parameters as they are now; clones, which cost nothing until the parameters move. The caller lets them go. */
export function snapshot(params: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(params).map(([name, param]) => [name, param.clone()]));
}

/**
 * How large weights, gradients and updates are, box by box.
 *
 * @param before the parameters before the step, from `snapshot`.
 */
export async function layerStats(
  params: Params,
  before: Readonly<Record<string, Tensor>>,
  grads: Grads,
): Promise<LayerStats[]> {
  const names = Object.keys(params);
  if (names.length === 0) return [];
  const meanSquares = tidy(() =>
    stack(
      names.flatMap((name) =>
        [before[name], grads[name], sub(params[name], before[name])].map((x) => mean(square(x))),
      ),
    ),
  );
  const values = await meanSquares.data();
  disposeTensors(meanSquares);
  const boxes = new Map<string, { sums: number[]; weights: number }>();
  names.forEach((name, i) => {
    const path = name.slice(0, Math.max(name.lastIndexOf('.'), 0));
    const box = boxes.get(path) ?? { sums: [0, 0, 0], weights: 0 };
    for (let k = 0; k < 3; k++) box.sums[k] += values[3 * i + k] * params[name].size;
    box.weights += params[name].size;
    boxes.set(path, box);
  });
  return Array.from(boxes, ([path, { sums, weights }]) => {
    const [weight, gradient, update] = sums.map((sum) => Math.sqrt(sum / weights));
    return { path, weight, gradient, update };
  });
}
