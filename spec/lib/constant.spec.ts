import { memory } from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { constant, scalar, Scalars } from '../../lib/constant.ts';
import { InputError } from '../../lib/errors.ts';

// This test is first, because it needs a process in which no backend has started.
test('without a backend, the error says which call is missing', () => {
  const expected = new InputError(
    'expected a backend, got none: call `await useBackend()` before creating boxes or tensors',
  );
  expect(() => scalar(1)).toThrow(expected);
  expect(() => constant([1, 2], [2])).toThrow(expected);
});

test('float64 keeps all digits, and cpu rounds to single precision', async () => {
  await useBackend('float64');
  expect(scalar(0.1).dataSync()[0]).toBe(0.1);
  await useBackend('cpu');
  expect(scalar(0.1).dataSync()[0]).toBe(Math.fround(0.1));
});

test('Scalars creates each scalar once, and disposes all of them', async () => {
  await useBackend('cpu');
  const before = memory().numTensors;
  const scalars = new Scalars();
  const [half, again, two] = [0.5, 0.5, 2].map((value) => scalars.of(value));
  expect(again).toBe(half);
  expect([half, two].map((made) => made.dataSync()[0])).toEqual([0.5, 2]);
  expect(memory().numTensors).toBe(before + 2);
  scalars.dispose();
  expect(memory().numTensors).toBe(before);
});
