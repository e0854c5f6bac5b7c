import { InputError } from '../errors.ts';

/** The environment variables that an MPI launcher sets for each process that it starts. */
export interface Launch {
  /** The kind of library that the launcher serves; undefined if several kinds can use it. */
  readonly family?: 'Open MPI' | 'MPICH';
  /** The number of processes, if a variable states it. */
  readonly size?: number;
  /** The rank of this process, if a variable states it. */
  readonly rank?: number;
}

/**
 * Returns how an MPI launcher (mpiexec, mpirun, srun, or the MPI operator of Kubernetes) has
 * started this process, or undefined if none has.
 *
 * Errors: a Slurm step with several tasks but without MPI, in which each task would behave like the
 *         only one.
 */
export function launchOf(env: NodeJS.ProcessEnv): Launch | undefined {
  const size = (name: string) => (env[name] === undefined ? {} : { size: Number(env[name]) });
  const rank = (name: string) => (env[name] === undefined ? {} : { rank: Number(env[name]) });
  if (env.OMPI_COMM_WORLD_SIZE !== undefined)
    return {
      family: 'Open MPI',
      ...size('OMPI_COMM_WORLD_SIZE'),
      ...rank('OMPI_COMM_WORLD_RANK'),
    };
  if (env.PMI_RANK !== undefined)
    return { family: 'MPICH', ...size('PMI_SIZE'), ...rank('PMI_RANK') };
  if (env.PMIX_RANK !== undefined) return { ...size('SLURM_STEP_NUM_TASKS'), ...rank('PMIX_RANK') };
  const tasks = Number(env.SLURM_STEP_NUM_TASKS ?? 1);
  if (tasks > 1) {
    throw new InputError(
      `joinGroup: expected srun to start ${tasks} tasks with MPI, got tasks that do not know each ` +
        `other: srun --mpi=pmix for Open MPI, srun --mpi=pmi2 for MPICH`,
    );
  }
  return undefined;
}
