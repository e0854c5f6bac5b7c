import { add, div, mul, sqrt, square, sum, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import type { Cost } from '../../lib/cost.ts';
import { constant, scalar } from '../../lib/constant.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import type { Context, Module } from '../../lib/module.ts';
import { describeParam } from '../../lib/propagate.ts';
import { judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/**
 * Checks the gradient of the cost for two real examples in double precision. For each parameter it
 * chooses one direction, which is the sum of a random unit vector and the unit vector of the
 * gradient. Along this direction, the gradient must agree with the central difference of the cost,
 * up to `TOLERANCE`. The smallest error among the steps 1e-5, 1e-6 and 1e-7 is used, because the
 * kink of a ReLU may lie within a step. If this error is too large and the one-sided differences of
 * the smallest step disagree, the parameter is at a kink and is not checked. For example, a bias of
 * 0 under a dead layer is at a kink.
 */
export async function realGradient(context: DiagnosticContext): Promise<Diagnostic> {
  const batch = await context.data.batch(sample(context, 2, 6));
  const [values, labels] = [await batch.input.data(), await batch.labels.data()];
  const { shape } = batch.input;
  disposeTensors(batch);
  const worst = await withBackend('float64', () => {
    const network = context.build();
    const input = constant(values, [...shape] as [number]);
    const target = tensor(labels, [labels.length], 'int32');
    const errors = Object.keys(network.params).map((name, k) => ({
      name,
      error: errorOf(network, name, input, target, context, k),
    }));
    const checked = errors.flatMap(({ name, error }) =>
      error === 'kink' ? [] : [{ name, error }],
    );
    const largest = checked.reduce(
      // A NaN counts as the largest error.
      (a, b) => (Number.isNaN(a.error) || b.error <= a.error ? a : b),
      checked[0] ?? { name: '', error: 0 },
    );
    const at = largest.name === '' ? 'no parameter' : describeParam(network, largest.name);
    disposeTensors([input, target, network.params, network.buffers]);
    return { at, error: largest.error, kinks: errors.length - checked.length };
  });
  if (!Number.isFinite(worst.error)) {
    return judge(
      'gradient check',
      'bad',
      `the cost or its gradient is not finite in double precision, seen in ${worst.at}`,
      'The values grow without bound: see the loss at the start and the data above.',
    );
  }
  const kinks = worst.kinks === 0 ? '' : `; ${worst.kinks} of the parameters are at kinks`;
  return judge(
    'gradient check',
    worst.error < TOLERANCE ? 'good' : 'bad',
    `relative error at most ${worst.error.toExponential(1)}, in ${worst.at}${kinks}`,
    'A box of your own has a wrong gradient: boxprop gradcheck --module finds it and suggests the cause.',
  );
}

/** The relative error below which a gradient counts as right. */
const TOLERANCE = 1e-5;

const cost: Cost = new SoftmaxCrossEntropy();

/**
 * Returns the relative error of the gradient for one parameter, or 'kink' if the parameter is at a
 * kink.
 */
function errorOf(
  network: Module,
  name: string,
  input: Tensor,
  target: Tensor,
  { rng }: DiagnosticContext,
  k: number,
): number | 'kink' {
  // Makes a new generator each time, so that the boxes draw the same random numbers in each forward
  // pass.
  const context = (): Context => ({ mode: 'training', rng: rng.fold(7) });
  const param = network.params[name];
  return tidy(() => {
    const { output, cache } = network.forward(input, context());
    const { loss, cache: costCache } = cost.forward(output, target);
    const { [name]: grad } = network.backpropParams(cost.backpropToInput(costCache), cache);
    const random = constant(rng.fold(1000 + k).normals(param.size), [...param.shape] as [number]);
    const direction = add(unit(random), unit(grad));
    const [analytic, magnitude] = [
      sum(mul(grad, direction)).dataSync()[0],
      Math.abs(loss.dataSync()[0]),
    ];
    const before = param.clone();
    const lossAt = (step: number) => {
      param.assign(add(before, mul(direction, scalar(step))));
      return cost.forward(network.forward(input, context()).output, target).loss.dataSync()[0];
    };
    const lossHere = loss.dataSync()[0];
    const sides = [1e-5, 1e-6, 1e-7].map((step) =>
      [lossHere - lossAt(-step), lossAt(step) - lossHere].map((d) => d / step),
    );
    param.assign(before);
    const errors = sides.map(([left, right]) => {
      const numeric = (left + right) / 2;
      // If the cost is 0, its gradients are 0 and agree.
      const scale = 1e-6 * magnitude + Math.abs(analytic) + Math.abs(numeric) + Number.MIN_VALUE;
      return Math.abs(analytic - numeric) / scale;
    });
    const [left, right] = sides[sides.length - 1];
    const isKink =
      Math.abs(left - right) > 1e-2 * (Math.abs(left) + Math.abs(right)) + 1e-6 * magnitude;
    return isKink && Math.min(...errors) > TOLERANCE ? 'kink' : Math.min(...errors);
  });
}

/** Scales x to length 1. A tensor of zeros stays 0. */
function unit(x: Tensor): Tensor {
  return div(x, add(sqrt(sum(square(x))), scalar(1e-300)));
}
