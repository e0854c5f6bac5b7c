import { jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../index.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';

beforeAll(() => useBackend('cpu'));

describe('tidy', () => {
  test('keeps the tensors of its result, at any depth, and disposes the others', () => {
    const before = tf.memory().numTensors;
    const result = tidy(() => {
      const [a, b] = [tf.tensor1d([1]), tf.tensor1d([2])];
      tf.add(a, b);
      return { a, list: [b, 'text', null], size: 3 };
    });
    expect(tf.memory().numTensors - before).toBe(2);
    expect(result.a.isDisposed).toBe(false);
    disposeTensors(result);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('keeps the tensors of a result for the scope around it', () => {
    const before = tf.memory().numTensors;
    tidy(() => {
      tidy(() => ({ a: tf.tensor1d([1]) }));
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('returns an object that contains itself', () => {
    interface Loop {
      readonly tensor: tf.Tensor;
      self?: Loop;
    }
    const result = tidy(() => {
      const loop: Loop = { tensor: tf.tensor1d([1]) };
      loop.self = loop;
      return loop;
    });
    expect(result.tensor.isDisposed).toBe(false);
    disposeTensors(result);
    expect(result.tensor.isDisposed).toBe(true);
  });

  test('does not look for tensors among the numbers of a typed array', () => {
    const values = new Float64Array(2 ** 21);
    const start = performance.now();
    expect(tidy(() => ({ values })).values).toBe(values);
    disposeTensors({ values });
    // tfjs's tidy takes several seconds.
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('reports a promise, whose tensors would be disposed', () => {
    const report = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const promise = Promise.resolve(1);
    expect(tidy(() => promise)).toBe(promise);
    expect(report).toHaveBeenCalledWith('Cannot return a Promise inside of tidy.');
    report.mockRestore();
  });
});
