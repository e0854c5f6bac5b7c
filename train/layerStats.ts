import { square, stack, sub, type Tensor } from '@tensorflow/tfjs-core';
import { meanAll } from '../lib/kernels/reduce/sumAll.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Grads, Params } from '../lib/module.ts';

/** Root mean squares over all parameters of a box, at one training step. */
export interface LayerStats {
  /** The path of the box: `conv1`, `stage2.0.body`; `''` if the network is a single box. */
  readonly path: string;
  /** The root mean square of the weights, before the step. */
  readonly weight: number;
  /** The root mean square of the gradients. */
  readonly gradient: number;
  /**
   * The root mean square of the change of the weights. A healthy ratio of update to weight is near
   * 1e-3 (Karpathy, cs231n).
   */
  readonly update: number;
}

/** The tensors that `layerStats` compares. */
export interface LayerStatsOptions {
  /** The parameters after the step. */
  readonly params: Params;
  /** The parameters before the step, from `snapshot`. */
  readonly before: Readonly<Record<string, Tensor>>;
  /** The gradients of the step. */
  readonly grads: Grads;
}

/**
 * Clones tensors. A clone needs no memory until the original is assigned a new value. The caller
 * disposes the clones.
 */
export function snapshot(tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, one]) => [name, one.clone()]));
}

/**
 * Computes the root mean squares of the weights, gradients and updates of each box, and reads all
 * of them in a single transfer.
 *
 *     const before = snapshot(network.params);
 *     optimizer.step(grads);
 *     const stats = await layerStats({ params: network.params, before, grads });
 */
export async function layerStats({
  params,
  before,
  grads,
}: LayerStatsOptions): Promise<LayerStats[]> {
  const names = Object.keys(params);
  if (names.length === 0) return [];
  const meanSquares = tidy(() =>
    stack(
      names.flatMap((name) =>
        [before[name], grads[name], sub(params[name], before[name])].map((x) => meanAll(square(x))),
      ),
    ),
  );
  const values = await meanSquares.data();
  disposeTensors(meanSquares);
  const layers = new Map<string, { sums: number[]; weights: number }>();
  names.forEach((name, i) => {
    const path = name.slice(0, Math.max(name.lastIndexOf('.'), 0));
    const layer = layers.get(path) ?? { sums: [0, 0, 0], weights: 0 };
    for (let k = 0; k < 3; k++) layer.sums[k] += values[3 * i + k] * params[name].size;
    layer.weights += params[name].size;
    layers.set(path, layer);
  });
  return Array.from(layers, ([path, { sums, weights }]) => {
    const [weight, gradient, update] = sums.map((sum) => Math.sqrt(sum / weights));
    return { path, weight, gradient, update };
  });
}
