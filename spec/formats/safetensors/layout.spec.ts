import { tensor, transpose } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { permute, storedInto, toStored, type Stored } from '../../../formats/safetensors/layout.ts';

const shapeAndOrder = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 })
  .chain((shape) => {
    const axes = shape.map((_, axis) => axis);
    return fc.tuple(
      fc.constant(shape),
      fc.shuffledSubarray(axes, { minLength: axes.length, maxLength: axes.length }),
    );
  });
const numbered = (shape: readonly number[]) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);

/** Loads values in parts of at most this many. */
function fromStored(values: Float32Array, stored: Stored, most = values.length): Float32Array {
  const loaded = new Float32Array(values.length);
  const put = storedInto(loaded, stored);
  for (let start = 0; start < values.length; start += most)
    put(values.subarray(start, start + most), start);
  return loaded;
}

describe('layouts', () => {
  beforeAll(() => useBackend('cpu'));

  test('permute equals tfjs’s transpose', () => {
    fc.assert(
      fc.property(shapeAndOrder, ([shape, order]) => {
        const values = numbered(shape);
        const expected = transpose(tensor(values, shape), order);
        expect(permute(values, shape, order)).toEqual(expected.dataSync());
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test('values survive storing, and loading in parts of any size', () => {
    fc.assert(
      fc.property(shapeAndOrder, fc.integer({ min: 1, max: 9 }), ([shape, order], most) => {
        const stored = { name: 'w', shape, order };
        const loaded = fromStored(numbered(shape), stored, most);
        expect(loaded).toEqual(permute(numbered(shape), shape, order));
        expect(toStored(loaded, stored)).toEqual(numbered(shape));
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test('reorders images flattened with channels first to channels last', () => {
    // A matrix of two rows. Its columns are the pixels of a 1x3 image with two channels.
    const stored = { name: 'w', shape: [2, 6], view: [2, 2, 1, 3], order: [0, 2, 3, 1] };
    const file = Float32Array.of(0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112);
    const here = Float32Array.of(0, 10, 1, 11, 2, 12, 100, 110, 101, 111, 102, 112);
    expect(fromStored(file, stored)).toEqual(here);
    expect(toStored(here, stored)).toEqual(file);
  });
});
