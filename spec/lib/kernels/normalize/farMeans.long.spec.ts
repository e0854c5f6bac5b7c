import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm } from '../../../../modules/batchNorm.ts';
import { ContrastNorm2D } from '../../../../modules/contrastNorm2d.ts';
import { GroupNorm } from '../../../../modules/groupNorm.ts';
import { InstanceNorm } from '../../../../modules/instanceNorm.ts';
import { LayerNorm } from '../../../../modules/layerNorm.ts';
import { SubtractiveNorm2D } from '../../../../modules/subtractiveNorm2d.ts';
import { sumOver } from '../../../../lib/kernels/normalize/reductionGroups.ts';
import { sumLeading } from '../../../../lib/kernels/reduce/sumLeading.ts';
import type { Module } from '../../../../lib/module.ts';
import { Rng } from '../../../../lib/rng.ts';
import { numbers } from '../../../support/compare.ts';
import { eachBackend } from '../../../support/fixtures.ts';

/** Tests inputs as large as in real networks, and values far from 0, where rounding errors grow. */

const largest = (x: tf.Tensor) => tf.max(tf.abs(x)).dataSync()[0];

eachBackend('normalization far from 0', () => {
  const boxes = {
    BatchNorm: () => new BatchNorm(3),
    LayerNorm: () => new LayerNorm([3]),
    GroupNorm: () => new GroupNorm(3, 3),
    InstanceNorm: () => new InstanceNorm(3),
    SubtractiveNorm2D: () => new SubtractiveNorm2D(3),
    ContrastNorm2D: () => new ContrastNorm2D(3),
  } satisfies Record<string, () => Module>;
  const values = [200.3, 10000.3, -0.1];
  const cases = Object.entries(boxes).flatMap(([name, make]) =>
    values.map((value): [string, number, () => Module] => [name, value, make]),
  );

  test.each(cases)('%s of a flat image of %d is 0', (_, value, make) => {
    const { output } = make().forward(tf.fill([3, 31, 29, 3], value), { mode: 'training' });
    expect(largest(output)).toBeLessThan(1e-6);
  });

  test('BatchNorm of a mean of 1000 deviations', () => {
    const values = Float32Array.from(new Rng(0).normals(64 * 33 * 35), (z) => 1000 + z);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const { output } = new BatchNorm(1).forward(tf.tensor4d(values, [64, 33, 35, 1]), {
      mode: 'training',
    });
    const got = output.dataSync();
    const errors = values.map((value, i) =>
      Math.abs(got[i] - (value - mean) / Math.sqrt(variance + 1e-5)),
    );
    // Rounding a value near 1000 to single precision gives an error of up to 3e-5.
    expect(errors.reduce((most, error) => Math.max(most, error))).toBeLessThan(4e-5);
  });

  test('the variance of [64, 112, 112, 1]', () => {
    const values = Float32Array.from(new Rng(1).normals(64 * 112 * 112), (z) => 1 + z);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const box = new BatchNorm(1, { momentum: 1 });
    const { cache } = box.forward(tf.tensor4d(values, [64, 112, 112, 1]), { mode: 'training' });
    box.updateBuffers(cache);
    const unbiased = (variance * values.length) / (values.length - 1);
    expect(Math.abs(box.buffers.runningVar.dataSync()[0] / unbiased - 1)).toBeLessThan(2e-6);
    expect(Math.abs(box.buffers.runningMean.dataSync()[0] / mean - 1)).toBeLessThan(2e-6);
  });
});

eachBackend('long sums', () => {
  test.each([
    ['one group', { outer: 1, rows: 1, groups: 1, columns: 1e7 }],
    ['a prime number of rows', { outer: 1, rows: 3_333_331, groups: 3, columns: 1 }],
    ['a prime number of columns', { outer: 3, rows: 1, groups: 1, columns: 3_333_331 }],
    ['rows and columns', { outer: 2, rows: 5003, groups: 2, columns: 499 }],
  ])('%s', (_, grouping) => {
    const { outer, rows, groups, columns } = grouping;
    const x = tf.fill([outer * rows * groups * columns], 0.1);
    const exact = Math.fround(0.1) * rows * columns;
    for (const sum of sumOver(x, grouping).dataSync()) {
      expect(Math.abs(sum / exact - 1)).toBeLessThan(2e-6);
    }
    x.dispose();
  });

  test.each([NaN, Infinity, -Infinity])('%d passes through, in its group only', (value) => {
    const [rows, groups] = [700, 40];
    const values = new Float32Array(rows * groups).fill(1);
    values[311 * groups + 17] = value;
    const x = tf.tensor2d(values, [rows, groups]);
    const expected = Array.from({ length: groups }, (_, g) => (g === 17 ? value : rows));
    expect(numbers(sumLeading(x))).toEqual(expected);
    const lines = sumOver(x, { outer: rows, rows: 1, groups: 1, columns: groups });
    expect(lines.dataSync()[311]).toBe(value);
    expect(lines.dataSync()[312]).toBe(groups);
  });
});
