import * as tf from '@tensorflow/tfjs-core';
import { momentumStep } from '../../../../lib/kernels/elementwise/momentum.ts';
import { constant, Scalars } from '../../../../lib/constant.ts';
import { Rng } from '../../../../lib/rng.ts';
import { eachBackend } from '../../../support/fixtures.ts';

const OPTIONS = { learningRate: 0.3, momentum: 0.7 };

eachBackend('a step with momentum', () => {
  // The larger is changed in place on TensorFlow, where nobody else holds the old weights.
  test.each(
    [false, true].flatMap((nesterov) =>
      [false, true].flatMap((shared) => [
        { shape: [2, 3] as const, nesterov, shared },
        { shape: [521, 523] as const, nesterov, shared },
      ]),
    ),
  )('%j: what the equations say, and only w and v change hands', ({ shape, nesterov, shared }) => {
    const rng = new Rng(1);
    const [w, v, g] = Array.from({ length: 3 }, () => rng.normals(shape[0] * shape[1]));
    const [initial, velocity, grad] = [w, v, g].map((values) =>
      constant<tf.Rank.R2>(values, [...shape]),
    );
    const param = tf.variable(initial);
    const alias = shared ? [initial.clone()] : [];
    initial.dispose();
    const before = tf.memory();
    const scalars = new Scalars();
    const next = momentumStep(param, velocity, grad, { ...OPTIONS, nesterov }, scalars);
    scalars.dispose();
    const { numTensors, numBytes } = tf.memory();
    expect([numTensors, numBytes]).toEqual([before.numTensors, before.numBytes]);
    expect(velocity.isDisposed).toBe(true);
    const worst = (tensor: tf.Tensor, expected: (i: number) => number) =>
      Array.from(tensor.dataSync<'float32'>()).reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected(i))),
        0,
      );
    const moved = (i: number) => 0.7 * v[i] + g[i];
    expect(worst(next, moved)).toBeLessThan(2e-6);
    expect(
      worst(param, (i) => w[i] - 0.3 * (nesterov ? g[i] + 0.7 * moved(i) : moved(i))),
    ).toBeLessThan(2e-6);
    for (const old of alias) expect(worst(old, (i) => w[i])).toBeLessThan(1e-6);
    expect(worst(grad, (i) => g[i])).toBeLessThan(1e-6);
    tf.dispose([param, grad, alias, next]);
  });
});
