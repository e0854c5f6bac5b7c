import type { RankResult } from '../support/ranks/job.ts';
import { expectSame, runThreads } from '../support/ranks/run.ts';

/** Options of a training on several ranks, which are threads here. */

test('frozen boxes keep every bit on 1 and 3 ranks, and train the rest alike', () => {
  const groups = runThreads({ frozen: ['0', '1'], batchNorm: 'all', epochs: 17 }, 1, 3);
  expectSame(groups, 1e-12);
  const filters = 3 * 3 * 2 * 4;
  const frozen = ({ params, buffers }: RankResult) => [
    params.slice(0, filters),
    buffers.slice(0, 8),
  ];
  const [[alone], ranks] = groups;
  expect(alone.buffers.slice(0, 8)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  for (const rank of ranks) expect(frozen(rank)).toEqual(frozen(alone));
});

test('parts of a batch on 2 ranks give the step of the whole batch', () => {
  const job = { batchNorm: 'none', epochs: 2, accumulate: 2 } as const;
  const [[alone], ranks] = runThreads(job, 1, 2);
  const [[whole1]] = runThreads({ ...job, accumulate: 1 }, 1);
  for (const { params, error } of [alone, ...ranks]) {
    expect(error).toBeUndefined();
    params.forEach((value, i) => expect(value).toBeCloseTo(whole1.params[i], 11));
  }
});

test('the average of the weights is equal on all ranks', () => {
  const job = { batchNorm: 'all', epochs: 17, average: true } as const;
  expectSame(runThreads(job, 1, 3), 1e-12);
  // Ranks without the average, or with another one, are refused.
  const [ranks] = runThreads({ ...job, other: { average: false } }, 2);
  for (const { error } of ranks) expect(error).toMatch('decay of the average');
});
