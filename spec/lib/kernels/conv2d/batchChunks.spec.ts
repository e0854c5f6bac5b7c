import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { withBackend, type BackendName } from '../../../../lib/backend/useBackend.ts';
import { axisGeometry, type Axis, type Geometry } from '../../../../lib/geometry.ts';
import { conv2d, conv2dToFilter, conv2dToInput } from '../../../../lib/kernels/conv2d/conv2d.ts';
import {
  cellsOf,
  gather,
  batchChunks,
  scatter,
  windowsOf,
} from '../../../../lib/kernels/conv2d/im2col.ts';
import { Rng } from '../../../../lib/rng.ts';
import { BACKENDS } from '../../../support/fixtures.ts';
import { Grid } from '../../../support/grid.ts';

/**
 * Tests that the chunks of bounded size, in which the windows of a batch are computed, together
 * give the same result as the whole batch.
 */

const axes = fc
  .record({
    input: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    padding: fc.nat(4),
  })
  .map((a): Axis => axisGeometry(a.input, a.kernel, a.stride, a.dilation, a.padding))
  .filter(({ output }) => output >= 1);
const geometries = fc.record({ height: axes, width: axes });

test('gather and scatter give the same in chunks as in one piece', () => {
  const check = (geometry: Geometry, batch: number, maxElements: number) => {
    const channels = 2;
    const [windows, cells] = [windowsOf(geometry), cellsOf(geometry, channels)];
    const pixels = geometry.height.input * geometry.width.input;
    const x = Float64Array.from({ length: batch * pixels * channels }, (_, i) => i + 1);
    const [whole, byParts] = [0, 0].map(() => new Float64Array(batch * windows * cells));
    const [back, backByParts] = [0, 0].map(() => new Float64Array(x.length));
    gather(whole, x, batch, geometry, channels);
    scatter(back, whole, batch, geometry, channels);
    for (const part of batchChunks(batch, geometry, channels, maxElements)) {
      const size = part.images * windowsOf(part.geometry) * cells;
      expect(size <= maxElements || (part.images === 1 && part.geometry.height.output === 1)).toBe(
        true,
      );
      const start = part.firstPixel * channels;
      const { height, width } = part.geometry;
      const [rows, end] = [
        byParts.subarray(part.firstWindow * cells, part.firstWindow * cells + size),
        start + part.images * height.input * width.input * channels,
      ];
      // Passes only the pixels of the chunk, because a chunk must be a batch of its own.
      gather(rows, x.subarray(start, end), part.images, part.geometry, channels);
      scatter(backByParts.subarray(start, end), rows, part.images, part.geometry, channels);
    }
    expect(byParts).toEqual(whole);
    expect(backByParts).toEqual(back);
  };
  fc.assert(
    fc.property(
      geometries,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 600 }),
      check,
    ),
    { seed: 0, numRuns: 500 },
  );
});

/** The windows of a single image have more than 2^22 cells, so wasm computes them in chunks too. */
const LARGE: Geometry = {
  height: axisGeometry(110, 36, 2, 1, 3),
  width: axisGeometry(76, 18, 1, 2, 0),
};
/** The windows of several images together have more than 2^22 cells. */
const MANY: Geometry = {
  height: axisGeometry(26, 5, 1, 1, 0),
  width: axisGeometry(30, 5, 1, 1, 1),
};

test.each([
  ['within an image', 1, LARGE, 4, 1],
  ['among images', 14, MANY, 24, 2],
] as const)(
  'a convolution too large for one chunk, %s',
  async (_, batch, geometry, channels, outChannels) => {
    const { height, width } = geometry;
    expect(batchChunks(batch, geometry, channels, 2 ** 22).length).toBeGreaterThan(1);
    const rng = new Rng(0);
    const x = Grid.random([batch, height.input, width.input, channels], rng);
    const w = Grid.random([height.kernel, width.kernel, channels, outChannels], rng);
    const g = Grid.random([batch, height.output, width.output, outChannels], rng);
    const computeOn = (backend: BackendName) =>
      withBackend(backend, () => {
        const [images, filters, grad] = [x, w, g].map((grid) => grid.tensor<tf.Tensor4D>());
        return [
          conv2d(images, filters, geometry),
          conv2dToInput(grad, filters, geometry),
          conv2dToFilter(images, grad, geometry),
        ].map((t) => ({ shape: t.shape, values: Array.from(t.dataSync()) }));
      });
    const expected = await computeOn('float64');
    for (const backend of BACKENDS) {
      (await computeOn(backend)).forEach(({ shape, values }, k) => {
        const what = `${backend}: ${['output', 'input', 'filter'][k]}`;
        expect(`${what} [${shape.join()}]`).toBe(`${what} [${expected[k].shape.join()}]`);
        const largest = expected[k].values.reduce(
          (most, value) => Math.max(most, Math.abs(value)),
          0,
        );
        const wrong = values.findIndex(
          (value, i) => !(Math.abs(value - expected[k].values[i]) <= 1e-5 * largest),
        );
        expect([what, wrong]).toEqual([what, -1]);
      });
    }
  },
);
