import { shareOf, soloGroup } from '../../index.ts';
import type { AcrossErrors } from '../support/ranks/gradcheckAcross.ts';
import { expectSame, runThreads } from '../support/ranks/run.ts';

/** Several ranks, which are threads here. `group.long.spec.ts` runs processes of MPI. */

test('parts of a batch are consecutive and differ by at most one example', () => {
  const shares = [0, 1, 2, 3].map((rank) => shareOf({ rank, size: 4 }, 6));
  expect(shares).toEqual([
    { from: 0, count: 1, of: 6 },
    { from: 1, count: 2, of: 6 },
    { from: 3, count: 1, of: 6 },
    { from: 4, count: 2, of: 6 },
  ]);
  expect(shareOf(soloGroup, 6)).toEqual({ from: 0, count: 6, of: 6 });
  expect(shareOf({ rank: 0, size: 4 }, 3).count).toBe(0);
});

test('51 steps on 1 and 3 ranks give the same parameters', () => {
  // Synchronized batch norm, dropout, augmentation, Adam, class weights and a short last batch.
  expectSame(runThreads({}, 1, 3), 1e-12);
});

test('the gradients of BatchNorm across ranks are right', () => {
  const [ranks] = runThreads<AcrossErrors>('gradcheck', 3);
  for (const { input, params, moments } of ranks) {
    expect(input).toBeLessThan(1e-9);
    expect(params).toBeLessThan(1e-9);
    expect(moments[0]).toBeCloseTo(0.3, 12);
    expect(moments[1]).toBeCloseTo(1.5 ** 2, 4);
  }
});

test('if one rank gets the signal, all stop after the next step', () => {
  // The signal comes after the third step, and the ranks hear of it with the sums of the fourth.
  const [ranks] = runThreads({ abortedBy: 1, batchNorm: 'none' }, 3);
  expect(ranks.map(({ ended, steps }) => [ended, steps])).toEqual([
    ['aborted', 4],
    ['aborted', 4],
    ['aborted', 4],
  ]);
});

test('ranks that differ are refused on every rank', () => {
  const [ranks] = runThreads({ other: { shared: true } }, 2);
  const message = /^rank 1: expected the same network as on rank 0, "Sequential/;
  for (const { error } of ranks) expect(error).toMatch(message);
});

test('a batch that is too small for the statistics of each rank is refused', () => {
  const [ranks] = runThreads({ batchNorm: 'ranks' }, 4);
  for (const { error } of ranks) {
    expect(error).toBe(
      'Trainer: expected at least 2 examples of each batch on each rank, for the statistics of BatchNorm, ' +
        'got 1 on rank 0 (a batch of 6 on 4 ranks); use the statistics of all ranks with syncBatchNorm ' +
        '(--sync-batch-norm), or fewer ranks',
    );
  }
});
