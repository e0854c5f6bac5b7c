import type { Elsewhere, SearchTask } from '../../search/search.ts';
import type { FoldResult } from '../../search/trial.ts';
import type { Reply } from '../foldMessages.ts';
import type { SearchFolder } from '../searchFolder.ts';
import { Lease, LeaseWatch } from './lease.ts';

/** The options of `SharedFolds`. */
export interface SharedFoldsOptions {
  /** The folder of the search. */
  readonly search: SearchFolder;
  /** The number of folds that this process trains at a time. */
  readonly workers: number;
  /** Trains a fold. */
  readonly train: (task: SearchTask) => Promise<Reply>;
  /** Gets a line on each fold that changes its process. */
  readonly note: (line: string) => void;
}

/** A fold whose result `search` waits for. */
interface Job {
  readonly task: SearchTask;
  readonly answer: Settle<FoldResult | Elsewhere>;
  readonly result: Settle<FoldResult>;
  /** The number of the lease with which this process trains the fold. */
  own?: number;
}

interface Settle<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The number of processes that may end while they train a fold. If the fold ends its processes, for
 * example because memory runs out, it must not end all of them one after the other.
 */
const LIVES = 3;

/** The folder is read at least every POLL milliseconds, and at least POLLS times per lease. */
const [POLL, POLLS] = [1000, 8];

/**
 * Trains folds of a search together with other processes. Each fold is trained under its own lease.
 * So there may be more processes than running trials, and a process that is killed loses only one
 * fold per worker. If a lease expires, another process takes the next lease of the fold. The number
 * in the lease's name is the number of processes that have ended. The last process that may try the
 * fold trains no other one meanwhile, so that only this fold can end it.
 *
 * The first result of a fold that is stored counts, whoever holds a lease.
 */
export class SharedFolds {
  readonly #options: SharedFoldsOptions;
  readonly #watch: LeaseWatch;
  readonly #duration: number;
  readonly #timer: NodeJS.Timeout;
  readonly #jobs = new Set<Job>();
  readonly #leases = new Set<Lease>();
  readonly #running = new Set<Promise<void>>();
  #isAlone = false;
  #round: Promise<void> = Promise.resolve();
  #stopped: Error | undefined;

  constructor(options: SharedFoldsOptions) {
    this.#options = options;
    this.#duration = options.search.plan.lease * 1000;
    this.#watch = new LeaseWatch(this.#duration);
    this.#timer = setInterval(() => this.#next(), Math.min(POLL, this.#duration / POLLS));
  }

  /**
   * Trains a fold, or waits for its result if another process trains it. Rejects if the process is
   * stopped meanwhile, or if the folder cannot be read or written.
   */
  evaluate(task: SearchTask): Promise<FoldResult | Elsewhere> {
    const job: Job = { task, answer: settle(), result: settle() };
    if (this.#stopped) return Promise.reject(this.#stopped);
    // Nobody awaits this promise unless another process trains the fold. Its rejection must not end
    // the process.
    job.result.promise.catch(() => undefined);
    this.#jobs.add(job);
    this.#next();
    return job.answer.promise;
  }

  /**
   * Stops: all folds reject with the reason, and the leases are released at once, so that other
   * processes need not wait until they expire. The training must have been stopped before.
   */
  async stop(reason: Error): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped ??= reason;
    for (const job of this.#jobs) this.#fail(job, reason);
    await this.#round;
    await Promise.all([...this.#leases].map((lease) => lease.release()));
    await Promise.all(this.#running);
  }

  /** Starts a round after all earlier ones have ended, so that rounds never overlap. */
  #next(): void {
    this.#round = this.#round.then(async () => {
      try {
        await this.#take();
      } catch (error) {
        for (const job of this.#jobs) this.#fail(job, error);
      }
    });
  }

  /** Reads the folder once: settles the folds that have a result, and trains those that it can. */
  async #take(): Promise<void> {
    if (this.#jobs.size === 0 || this.#stopped) return;
    const { search, workers, note } = this.#options;
    const { hasResult, leasesOf } = await search.list();
    for (const job of this.#jobs) {
      const { task, own } = job;
      if (hasResult(task)) {
        this.#settle(job, await search.readFold(task));
        continue;
      }
      const last = leasesOf(task).at(-1) ?? -1;
      if (own !== undefined) {
        if (last > own) {
          note(`${describe(task)}: another process trains it too, because this one was stopped`);
          job.own = last;
        }
        continue;
      }
      if (this.#isAlone || this.#running.size >= workers) continue;
      const isFree = last < 0 || (await this.#watch.isExpired(search.leaseFile(task, last)));
      if (!isFree) this.#elsewhere(job);
      else await this.#start(job, last + 1);
    }
  }

  /** Takes a lease and begins to train. If another process is faster, the fold is elsewhere. */
  async #start(job: Job, number: number): Promise<void> {
    const { search, note } = this.#options;
    const { task } = job;
    if (number >= LIVES) {
      const failed = `${LIVES} processes ended while they trained fold ${task.fold + 1}, the last was ${this.#holder(job, number - 1)}`;
      this.#settle(job, await search.addFold(task, { failed }));
      return;
    }
    const isLast = number === LIVES - 1;
    if (isLast && this.#running.size > 0) return this.#elsewhere(job);
    const lease = await Lease.take(search.leaseFile(task, number), this.#duration);
    if (lease === undefined) return this.#elsewhere(job);
    // The result may have been stored after the folder was listed.
    if (search.hasFold(task)) {
      await lease.release();
      return;
    }
    if (number > 0) {
      note(
        `${describe(task)}: takes over from ${this.#holder(job, number - 1)}, which was killed or stopped`,
      );
    }
    job.own = number;
    this.#isAlone = isLast;
    this.#leases.add(lease);
    const one: Promise<void> = this.#train(job)
      .catch((error: unknown) => this.#fail(job, error))
      .finally(async () => {
        await lease.release().catch(() => undefined);
        this.#leases.delete(lease);
        this.#running.delete(one);
        this.#isAlone = false;
        this.#next();
      });
    this.#running.add(one);
  }

  async #train(job: Job): Promise<void> {
    const { search, train } = this.#options;
    this.#settle(job, await search.addFold(job.task, await train(job.task)));
  }

  #holder({ task }: Job, number: number): string {
    return this.#watch.holderOf(this.#options.search.leaseFile(task, number));
  }

  #elsewhere({ answer, result }: Job): void {
    answer.resolve({ elsewhere: result.promise });
  }

  #settle(job: Job, result: FoldResult): void {
    this.#jobs.delete(job);
    job.answer.resolve(result);
    job.result.resolve(result);
  }

  #fail(job: Job, error: unknown): void {
    this.#jobs.delete(job);
    job.answer.reject(error);
    job.result.reject(error);
  }
}

function describe({ trial, fold }: SearchTask): string {
  return `trial ${trial + 1}, fold ${fold + 1}`;
}

function settle<T>(): Settle<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResult, onError) => {
    resolve = onResult;
    reject = onError;
  });
  return { promise, resolve, reject };
}
