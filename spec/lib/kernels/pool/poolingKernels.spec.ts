import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { axisGeometry } from '../../../../lib/geometry.ts';
import {
  type AxisMap,
  byMatMul,
  mapAxis,
  mapImage,
  mapImageToInput,
  transposed,
} from '../../../../lib/kernels/pad/axisMap.ts';
import { linear, nearest } from '../../../../lib/kernels/pad/resizeMap.ts';
import {
  windowMeans,
  windowSums,
  windowsThatCover,
} from '../../../../lib/kernels/pool/windowMap.ts';
import { Rng } from '../../../../lib/rng.ts';
import { expectAllClose } from '../../../support/compare.ts';
import { eachBackend } from '../../../support/fixtures.ts';
import { Grid } from '../../../support/grid.ts';

const RUNS = { seed: 0, numRuns: 60 };

/** Random maps along an axis. Each row has 0 to 5 weights. */
const maps = fc.oneof(
  fc
    .record({ first: fc.nat(3), rows: fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }) })
    .map(({ first, rows }): AxisMap => {
      const placed = rows.map((taps, i) => ({
        first: first + i,
        weights: Array.from({ length: taps }, (_, t) => (t + 1) * (i % 2 ? -0.5 : 0.25)),
      }));
      return { input: first + rows.length + 5, rows: placed };
    }),
  fc
    .record({
      input: fc.integer({ min: 3, max: 9 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 4 }),
    })
    .map(({ input, kernel, stride }) => windowSums(axisGeometry(input, kernel, stride, 1, 'same'))),
  fc
    .record({ input: fc.integer({ min: 1, max: 6 }), output: fc.integer({ min: 1, max: 9 }) })
    .map(({ input, output }) => linear(input, output, output / input, false)),
);

function dense({ input, rows }: AxisMap): Grid {
  const matrix = new Grid([rows.length, input]);
  rows.forEach(({ first, weights }, i) =>
    weights.forEach((weight, t) => matrix.add(weight, i, first + t)),
  );
  return matrix;
}

eachBackend('maps of an axis', () => {
  test('equal a product with their matrix, both by loops and by matmul', () => {
    fc.assert(
      fc.property(maps, fc.nat(1000), (map, seed) => {
        const x = Grid.random([2, 3, map.input, 4], new Rng(seed));
        const m = dense(map);
        const y = new Grid([2, 3, map.rows.length, 4]);
        for (let n = 0; n < 2; n++)
          for (let a = 0; a < 3; a++)
            for (let i = 0; i < map.rows.length; i++)
              for (let r = 0; r < map.input; r++)
                for (let c = 0; c < 4; c++) y.add(m.at(i, r) * x.at(n, a, r, c), n, a, i, c);
        tf.tidy(() => {
          expectAllClose(mapAxis(x.tensor(), 2, map), y, 'by loops');
          expectAllClose(byMatMul(x.tensor(), 2, map), y, 'by matrix product');
        });
      }),
      RUNS,
    );
  });

  test('apply to rows and columns of an image, and the gradient is the adjoint: Σ g·Mx = Σ Mᵀg·x', () => {
    fc.assert(
      fc.property(maps, maps, fc.nat(1000), (height, width, seed) => {
        const rng = new Rng(seed);
        const x = Grid.random([2, height.input, width.input, 3], rng);
        const g = Grid.random([2, height.rows.length, width.rows.length, 3], rng);
        const [mh, mw] = [dense(height), dense(width)];
        const [y, toInput] = [new Grid(g.shape), new Grid(x.shape)];
        for (let n = 0; n < 2; n++)
          for (let i = 0; i < height.rows.length; i++)
            for (let j = 0; j < width.rows.length; j++)
              for (let r = 0; r < height.input; r++)
                for (let q = 0; q < width.input; q++)
                  for (let c = 0; c < 3; c++) {
                    const weight = mh.at(i, r) * mw.at(j, q);
                    y.add(weight * x.at(n, r, q, c), n, i, j, c);
                    toInput.add(weight * g.at(n, i, j, c), n, r, q, c);
                  }
        tf.tidy(() => {
          expectAllClose(mapImage(x.tensor(), { height, width }), y, 'image');
          expectAllClose(mapImageToInput(g.tensor(), { height, width }), toInput, 'gradient');
        });
      }),
      RUNS,
    );
  });
});

test('transposing transposes the matrix', () => {
  fc.assert(
    fc.property(maps, (map) => {
      const [m, t] = [dense(map), dense(transposed(map))];
      expect(t.shape).toEqual([m.shape[1], m.shape[0]]);
      for (let i = 0; i < m.shape[0]; i++) {
        for (let r = 0; r < m.shape[1]; r++) expect(t.at(r, i)).toBe(m.at(i, r));
      }
    }),
    RUNS,
  );
});

const windows = fc.record({
  input: fc.integer({ min: 1, max: 20 }),
  kernel: fc.integer({ min: 1, max: 6 }),
  stride: fc.integer({ min: 1, max: 7 }),
  pad: fc.nat(3),
});

test('ceil mode adds a window if it starts inside the input or before it', () => {
  fc.assert(
    fc.property(windows, ({ input, kernel, stride, pad }) => {
      const padding = Math.min(pad, Math.floor(kernel / 2));
      const floor = axisGeometry(input, kernel, stride, 1, padding);
      const ceil = axisGeometry(input, kernel, stride, 1, padding, true);
      fc.pre(floor.output >= 1);
      // There is one more window if the windows leave cells uncovered and the next one starts
      // before the end padding.
      const covered = (floor.output - 1) * stride + kernel;
      const next = floor.output * stride;
      const more = covered < input + 2 * padding && next < input + padding ? 1 : 0;
      expect(ceil.output).toBe(floor.output + more);
      // With the overhang added to the padding, the windows fit without rounding.
      const { before, after, overhang = 0 } = ceil;
      expect([before, after - overhang]).toEqual([padding, padding]);
      expect(Math.floor((input + before + after - kernel) / stride) + 1).toBe(ceil.output);
    }),
    { seed: 0, numRuns: 1000 },
  );
});

test('ceil mode changes nothing under "same"', () => {
  fc.assert(
    fc.property(windows, ({ input, kernel, stride }) => {
      const { overhang, ...axis } = axisGeometry(input, kernel, stride, 1, 'same', true);
      expect(axis).toEqual(axisGeometry(input, kernel, stride, 1, 'same'));
      expect(overhang).toBe(0);
    }),
    { seed: 0, numRuns: 1000 },
  );
});

test('the weights of an average sum to 1, unless padding counts', () => {
  const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);
  const axis = axisGeometry(7, 4, 2, 1, 2, true);
  for (const { weights } of windowMeans(axis, false).rows)
    expect(total(weights)).toBeCloseTo(1, 12);
  expect(windowMeans(axis, true).rows.map(({ weights }) => total(weights))).toEqual([
    2 / 4,
    1,
    1,
    3 / 4,
    1 / 3,
  ]);
  for (const { weights } of windowsThatCover(13, 5).rows) expect(total(weights)).toBeCloseTo(1, 12);
  for (const { weights } of linear(3, 7, 7 / 3, true).rows)
    expect(total(weights)).toBeCloseTo(1, 12);
});

test('nearest neighbours are exact for any integer scale', () => {
  const { rows } = nearest(40, 40 * 49, 49);
  rows.forEach(({ first }, i) => expect(first).toBe(Math.trunc(i / 49)));
});
