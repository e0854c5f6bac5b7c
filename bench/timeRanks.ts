import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findLauncher, LAUNCH_ENVIRONMENT } from '../cli/launchRanks.ts';
import { MPI_VARIABLE } from '../lib/mpi/findMpi.ts';
import type { RankTime } from './rankStep.ts';

/** The steps that `timeRanks` measures. */
export interface RankSteps {
  readonly network: string;
  /** The number of images of a step, of all ranks together. */
  readonly batch: number;
  readonly backend: string;
  readonly steps: number;
}

const CHILD = fileURLToPath(new URL('rankStep.ts', import.meta.url));

/**
 * Runs `rankStep.ts` on a number of ranks, and returns the times of rank 0.
 *
 * Errors: no `mpiexec`; a program that fails, with its standard error.
 */
export function timeRanks(ranks: number, { network, batch, backend, steps }: RankSteps): RankTime {
  const { mpiexec, library } = findLauncher('bench');
  const node = [process.execPath, '--conditions=boxprop-source', '--import', 'tsx', CHILD];
  const { stdout, stderr, status } = spawnSync(
    mpiexec,
    ['-n', String(ranks), ...node, network, String(batch), backend, String(steps)],
    { encoding: 'utf8', env: { ...process.env, ...LAUNCH_ENVIRONMENT, [MPI_VARIABLE]: library } },
  );
  const line = stdout.split('\n').find((text) => text.startsWith('{"step"'));
  if (status !== 0 || line === undefined) throw new Error(`bench: ${stderr}`);
  return JSON.parse(line) as RankTime;
}
