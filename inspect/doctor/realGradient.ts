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
 * Whether the gradient of the cost of two real records is right, in double precision. Along one
 * direction for each parameter, half random and half the gradient itself, it must be the central
 * difference of the cost. The best of steps from 1e-5 to 1e-7 counts, for within a step a ReLU may
 * have its kink. Where the two sides of the smallest step disagree the parameter stands at a kink,
 * as a bias of 0 under a dead layer does, and there is no gradient to check.
 */
export async function realGradient(patient: DiagnosticContext): Promise<Diagnostic> {
  const batch = await patient.data.batch(sample(patient, 2, 6));
  const [values, labels] = [await batch.input.data(), await batch.labels.data()];
  const { shape } = batch.input;
  disposeTensors(batch);
  const worst = await withBackend('float64', () => {
    const network = patient.build();
    const input = constant(values, [...shape] as [number]);
    const target = tensor(labels, [labels.length], 'int32');
    const errors = Object.keys(network.params).map((name, k) => ({
      name,
      error: errorOf(network, name, input, target, patient, k),
    }));
    const checked = errors.flatMap(({ name, error }) =>
      error === 'kink' ? [] : [{ name, error }],
    );
    const largest = checked.reduce(
      (a, b) => (b.error > a.error ? b : a),
      checked[0] ?? { name: '', error: 0 },
    );
    const at = largest.name === '' ? 'no parameter' : describeParam(network, largest.name);
    disposeTensors([input, target, network.params, network.buffers]);
    return { at, error: largest.error, kinks: errors.length - checked.length };
  });
  const kinks = worst.kinks === 0 ? '' : `; ${worst.kinks} of the parameters stand at kinks`;
  return judge(
    'gradient check',
    worst.error < TOLERANCE ? 'good' : 'bad',
    `relative error at most ${worst.error.toExponential(1)}, in ${worst.at}${kinks}`,
    'A box of your own has a wrong gradient: boxprop gradcheck --module names it and says what it looks like.',
  );
}

const TOLERANCE = 1e-5;

const cost: Cost = new SoftmaxCrossEntropy();

function errorOf(
  network: Module,
  name: string,
  input: Tensor,
  target: Tensor,
  { rng }: DiagnosticContext,
  k: number,
): number | 'kink' {
  // The same random numbers in the boxes each time.
  const context = (): Context => ({ mode: 'training', rng: rng.fold(7) });
  const param = network.params[name];
  return tidy(() => {
    const { output, cache } = network.forward(input, context());
    const { loss, cache: costCache } = cost.forward(output, target);
    const { [name]: grad } = network.backpropParams(cost.backpropToInput(costCache), cache);
    const random = constant(rng.fold(1000 + k).normals(param.size), [...param.shape] as [number]);
    const direction = add(unit(random), unit(grad));
    const [analytic, height] = [
      sum(mul(grad, direction)).dataSync()[0],
      Math.abs(loss.dataSync()[0]),
    ];
    const before = param.clone();
    const lossAt = (step: number) => {
      param.assign(add(before, mul(direction, scalar(step))));
      return cost.forward(network.forward(input, context()).output, target).loss.dataSync()[0];
    };
    const here = loss.dataSync()[0];
    const sides = [1e-5, 1e-6, 1e-7].map((step) =>
      [here - lossAt(-step), lossAt(step) - here].map((d) => d / step),
    );
    param.assign(before);
    const errors = sides.map(([left, right]) => {
      const numeric = (left + right) / 2;
      return (
        Math.abs(analytic - numeric) / (1e-6 * height + Math.abs(analytic) + Math.abs(numeric))
      );
    });
    const [left, right] = sides[sides.length - 1];
    const bent = Math.abs(left - right) > 1e-2 * (Math.abs(left) + Math.abs(right)) + 1e-6 * height;
    return bent && Math.min(...errors) > TOLERANCE ? 'kink' : Math.min(...errors);
  });
}

function unit(x: Tensor): Tensor {
  return div(x, add(sqrt(sum(square(x))), scalar(1e-300)));
}
