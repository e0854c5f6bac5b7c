import { setTimeout } from 'node:timers/promises';
import { BoxpropError, messageOf } from '../lib/errors.ts';
import { broadcastText, GroupError, type Group } from '../lib/group.ts';
import { joinGroup } from '../lib/mpi/joinGroup.ts';
import { launchOf } from '../lib/mpi/launcher.ts';
import { printNote } from './process.ts';

/** The environment variable by which `--processes` asks each rank to say who it is. */
export const ANNOUNCE = 'BOXPROP_ANNOUNCE';
/** The start of the line that a rank then prints to standard error. */
export const ANNOUNCEMENT = 'boxprop-rank';

/**
 * The time, in milliseconds, that a rank waits before it reports a problem, so that rank 0 can
 * report the same problem first.
 */
const GRACE = 3000;

/**
 * Runs a command as one rank of the launcher's processes, or as the only process.
 *
 * Errors: those of `run`. A problem that all ranks have found is reported by rank 0 alone. A rank
 *         that has a problem of its own reports it, with its number, and ends all ranks.
 */
export async function asRank(run: (group: Group) => Promise<void>): Promise<void> {
  const { rank } = launchOf(process.env) ?? {};
  if (process.env[ANNOUNCE] !== undefined && rank !== undefined) {
    // The rank says who it is before it joins the others, so that its number is known if it dies
    // early.
    process.stderr.write(`${ANNOUNCEMENT} ${rank} ${process.pid}\n`);
    if (rank === 0) endWithParent();
  }
  const group = await joinGroup().catch((error: unknown) => {
    if (rank === undefined) throw error;
    // A signal ends this rank, because the launcher then ends the others. Otherwise they would wait
    // for it for ever.
    printNote(`rank ${rank}: ${messageOf(error)}`);
    process.kill(process.pid, 'SIGTERM');
    throw error;
  });
  if (group.size === 1) return run(group);
  try {
    await run(group);
    group.leave();
  } catch (error) {
    if (error instanceof GroupError) {
      group.leave();
      if (group.rank === 0) throw error;
      return;
    }
    if (group.rank === 0) throw error;
    await setTimeout(GRACE);
    printNote(`rank ${group.rank}: ${messageOf(error)}`);
    process.exit(1);
  }
}

/** Ends the ranks, with a checkpoint, if the process that has started them is killed. */
function endWithParent(): void {
  const { stdin } = process;
  stdin.once('end', () => process.kill(process.pid, 'SIGTERM')).resume();
  if ('unref' in stdin) stdin.unref();
}

/**
 * Returns on every rank a value that only rank 0 computes. The value must survive JSON.
 *
 * Errors: those of `compute`, on all ranks.
 */
export async function fromRank0<T>(group: Group, compute: () => Promise<T>): Promise<T> {
  if (group.size === 1) return compute();
  let answer: { readonly value?: T; readonly problem?: string } = {};
  try {
    if (group.rank === 0) answer = { value: await compute() };
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    answer = { problem: error.message };
  }
  const { value, problem } = JSON.parse(broadcastText(group, JSON.stringify(answer))) as {
    readonly value: T;
    readonly problem?: string;
  };
  if (problem !== undefined) throw new GroupError(problem);
  return value;
}
