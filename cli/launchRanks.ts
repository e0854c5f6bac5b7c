import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { InputError } from '../lib/errors.ts';
import { systemCode } from '../lib/files/systemError.ts';
import { findMpi, MPI_VARIABLE } from '../lib/mpi/findMpi.ts';
import { LauncherReport, type Death } from './launcherReport.ts';
import { ANNOUNCE } from './ranks.ts';

/** The end of the ranks of a job. */
export interface Ended {
  /** The exit status of the launcher. */
  readonly status: number;
  /** The rank that died first; undefined if the launcher did not say. */
  readonly died?: Death;
}

/**
 * Runs this program in several processes through `mpiexec` and passes on what they print, except
 * the lines that mpiexec itself prints when a rank dies.
 *
 * Errors: no `mpiexec`.
 * @param args the arguments of each process.
 * @param signal ends the ranks after their step in progress.
 */
export async function launchRanks(
  processes: number,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Ended> {
  const { mpiexec, library } = findLauncher('--processes');
  const [program] = process.argv.slice(1);
  const child = spawn(
    mpiexec,
    ['-n', String(processes), process.execPath, ...process.execArgv, program, ...args],
    {
      // MPICH reports the death of a rank on standard output, Open MPI on standard error. Rank 0
      // reads standard input, which ends when this process does, even if it is killed.
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...LAUNCH_ENVIRONMENT, ...process.env, [MPI_VARIABLE]: library, [ANNOUNCE]: '1' },
      // mpiexec gets its own process group, so that a Ctrl-C reaches only this process.
      detached: true,
    },
  );
  const report = new LauncherReport();
  // The ranks themselves get the signal and agree to stop, because mpiexec would kill them. One
  // rank would be enough, but during an evaluation the others would first finish their batches.
  const stop = () => {
    if (report.processes.length === 0) child.kill('SIGTERM');
    for (const pid of report.processes) endProcess(pid);
  };
  signal.addEventListener('abort', stop);
  const pass = async (input: Readable, output: NodeJS.WriteStream) => {
    for await (const line of createInterface({ input }))
      if (!report.isOfLauncher(line)) output.write(`${line}\n`);
  };
  await Promise.all([pass(child.stdout, process.stdout), pass(child.stderr, process.stderr)]);
  signal.removeEventListener('abort', stop);
  const status = await new Promise<number>((resolve) => {
    const done = (code: number | null, by: NodeJS.Signals | null) =>
      resolve(code ?? 128 + constants.signals[by ?? 'SIGKILL']);
    if (child.exitCode !== null || child.signalCode !== null)
      done(child.exitCode, child.signalCode);
    else child.once('exit', done);
  });
  // A launcher that fails before the ranks have started says why.
  if (status !== 0 && report.processes.length === 0 && report.died === undefined)
    for (const line of report.swallowed) process.stderr.write(`${line}\n`);
  return { status, ...(report.died && { died: report.died }) };
}

/**
 * Lets Open MPI run as root, as in a container, run more ranks than processors, and not tie a rank
 * to one processor, which its threads would share.
 */
export const LAUNCH_ENVIRONMENT = {
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_MCA_hwloc_base_binding_policy: 'none',
  PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
  PRTE_MCA_hwloc_default_binding_policy: 'none',
};

/** Asks a process to end, unless it has ended already. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/**
 * Returns the MPI that starts ranks on this machine.
 *
 * Errors: no `mpiexec`.
 * @param place the option or program that needs it, for the message.
 */
export function findLauncher(place: string): {
  readonly mpiexec: string;
  readonly library: string;
} {
  for (const { mpiexec, library } of findMpi())
    if (mpiexec !== undefined) return { mpiexec, library };
  throw new InputError(`${place}: expected mpiexec in the path, got none: npx boxprop setup mpi`);
}
