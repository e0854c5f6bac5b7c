import * as tf from '@tensorflow/tfjs-core';
import { useBackend, withBackend, type BackendName } from '../../lib/backend.ts';
import { InputError } from '../../lib/errors.ts';

const asName = (name: string) => name as BackendName;

describe('useBackend', () => {
  test.each<BackendName>(['cpu', 'wasm', 'cpu'])('%s computes what follows', async (name) => {
    expect(await useBackend(name)).toBe(name);
    expect(tf.getBackend()).toBe(name);
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });

  test('auto takes wasm where it is installed', async () => {
    expect(await useBackend('auto')).toBe('wasm');
    expect(await useBackend()).toBe('wasm');
  });

  test.each(['cuda', 'toString', ''])('refuses %j, and the one in use stays', async (name) => {
    await useBackend('cpu');
    await expect(useBackend(asName(name))).rejects.toThrow(
      new InputError(`expected a backend out of auto, cpu, wasm, float64, got ${JSON.stringify(name)}`),
    );
    expect(tf.getBackend()).toBe('cpu');
  });
});

describe('withBackend', () => {
  test('gives what the body gives, and goes back', async () => {
    await useBackend('cpu');
    expect(await withBackend('wasm', () => tf.getBackend())).toBe('wasm');
    expect(tf.getBackend()).toBe('cpu');
  });

  test('waits for an asynchronous body before it goes back', async () => {
    await useBackend('cpu');
    const name = await withBackend('wasm', async () => {
      await Promise.resolve();
      return tf.getBackend();
    });
    expect([name, tf.getBackend()]).toEqual(['wasm', 'cpu']);
  });

  test('goes back after an error too', async () => {
    await useBackend('cpu');
    const failure = withBackend('wasm', () => {
      throw new Error('mine');
    });
    await expect(failure).rejects.toThrow(new Error('mine'));
    expect(tf.getBackend()).toBe('cpu');
  });
});
