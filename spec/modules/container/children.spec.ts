import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { modulePath } from '../../../lib/children.ts';
import { accumulate, GradSum, share, total } from '../../../lib/gradSum.ts';
import { disposeTensors } from '../../../lib/memory.ts';
import { Residual } from '../../../modules/container/residual.ts';
import { Sequential } from '../../../modules/container/sequential.ts';
import { Tanh } from '../../../modules/tanh.ts';
import { expectNoLeak, messageOf, numbers } from '../../support/compare.ts';
import { asNumbers, linear } from '../../support/container.ts';

beforeAll(() => useBackend('cpu'));

test('placeOf writes numbers and names', () => {
  expect(modulePath(new Sequential([]), '2')).toBe('Sequential[2]');
  expect(modulePath(new Residual(new Tanh()), 'body')).toBe('Residual.body');
});

test('accumulate and total take ownership of their terms', () => {
  expectNoLeak(() => {
    const [one, two] = [tf.scalar(1), tf.scalar(10)];
    expect(accumulate(undefined, one)).toBe(one);
    const sum = accumulate(one, two);
    expect(numbers(sum)).toBe(11);
    expect([one.isDisposed, two.isDisposed]).toEqual([true, true]);
    disposeTensors(sum);
  });
  const three = [1, 10, 100].map((value) => tf.scalar(value));
  expect(numbers(total(three) as tf.Tensor)).toBe(111);
  expect(three.every(({ isDisposed }) => isDisposed)).toBe(true);
  expect(total([undefined, tf.scalar(1)])).toBeUndefined();
  expect(total([tf.scalar(1), undefined])).toBeUndefined();
});

test('share clones live tensors, also in lists, and keeps other values', () => {
  const [alive, dead] = [tf.scalar(1), tf.scalar(2)];
  dead.dispose();
  const [clone, ...others] = share([alive, dead, 3]);
  expect(clone).not.toBe(alive);
  expect(numbers(clone as tf.Tensor)).toBe(1);
  expect(others).toEqual([dead, 3]);
});

test('GradSum names gradients as the container does, in the order of its parameters', () => {
  const [one, two] = [linear(1, 1, [1]), linear(1, 1, [2])];
  const sum = new GradSum({ 'a.weight': one.params.weight, 'b.0.weight': two.params.weight });
  sum.add('Branch.b', two, { weight: tf.scalar(5) });
  sum.add('Branch.a', one, { weight: tf.scalar(1) });
  sum.add('Branch.b', two, { weight: tf.scalar(7) });
  expect(Object.keys(sum.grads)).toEqual(['a.weight', 'b.0.weight']);
  expect(asNumbers(sum.grads)).toEqual({ 'a.weight': 1, 'b.0.weight': 12 });
  expect(messageOf(() => sum.add('Branch.a', one, { bias: tf.scalar(1) }))).toBe(
    'Branch.a: expected gradients of its parameters, got one of "bias"',
  );
});
