import { fileURLToPath } from 'node:url';
import { findMpi } from '../../../lib/mpi/findMpi.ts';
import { LAUNCH_ENVIRONMENT } from '../../../cli/launchRanks.ts';
import type { Job, RankResult } from './job.ts';
import { runProgram } from '../runProgram.ts';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));
const NODE = [process.execPath, '--conditions=boxprop-source', '--import', 'tsx', PROGRAM];

/** Runs the program with ranks that are threads, for each size. */
export function runThreads<T = RankResult>(
  job: Partial<Job> | 'gradcheck',
  ...sizes: number[]
): T[][] {
  const given = typeof job === 'string' ? job : JSON.stringify(job);
  const [node, ...args] = [...NODE, given, ...sizes.map(String)];
  const { stdout, stderr, status } = runProgram(node, args, {});
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T[][];
}

/** The `mpiexec` of this machine, if there is one. */
export const MPIEXEC = findMpi().find(({ mpiexec }) => mpiexec !== undefined)?.mpiexec;

/** Runs the program with ranks that are processes of MPI. */
export function runMpi(job: Partial<Job>, size: number): RankResult[] {
  const { stdout, stderr, status } = runProgram(
    MPIEXEC ?? 'mpiexec',
    ['-n', String(size), ...NODE, JSON.stringify(job)],
    { env: { ...process.env, ...LAUNCH_ENVIRONMENT } },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as RankResult[];
}

/**
 * Checks that all ranks of all groups ended with the parameters of the single rank of the first
 * group, within a tolerance relative to the largest value, and that the ranks of a group are equal
 * bit for bit.
 */
export function expectSame([[alone], ...groups]: RankResult[][], tolerance: number): void {
  expect(alone).toMatchObject({ ended: 'completed', leaked: 0 });
  expect(alone.steps).toBeGreaterThanOrEqual(50);
  for (const ranks of groups) {
    for (const rank of ranks) {
      expect(rank.error).toBeUndefined();
      expect(difference(alone.params, rank.params)).toBeLessThan(tolerance);
      expect(difference(alone.buffers, rank.buffers)).toBeLessThan(tolerance);
      expect(difference(alone.losses, rank.losses)).toBeLessThan(tolerance);
      expect(rank.params).toEqual(ranks[0].params);
      expect(rank.buffers).toEqual(ranks[0].buffers);
      expect(rank.trainErrors).toEqual(alone.trainErrors);
      expect(rank.leaked).toBe(0);
    }
  }
}

/** Returns the largest difference between two lists, relative to the largest value. */
function difference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Infinity;
  const largest = Math.max(...a.map(Math.abs));
  return Math.max(0, ...a.map((value, i) => Math.abs(value - b[i]))) / (largest || 1);
}
