import { dot, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { BatchNorm, constant, Rng, useBackend } from '../../../index.ts';
import type { Group } from '../../../lib/group.ts';

/** The largest errors of the gradients of a BatchNorm whose batch lies on several ranks. */
export interface AcrossErrors {
  readonly input: number;
  readonly params: number;
  /** The mean and variance of the output of all ranks, which must be β and γ². */
  readonly moments: readonly [number, number];
}

const FEATURES = 3;
const STEP = 1e-4;

/**
 * Compares the gradients with slopes. The loss is Σ_r Σ g y over all ranks, so a change of one
 * input on one rank changes the outputs of all ranks through μ and σ². Rank r has r examples more
 * than rank 0, and the values are far from zero.
 */
export async function gradcheckAcross(group: Group): Promise<AcrossErrors> {
  await useBackend('float64');
  const rng = new Rng(group.rank);
  const examples = 2 + group.rank;
  const shape = [examples, 2, 1, FEATURES] as [number, number, number, number];
  const size = examples * 2 * FEATURES;
  const values = Float64Array.from(rng.normals(size), (value) => 20 + 3 * value);
  const weights = Float64Array.from(rng.normals(size));
  const box = new BatchNorm(FEATURES);
  const { weight, bias } = box.params;
  if (!weight || !bias) throw new Error('expected γ and β');
  const gamma = [1.5, -0.5, 2];
  weight.assign(constant(gamma, [FEATURES]));
  bias.assign(constant([0.3, 0, -1], [FEATURES]));
  const context = { mode: 'training', batchNormGroup: group } as const;
  const forward = (x: ArrayLike<number>) => box.forward(constant(x, shape), context);
  const flat = (tensor: Tensor) => [...tensor.dataSync()];
  const loss = (x: ArrayLike<number>): number => {
    const own = tidy(
      () => dot(reshape(forward(x).output, [-1]), constant(weights, [size])).dataSync()[0],
    );
    const total = Float64Array.of(own);
    group.sum(total);
    return total[0];
  };
  const { output, cache } = forward(values);
  const { gradInput, gradParams } = box.backprop(constant(weights, shape), cache);
  const analytic = flat(gradInput);
  let inputError = 0;
  // Every rank takes part in every evaluation; the rank whose turn it is changes its input.
  for (let rank = 0; rank < group.size; rank++) {
    for (let i = 0; i < (2 + rank) * 2 * FEATURES; i++) {
      const at = (step: number) => {
        const moved = values.slice();
        if (rank === group.rank) moved[i] += step;
        return loss(moved);
      };
      const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
      if (rank === group.rank) inputError = Math.max(inputError, Math.abs(slope - analytic[i]));
    }
  }
  const sums = Float64Array.from([...flat(gradParams.weight), ...flat(gradParams.bias)]);
  group.sum(sums);
  let paramsError = 0;
  [weight, bias].forEach((param, p) => {
    const before = flat(param);
    for (let c = 0; c < FEATURES; c++) {
      const at = (step: number) => {
        param.assign(
          constant(
            before.map((v, k) => (k === c ? v + step : v)),
            [FEATURES],
          ),
        );
        return loss(values);
      };
      const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
      param.assign(constant(before, [FEATURES]));
      paramsError = Math.max(paramsError, Math.abs(slope - sums[p * FEATURES + c]));
    }
  });
  // The outputs of feature 0: mean β, variance γ².
  const first = flat(output).filter((_, i) => i % FEATURES === 0);
  const moments = Float64Array.of(
    first.length,
    first.reduce((sum, y) => sum + y, 0),
    first.reduce((sum, y) => sum + y * y, 0),
  );
  group.sum(moments);
  const mean = moments[1] / moments[0];
  return {
    input: inputError,
    params: paramsError,
    moments: [mean, moments[2] / moments[0] - mean ** 2],
  };
}
