import { soloGroup, type Group } from '../group.ts';
import { InputError } from '../errors.ts';
import { findMpi, MPI_VARIABLE } from './findMpi.ts';
import { launchOf, type Launch } from './launcher.ts';
import { MpiGroup } from './mpiGroup.ts';
import { MpiLibrary } from './mpiLibrary.ts';

/**
 * Joins the group of the processes that an MPI launcher (mpiexec, mpirun, srun, or the MPI operator
 * of Kubernetes) has started. Without a launcher, the group has one process and no MPI library is
 * loaded.
 *
 * If the process exits without a call of `group.leave()`, it leaves the group when it exits. A
 * process that exits with a status other than 0 ends all processes of the group.
 *
 * Errors: a missing package koffi; no MPI library that fits the launcher; a Slurm step without MPI;
 *         a second call in the same process.
 *
 *     const group = await joinGroup();
 *     await new Trainer({ ...options, group }).run();
 *     group.leave();
 */
export async function joinGroup(): Promise<Group> {
  const launch = launchOf(process.env);
  if (launch === undefined) return soloGroup;
  const mpi = await libraryFor(launch);
  const flag = new Int32Array(new ArrayBuffer(128));
  mpi.call('Initialized', flag);
  if (flag[0] !== 0)
    throw new InputError('joinGroup: expected one call per process, got a second one');
  mpi.call('Init_thread', 0, 0, mpi.abi.funneled, flag);
  const group = new MpiGroup(mpi);
  // Node prints an error that nobody catches only after the event 'exit', which ends the process.
  process.once('uncaughtExceptionMonitor', (error) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`boxprop: rank ${group.rank}: ${text}\n`);
  });
  process.once('exit', (status) => {
    if (status === 0) group.leave();
    else group.abort(status);
  });
  const { size = group.size } = launch;
  if (group.size === size) return group;
  throw new InputError(
    `joinGroup: expected the ${size} processes of the launcher, got ${group.size}: ${mpi.file} does ` +
      `not belong to it; ${MPI_VARIABLE}=FILE names another library`,
  );
}

/** Loads the first library that exists and is of the kind that the launcher needs. */
async function libraryFor({ family }: Launch): Promise<MpiLibrary> {
  const problems: string[] = [];
  for (const { library } of findMpi()) {
    try {
      const mpi = await MpiLibrary.load(library);
      const isOpenMpi = mpi.abi.family === 'Open MPI';
      if (family === undefined || (family === 'Open MPI') === isOpenMpi) return mpi;
      problems.push(`${library} is ${mpi.abi.family}`);
    } catch (error) {
      if (!(error instanceof InputError) || error.message.startsWith('joinGroup')) throw error;
      problems.push(error.message);
    }
  }
  throw new InputError(
    `joinGroup: expected a library of ${family ?? 'MPI'} for the launcher, got none ` +
      `(${problems[0] ?? 'no MPI on this machine'}): npx boxprop setup mpi, or ` +
      `${MPI_VARIABLE}=FILE names one`,
  );
}
