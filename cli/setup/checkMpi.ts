import { GroupError } from '../../lib/group.ts';
import { joinGroup } from '../../lib/mpi/joinGroup.ts';

/**
 * A program that `setup mpi` starts on two ranks. It sums numbers over the ranks, in both
 * precisions, and rank 0 prints one line of JSON. It fails on a wrong sum.
 */

/** The findings of the program. */
export interface MpiFindings {
  /** The number of ranks. */
  readonly ranks: number;
}

const group = await joinGroup();
const ranks = Float64Array.of(1, group.rank);
group.sum(ranks);
const many = new Float32Array(100_000).fill(group.rank + 1);
const pending = group.startSum(many);
pending.wait();
if (ranks[0] !== group.size || many.some((value) => value !== (group.size * (group.size + 1)) / 2))
  throw new GroupError('expected the sum over the ranks, got another');
if (group.rank === 0) process.stdout.write(`${JSON.stringify({ ranks: group.size })}\n`);
group.leave();
