import { InputError } from './errors.ts';

/** Reports a problem that every rank of a group has found, in the same words. */
export class GroupError extends InputError {}

/** Ends the work of a rank because the signal of another rank was aborted. */
export class GroupStopped extends Error {
  constructor() {
    super('another rank has stopped');
  }
}

/** Numbers that ranks exchange, in single or double precision. */
export type GroupValues = Float32Array | Float64Array;

/** A sum over all ranks, which is computed while the caller continues. */
export interface PendingSum {
  /** Returns whether the sum has arrived. Calling it also lets the sum make progress. */
  isDone(): boolean;
  /** Waits until the sum has arrived. */
  wait(): void;
}

/**
 * The processes that train one network together. `joinGroup` of boxprop/node makes a group from the
 * processes that an MPI launcher has started; `soloGroup` is the group of a single process.
 *
 * Every rank must call the same methods in the same order, because each call waits for the others.
 * After an error in a method, the group is no longer usable.
 */
export interface Group {
  /** The number of this process, counted from 0. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /**
   * The number of this process among those on its machine, from 0. It can be used to choose a GPU.
   */
  readonly localRank: number;
  /** The number of processes on this machine. */
  readonly localSize: number;
  /** Replaces each value by its sum over all ranks. Every rank gets the same bits. */
  sum(values: GroupValues): void;
  /** Replaces each value by its maximum over all ranks. */
  max(values: GroupValues): void;
  /**
   * Starts to replace each value by its sum over all ranks. Until the sum has arrived, nothing else
   * may use the array. Its memory must be an `ArrayBuffer` that stays in use, not a view of
   * WebAssembly memory.
   */
  startSum(values: GroupValues): PendingSum;
  /** Replaces the bytes by those of the rank `from`, 0 by default. */
  broadcast(bytes: Uint8Array, from?: number): void;
  /** Returns the bytes of every rank, in the order of the ranks. Their lengths may differ. */
  gather(bytes: Uint8Array): readonly Uint8Array[];
  /** Leaves the group. Each rank calls it once, after its last exchange. */
  leave(): void;
  /** Ends the processes of all ranks at once, with an exit status. */
  abort(status: number): void;
}

/** The group of a single process. */
export const soloGroup: Group = {
  rank: 0,
  size: 1,
  localRank: 0,
  localSize: 1,
  sum: () => undefined,
  max: () => undefined,
  startSum: () => ({ isDone: () => true, wait: () => undefined }),
  broadcast: () => undefined,
  gather: (bytes) => [bytes.slice()],
  leave: () => undefined,
  abort: () => undefined,
};

/** Returns the text of every rank, in the order of the ranks. */
export function gatherText(group: Group, text: string): string[] {
  const decoder = new TextDecoder();
  return group.gather(new TextEncoder().encode(text)).map((bytes) => decoder.decode(bytes));
}

/** Returns the text of rank 0 on every rank. The other ranks' texts are not used. */
export function broadcastText(group: Group, text: string): string {
  return gatherText(group, group.rank === 0 ? text : '')[0];
}

/** The part of a batch, or of another list, that one rank computes. */
export interface Share {
  /** The index of the first element. */
  readonly from: number;
  /** The number of elements; 0 if there are fewer elements than ranks. */
  readonly count: number;
  /** The total number of elements of all ranks. */
  readonly of: number;
}

/**
 * Returns the share of a rank, which consists of consecutive elements. The shares of all ranks, in
 * order, make up the whole list. Their sizes differ by at most 1.
 */
export function shareOf({ rank, size }: Pick<Group, 'rank' | 'size'>, of: number): Share {
  const from = Math.floor((of * rank) / size);
  return { from, count: Math.floor((of * (rank + 1)) / size) - from, of };
}
