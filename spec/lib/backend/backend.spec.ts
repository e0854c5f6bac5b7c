import { jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend, withBackend, type BackendName } from '../../../lib/backend/useBackend.ts';
import { InputError } from '../../../lib/errors.ts';

class Plain extends tf.KernelBackend {
  override dispose() {}
}

const asName = (name: string) => name as BackendName;

describe('useBackend', () => {
  test.each<BackendName>(['cpu', 'wasm', 'cpu'])(
    '%s computes the next operations',
    async (name) => {
      expect(await useBackend(name)).toBe(name);
      expect(tf.getBackend()).toBe(name);
      expect(tf.add(1, 2).dataSync()[0]).toBe(3);
    },
  );

  test.each(['cuda', 'toString', ''])(
    'refuses %j, and the backend in use does not change',
    async (name) => {
      await useBackend('cpu');
      await expect(useBackend(asName(name))).rejects.toThrow(
        new InputError(
          'useBackend: expected name to be one of "auto", "cpu", "wasm", "tensorflow", ' +
            `"tensorflow-gpu", "webgl", "webgpu", "float64", got ${JSON.stringify(name)}`,
        ),
      );
      expect(tf.getBackend()).toBe('cpu');
    },
  );

  test.each([0, 1.5, -1, NaN])('refuses %p threads', async (threads) => {
    await expect(useBackend('cpu', { threads })).rejects.toThrow(
      new InputError(`useBackend: expected threads to be an integer of at least 1, got ${threads}`),
    );
  });

  test('ignores threads on a backend without threads', async () => {
    expect(await useBackend('cpu', { threads: 2 })).toBe('cpu');
  });

  test('webgl needs a browser', async () => {
    await useBackend('cpu');
    await expect(useBackend('webgl')).rejects.toThrow(
      new InputError('the backend webgl needs a browser'),
    );
    expect(tf.getBackend()).toBe('cpu');
  });

  test('two concurrent calls start a backend once', async () => {
    tf.removeBackend('cpu');
    const factory = jest.fn(() => new Plain());
    tf.registerBackend('cpu', factory);
    await Promise.all([useBackend('cpu'), useBackend('cpu')]);
    expect(factory).toHaveBeenCalledTimes(1);
  });

  test('a backend that fails to start gives a one-line error, and can be tried again', async () => {
    await useBackend('float64');
    tf.removeBackend('cpu');
    tf.registerBackend('cpu', () => {
      throw new Error('no memory.\n  at all');
    });
    await expect(useBackend('cpu')).rejects.toThrow(
      new InputError('the backend cpu does not start here: no memory'),
    );
    expect(tf.getBackend()).toBe('float64');
    tf.removeBackend('cpu');
    tf.registerBackend('cpu', () => new Plain());
    expect(await useBackend('cpu')).toBe('cpu');
  });
});

describe('withBackend', () => {
  test('resolves to the result of the body, and switches back', async () => {
    await useBackend('cpu');
    expect(await withBackend('wasm', () => tf.getBackend())).toBe('wasm');
    expect(tf.getBackend()).toBe('cpu');
  });

  test('waits for an asynchronous body before it switches back', async () => {
    await useBackend('cpu');
    const name = await withBackend('wasm', async () => {
      await Promise.resolve();
      return tf.getBackend();
    });
    expect([name, tf.getBackend()]).toEqual(['wasm', 'cpu']);
  });

  test('switches back after an error too', async () => {
    await useBackend('cpu');
    const failure = withBackend('wasm', () => {
      throw new Error('mine');
    });
    await expect(failure).rejects.toThrow(new Error('mine'));
    expect(tf.getBackend()).toBe('cpu');
  });
});
