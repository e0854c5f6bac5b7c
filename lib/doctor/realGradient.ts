import { add, div, mul, sqrt, square, sum, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { withBackend } from '../backend.ts';
import type { Cost } from '../cost.ts';
import { constant, scalar } from '../kernels/constant.ts';
import { release, tidy } from '../memory.ts';
import type { Context, Module } from '../module.ts';
import { judge, sample, type Finding, type Patient } from './finding.ts';

/**
 * Whether the gradient of the cost of two real records is right, in double precision. Along one direction for each
 * parameter, half random and half the gradient itself, it must be the central difference of the cost. The best of steps
 * from 1e-5 to 1e-7 counts, for within a step a ReLU may have its kink.
 */
export async function realGradient(patient: Patient): Promise<Finding> {
  const batch = await patient.data.batch(sample(patient, 2, 6));
  const [values, labels] = [await batch.input.data(), await batch.labels.data()];
  const { shape } = batch.input;
  release(batch);
  const worst = await withBackend('float64', () => {
    const network = patient.build();
    const input = constant(values, [...shape] as [number]);
    const target = tensor(labels, [labels.length], 'int32');
    const errors = Object.keys(network.params).map((name, k) => ({
      name,
      error: errorOf(network, name, input, target, patient, k),
    }));
    release([input, target, network.params, network.buffers]);
    return errors.reduce((a, b) => (b.error > a.error ? b : a), { name: 'no parameter', error: 0 });
  });
  return judge(
    'gradient check',
    worst.error < 1e-5 ? 'good' : 'bad',
    `relative error at most ${worst.error.toExponential(1)}, in ${worst.name}`,
    'A box of your own has a wrong gradient: boxprop gradcheck --module names it and says what it looks like.',
  );
}

const cost: Cost = new SoftmaxCrossEntropy();

function errorOf(
  network: Module,
  name: string,
  input: Tensor,
  target: Tensor,
  { rng }: Patient,
  k: number,
): number {
  // The same random numbers in the boxes each time.
  const context = (): Context => ({ mode: 'training', rng: rng.fold(7) });
  const param = network.params[name];
  return tidy(() => {
    const { output, cache } = network.forward(input, context());
    const { loss, cache: costCache } = cost.forward(output, target);
    const { [name]: grad } = network.sweep(cost.backpropToInput(costCache), cache);
    const random = constant(rng.fold(1000 + k).normals(param.size), [...param.shape] as [number]);
    const direction = add(unit(random), unit(grad));
    const [analytic, height] = [sum(mul(grad, direction)).dataSync()[0], Math.abs(loss.dataSync()[0])];
    const before = param.clone();
    const lossAt = (step: number) => {
      param.assign(add(before, mul(direction, scalar(step))));
      return cost.forward(network.forward(input, context()).output, target).loss.dataSync()[0];
    };
    const errors = [1e-5, 1e-6, 1e-7].map((step) => {
      const numeric = (lossAt(step) - lossAt(-step)) / (2 * step);
      return Math.abs(analytic - numeric) / (1e-6 * height + Math.abs(analytic) + Math.abs(numeric));
    });
    param.assign(before);
    return Math.min(...errors);
  });
}

function unit(x: Tensor): Tensor {
  return div(x, add(sqrt(sum(square(x))), scalar(1e-300)));
}
