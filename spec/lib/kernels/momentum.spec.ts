import * as tf from '@tensorflow/tfjs-core';
import { momentumStep } from '../../../lib/kernels/momentum.ts';
import { constant } from '../../../lib/kernels/constant.ts';
import { Rng } from '../../../lib/rng.ts';
import { eachBackend } from '../../support/fixtures.ts';

const OPTIONS = { learningRate: 0.3, momentum: 0.7 };

eachBackend('a step with momentum', () => {
  // The larger is changed in place on TensorFlow.
  test.each([
    [[2, 3], false],
    [[2, 3], true],
    [[521, 523], false],
    [[521, 523], true],
  ] as const)(
    '%j, nesterov %j: what the equations say, and of its inputs v alone goes',
    (shape, nesterov) => {
      const rng = new Rng(1);
      const [w, v, g] = Array.from({ length: 3 }, () => rng.normals(shape[0] * shape[1]));
      const [param, velocity, grad] = [w, v, g].map((values) => constant<tf.Rank.R2>(values, [...shape]));
      const alias = param.clone();
      const before = tf.memory().numTensors;
      const next = momentumStep(param, velocity, grad, { ...OPTIONS, nesterov });
      expect(tf.memory().numTensors).toBe(before + 1);
      expect(velocity.isDisposed).toBe(true);
      const worst = (tensor: tf.Tensor, expected: (i: number) => number) =>
        Array.from(tensor.dataSync<'float32'>()).reduce(
          (most, value, i) => Math.max(most, Math.abs(value - expected(i))),
          0,
        );
      const moved = (i: number) => 0.7 * v[i] + g[i];
      expect(worst(next.velocity, moved)).toBeLessThan(2e-6);
      expect(
        worst(next.param, (i) => w[i] - 0.3 * (nesterov ? g[i] + 0.7 * moved(i) : moved(i))),
      ).toBeLessThan(2e-6);
      // Variables of TensorFlow share the values of what they are assigned until they change.
      expect(worst(param, (i) => w[i])).toBeLessThan(1e-6);
      expect(worst(grad, (i) => g[i])).toBeLessThan(1e-6);
      tf.dispose([param, grad, alias, next]);
    },
  );
});
