import type { Group, GroupValues } from '../../../lib/group.ts';

/** The memory that the threads of a group share. */
export interface SharedRoom {
  /** [threads that have arrived, number of the exchange] */
  readonly gate: Int32Array;
  /** The bytes of each rank. */
  readonly slots: readonly Uint8Array[];
}

/** Makes the memory for a group of threads that exchange at most `bytes` each. */
export function sharedRoom(size: number, bytes = 2 ** 22): SharedRoom {
  return {
    gate: new Int32Array(new SharedArrayBuffer(8)),
    slots: Array.from({ length: size }, () => new Uint8Array(new SharedArrayBuffer(bytes))),
  };
}

/**
 * A group of threads in one process: it lets the specs run several ranks without MPI. The sums are
 * formed in the order of the ranks, in double precision.
 */
export class ThreadGroup implements Group {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  /** The number of sums that `startSum` has started. */
  started = 0;
  readonly #room: SharedRoom;

  constructor(rank: number, room: SharedRoom) {
    this.rank = rank;
    this.localRank = rank;
    this.size = room.slots.length;
    this.localSize = this.size;
    this.#room = room;
  }

  sum(values: GroupValues): void {
    this.#combine(values, (a, b) => a + b);
  }

  max(values: GroupValues): void {
    this.#combine(values, Math.max);
  }

  startSum(values: GroupValues) {
    this.started++;
    this.sum(values);
    return { isDone: () => true, wait: () => undefined };
  }

  broadcast(bytes: Uint8Array, from = 0): void {
    const all = this.#exchange(bytes);
    bytes.set(all[from]);
  }

  gather(bytes: Uint8Array): Uint8Array[] {
    const lengths = new Float64Array(this.size);
    lengths[this.rank] = bytes.length;
    this.sum(lengths);
    const longest = Math.max(...lengths);
    const padded = new Uint8Array(longest);
    padded.set(bytes);
    return this.#exchange(padded).map((one, rank) => one.slice(0, lengths[rank]));
  }

  leave(): void {}

  abort(): void {}

  #combine(values: GroupValues, both: (a: number, b: number) => number): void {
    const doubles = Float64Array.from(values);
    const all = this.#exchange(new Uint8Array(doubles.buffer)).map(
      ({ buffer }) => new Float64Array(buffer),
    );
    values.set(all.reduce((sums, other) => sums.map((value, i) => both(value, other[i]))));
  }

  /** Returns copies of the bytes of all ranks. */
  #exchange(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const { slots } = this.#room;
    slots[this.rank].set(bytes);
    this.#meet();
    const all = slots.map((slot) => new Uint8Array(slot.subarray(0, bytes.length)));
    this.#meet();
    return all;
  }

  /** Waits until all ranks have arrived. */
  #meet(): void {
    const { gate } = this.#room;
    const turn = Atomics.load(gate, 1);
    if (Atomics.add(gate, 0, 1) === this.size - 1) {
      Atomics.store(gate, 0, 0);
      Atomics.add(gate, 1, 1);
      Atomics.notify(gate, 1);
      return;
    }
    // The notification of an earlier meeting may arrive late, so the turn is read again.
    while (Atomics.load(gate, 1) === turn) {
      // A rank that has failed must not let the others wait for ever.
      if (Atomics.wait(gate, 1, turn, 60_000) === 'timed-out')
        throw new Error(`rank ${this.rank}: the other ranks did not arrive`);
    }
  }
}
