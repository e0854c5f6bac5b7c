import { availableParallelism, hostname } from 'node:os';
import { gatherText, type Group, type GroupValues, type PendingSum } from '../group.ts';
import type { MpiLibrary } from './mpiLibrary.ts';

/**
 * A waiting rank sleeps after this number of polls. A poll takes about a microsecond, and the ranks
 * of a step meet within milliseconds if each has a processor of its own.
 */
const POLLS = { ofCrowd: 100, ofFew: 10_000 } as const;
/** The time for which it sleeps, in milliseconds. */
const SLEEP = 0.05;

/**
 * The ranks that an MPI launcher has started. Only the main thread may call the methods.
 *
 * While an MPI library waits, it keeps the processor busy. If a machine has more ranks than
 * processors, or runs other programs, a waiting rank would take the processor from the rank that it
 * waits for: an exchange among three ranks on two processors took a second. Therefore, a waiting
 * rank sleeps between two polls: after the first polls on a machine with more ranks than
 * processors, and later on others.
 *
 * The arrays that MPI writes to have memory of their own: V8 moves small arrays, but not an
 * `ArrayBuffer` of at least 128 bytes.
 */
export class MpiGroup implements Group {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  readonly #mpi: MpiLibrary;
  /** Receives the result of a call that returns a number. */
  readonly #answer = new Int32Array(new ArrayBuffer(128));
  /** Nothing ever changes this array, so waiting for a change of it with a timeout is a sleep. */
  readonly #bed = new Int32Array(new SharedArrayBuffer(4));
  #isCrowded = true;
  #hasLeft = false;

  /** @param mpi a library that is already initialized. */
  constructor(mpi: MpiLibrary) {
    this.#mpi = mpi;
    const { abi } = mpi;
    mpi.call('Comm_set_errhandler', abi.world, abi.errorsReturn);
    mpi.call('Comm_rank', abi.world, this.#answer);
    this.rank = this.#answer[0];
    mpi.call('Comm_size', abi.world, this.#answer);
    this.size = this.#answer[0];
    const hosts = gatherText(this, hostname());
    const isHere = (host: string) => host === hosts[this.rank];
    this.localRank = hosts.slice(0, this.rank).filter(isHere).length;
    this.localSize = hosts.filter(isHere).length;
    this.#isCrowded = this.localSize > availableParallelism();
  }

  sum(values: GroupValues): void {
    this.#reduce(values, this.#mpi.abi.sum);
  }

  max(values: GroupValues): void {
    this.#reduce(values, this.#mpi.abi.max);
  }

  startSum(values: GroupValues): PendingSum {
    return this.#startReduce(values, this.#mpi.abi.sum);
  }

  broadcast(bytes: Uint8Array, from = 0): void {
    if (bytes.length === 0) return;
    const { byte, world } = this.#mpi.abi;
    const room = new Uint8Array(new ArrayBuffer(Math.max(bytes.length, 128)));
    room.set(bytes);
    this.#start((request) =>
      this.#mpi.call('Ibcast', room, bytes.length, byte, from, world, request),
    ).wait();
    bytes.set(room.subarray(0, bytes.length));
  }

  gather(bytes: Uint8Array): Uint8Array[] {
    const lengths = new Float64Array(this.size);
    lengths[this.rank] = bytes.length;
    this.sum(lengths);
    const { byte, world } = this.#mpi.abi;
    const longest = Math.max(1, ...lengths);
    const own = new Uint8Array(new ArrayBuffer(Math.max(longest, 128)));
    own.set(bytes);
    const all = new Uint8Array(new ArrayBuffer(Math.max(longest * this.size, 128)));
    this.#start((request) =>
      this.#mpi.call('Iallgather', own, longest, byte, all, longest, byte, world, request),
    ).wait();
    return Array.from(lengths, (length, rank) =>
      all.slice(rank * longest, rank * longest + length),
    );
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#mpi.call('Finalize');
  }

  abort(status: number): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#mpi.call('Abort', this.#mpi.abi.world, status);
  }

  #reduce(values: GroupValues, operation: number | bigint): void {
    if (values.byteLength >= 128) {
      this.#startReduce(values, operation).wait();
      return;
    }
    const room = withRoom(values);
    this.#startReduce(room.subarray(0, values.length), operation).wait();
    values.set(room.subarray(0, values.length));
  }

  #startReduce(values: GroupValues, operation: number | bigint): PendingSum {
    const { inPlace, float, double, world } = this.#mpi.abi;
    const type = values instanceof Float64Array ? double : float;
    return this.#start((request) =>
      this.#mpi.call('Iallreduce', inPlace, values, values.length, type, operation, world, request),
    );
  }

  /** Starts an exchange, and returns an object with which the caller can wait for it. */
  #start(begin: (request: BigInt64Array) => void): PendingSum {
    const request = new BigInt64Array(new ArrayBuffer(128));
    begin(request);
    const { ignoreStatus } = this.#mpi.abi;
    let isDone = false;
    const poll = () => {
      if (isDone) return true;
      this.#mpi.call('Test', request, this.#answer, ignoreStatus);
      isDone = this.#answer[0] !== 0;
      return isDone;
    };
    return {
      isDone: poll,
      wait: () => {
        const patience = this.#isCrowded ? POLLS.ofCrowd : POLLS.ofFew;
        for (let polls = 1; !poll(); polls++) {
          if (polls > patience) Atomics.wait(this.#bed, 0, 0, SLEEP);
        }
      },
    };
  }
}

/** Copies a small array into memory that V8 does not move. */
function withRoom(values: GroupValues): GroupValues {
  const buffer = new ArrayBuffer(128);
  const room = values instanceof Float64Array ? new Float64Array(buffer) : new Float32Array(buffer);
  room.set(values);
  return room;
}
