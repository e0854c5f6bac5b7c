import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../../../../lib/constant.ts';
import {
  meanOver,
  momentsOver,
  broadcastGroups,
  sumOver,
  viewOf,
  type ReductionGroups,
} from '../../../../lib/kernels/normalize/reductionGroups.ts';
import { Rng } from '../../../../lib/rng.ts';
import { expectAllClose } from '../../../support/compare.ts';
import { AvgPool2D } from '../../../../modules/avgPool2d.ts';
import { eachBackend } from '../../../support/fixtures.ts';

/**
 * Groupings [outer, rows, groups, columns]: one axis at a time, prime lengths, and lengths that are
 * summed in blocks.
 */
const GROUPINGS: readonly [number, number, number, number][] = [
  [1, 5, 3, 1],
  [4, 1, 1, 7],
  [2, 3, 4, 5],
  [3, 6, 2, 1],
  [1, 1, 3, 4],
  [2, 1, 3, 2],
  [1, 4, 1, 3],
  [1, 97, 2, 1],
  [2, 1, 1, 101],
  [1, 360, 2, 36],
  [5, 1, 1, 1],
  [1, 1, 1, 1],
];

eachBackend('sums over groups', () => {
  test.each(GROUPINGS)('[%d, %d, %d, %d]', (outer, rows, groups, columns) => {
    const grouping: ReductionGroups = { outer, rows, groups, columns };
    const size = outer * rows * groups * columns;
    const values = Array.from(new Rng(2).normals(size, 1), (value) => Math.round(64 * value) / 64);
    const groupOf = (i: number) =>
      Math.floor(i / (rows * groups * columns)) * groups + (Math.floor(i / columns) % groups);
    const members = Array.from({ length: outer * groups }, (_, set) =>
      values.filter((_, i) => groupOf(i) === set),
    );
    const sum = (of: number[]) => of.reduce((total, value) => total + value, 0);
    const means = members.map((own) => sum(own) / own.length);

    const x = constant<tf.Rank>(values, [size]);
    const shape = [outer, 1, groups];
    expectAllClose(sumOver(x, grouping), { shape, values: members.map(sum) }, 'sums');
    expectAllClose(meanOver(x, grouping), { shape, values: means }, 'means');
    const { mean, variance } = momentsOver(x, grouping);
    const variances = members.map(
      (own, set) => sum(own.map((value) => (value - means[set]) ** 2)) / own.length,
    );
    expectAllClose(mean, { shape, values: means }, 'mean');
    expectAllClose(variance, { shape, values: variances }, 'variance');
    const centered = tf.sub(tf.reshape(x, viewOf(grouping)), broadcastGroups(mean, grouping));
    expectAllClose(
      centered,
      { shape: viewOf(grouping), values: values.map((value, i) => value - means[groupOf(i)]) },
      'centered',
    );
  });

  test('tens of thousands of groups', () => {
    const [rows, groups] = [121, 20_000];
    const row = Array.from({ length: groups }, (_, g) => (g % 97) / 64);
    const x = constant<tf.Rank>(Array.from({ length: rows }, () => row).flat(), [rows, groups]);
    const sums = sumOver(x, { outer: 1, rows, groups, columns: 1 });
    expectAllClose(
      sums,
      { shape: [1, 1, groups], values: row.map((value) => rows * value) },
      'sums',
    );
  });

  test('rounding does not grow with the number of terms', () => {
    const rows = 2 ** 18;
    const x = tf.fill([rows, 2], 0.1);
    const [mean] = meanOver(x, { outer: 1, rows, groups: 2, columns: 1 }).dataSync();
    const [long] = meanOver(x, { outer: 1, rows: 1, groups: 1, columns: 2 * rows }).dataSync();
    expect(Math.abs(mean / Math.fround(0.1) - 1)).toBeLessThan(5e-5);
    expect(Math.abs(long / Math.fround(0.1) - 1)).toBeLessThan(5e-5);
  });
});

eachBackend('averages', () => {
  test('more channels than a kernel may have', () => {
    const channels = 20_000;
    const images = tf.tile(tf.reshape<tf.Rank.R4>(tf.range(0, 12), [1, 4, 3, 1]), [
      1,
      1,
      1,
      channels,
    ]);
    const shape = [1, 1, 1, channels];
    expectAllClose(
      new AvgPool2D([4, 3]).forward(images).output,
      { shape, values: Array<number>(channels).fill(5.5) },
      'averages',
    );
  });
});
