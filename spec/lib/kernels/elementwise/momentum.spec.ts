import * as tf from '@tensorflow/tfjs-core';
import { FLOAT, runOperation } from '../../../../lib/kernels/backends/tensorflow.ts';
import { momentumStep } from '../../../../lib/kernels/elementwise/momentum.ts';
import { constant, Scalars } from '../../../../lib/constant.ts';
import { Rng } from '../../../../lib/rng.ts';
import { eachBackend } from '../../../support/fixtures.ts';

const OPTIONS = { learningRate: 0.3, momentum: 0.7 };

// TensorFlow changes the larger weights in place if no other tensor shares them.
const SHAPES = [
  [2, 3],
  [521, 523],
] as const;

/**
 * Random weights, velocity and gradient for each shape, made once because that takes most of the
 * time.
 */
const DRAWN = SHAPES.map(([rows, columns]) => {
  const rng = new Rng(1);
  return [0, 0, 0].map(() => rng.normals(rows * columns));
});

/** The largest difference of an element from its expected value. */
function worst(tensor: tf.Tensor, expected: (i: number) => number): number {
  const values = tensor.dataSync<'float32'>();
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const difference = values[i] - expected(i);
    // Calling `Math.max` for each element would double the time of the test.
    if (difference > most) most = difference;
    else if (-difference > most) most = -difference;
    else if (difference !== difference) return NaN;
  }
  return most;
}

eachBackend('a step with momentum', (backend) => {
  test.each(
    [false, true].flatMap((nesterov) =>
      [false, true].flatMap((shared) => SHAPES.map((shape) => ({ shape, nesterov, shared }))),
    ),
  )('%j: computes the equations, and replaces only w and v', ({ shape, nesterov, shared }) => {
    const [w, v, g] = DRAWN[SHAPES.indexOf(shape)];
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
    const moved = (i: number) => 0.7 * v[i] + g[i];
    expect(worst(next, moved)).toBeLessThan(2e-6);
    expect(
      worst(param, (i) => w[i] - 0.3 * (nesterov ? g[i] + 0.7 * moved(i) : moved(i))),
    ).toBeLessThan(2e-6);
    for (const old of alias) expect(worst(old, (i) => w[i])).toBeLessThan(1e-6);
    expect(worst(grad, (i) => g[i])).toBeLessThan(1e-6);
    tf.dispose([param, grad, alias, next]);
  });

  // TensorFlow has variables outside tfjs, which tfjs does not count. They use as much memory as
  // the weights.
  if (backend !== 'tensorflow') return;
  test('destroys the variables of TensorFlow', () => {
    const shape = [521, 523];
    const attributes = { dtype: FLOAT, shape: { shape }, shared_name: 'boxprop/w' } as const;
    const isAlive = () =>
      tf.tidy(() => {
        const handle = runOperation('VarHandleOp', attributes, []);
        return runOperation('VarIsInitializedOp', {}, [handle]).dataSync()[0];
      });
    const [param, grad] = [tf.variable(tf.ones(shape)), tf.ones(shape)];
    const scalars = new Scalars();
    const options = { ...OPTIONS, nesterov: false };
    const next = momentumStep(param, tf.zeros(shape), grad, options, scalars);
    scalars.dispose();
    expect(isAlive()).toBe(0);
    tf.dispose([param, grad, next]);
  });
});
