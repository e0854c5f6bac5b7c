import { tensor3d } from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { asImage, asSequence, sequenceGeometry } from '../../lib/sequence.ts';
import { describeRefusals } from '../support/refusals.ts';

test('a sequence becomes an image of one row, and back', async () => {
  await useBackend('cpu');
  const sequence = tensor3d([1, 2, 3, 4, 5, 6], [1, 3, 2]);
  expect(asImage(sequence).arraySync()).toEqual([[[[1, 2], [3, 4], [5, 6]]]]); // prettier-ignore
  expect(asSequence(asImage(sequence)).arraySync()).toEqual(sequence.arraySync());
});

test('a window slides along the row only', () => {
  const window = { kernelSize: 3, stride: 2, dilation: 2, padding: 1 };
  const { height, width } = sequenceGeometry({}, 10, window);
  expect(height).toMatchObject({ input: 1, output: 1, kernel: 1, before: 0, after: 0 });
  expect(width).toMatchObject({ input: 10, output: (10 + 2 - 5 - 1) / 2 + 1, before: 1, after: 1 });
});

test('ceilMode rounds the length up', () => {
  const window = { kernelSize: 2, stride: 2, padding: 'valid' } as const;
  expect(sequenceGeometry({}, 5, window).width.output).toBe(2);
  expect(sequenceGeometry({}, 5, { ...window, ceilMode: true }).width.output).toBe(3);
});

class Toy {
  readonly kernelSize = 3;
  readonly stride = 1;
  readonly padding = 'valid';
}

describeRefusals([
  [
    'Toy.forward: expected a padded input of at least 3 for the kernel, got 2',
    () => sequenceGeometry(new Toy(), 2, new Toy()),
  ],
  [
    'Toy: expected a padded input of at least 3 for the kernel, got 2',
    () => sequenceGeometry(new Toy(), 2, new Toy(), 'constructor'),
  ],
]);
