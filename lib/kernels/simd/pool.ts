import type * as workerThreads from 'node:worker_threads';
import type { Instance } from './instance.ts';

/*
 * Threads for the kernels. They are workers that share the memory of the wasm backend, and the
 * caller, which is one of the threads. The caller writes a job into shared cells, wakes the
 * workers, does its own part, and waits.
 */

/**
 * The cells of memory that the threads share: the number of the job, the number of threads that
 * have not finished, whether a thread has failed, and the fields of the job.
 */
const CELLS = 8;
const [JOB, UNFINISHED, FAILED] = [0, 1, 2];

/**
 * The code of a worker, for Node and browsers. It is a string, because a worker is loaded from a
 * URL, and a bundler does not change a string.
 */
const SERVE = `
function serve({ module, memory, cells, stack, thread, threads, kernels }, ready) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stack;
  const state = new Int32Array(memory.buffer, cells, ${CELLS});
  ready();
  for (let job = 0; ; ) {
    Atomics.wait(state, ${JOB}, job);
    job = Atomics.load(state, ${JOB});
    const [, , , kernel, args, units, scratch, scratchBytes] = state;
    const first = Math.floor((units * thread) / threads);
    const past = Math.floor((units * (thread + 1)) / threads);
    try {
      if (past > first)
        exports[kernels[kernel]](args, first, past, scratch + thread * scratchBytes);
    } catch {
      Atomics.store(state, ${FAILED}, 1);
    }
    if (Atomics.sub(state, ${UNFINISHED}, 1) === 1) Atomics.notify(state, ${UNFINISHED});
  }
}`;

const IN_NODE = `${SERVE}
const { parentPort, workerData } = require('node:worker_threads');
serve(workerData, () => parentPort.postMessage('ready'));`;

const IN_BROWSER = `${SERVE}
onmessage = ({ data }) => serve(data, () => postMessage('ready'));`;

/** One job of the pool. */
export interface Job {
  readonly kernel: string;
  /** The address of the kernel's struct, and the number of units of its work. */
  readonly args: number;
  readonly units: number;
  /** The address of the memory for intermediate values, and its size per thread. */
  readonly scratch: number;
  readonly scratchBytes: number;
}

/** The parts of a worker that the pool needs after the worker has started. */
interface PoolWorker {
  terminate(): unknown;
}

/** The threads of one wasm backend. */
export class Pool {
  readonly threads: number;
  readonly #state: Int32Array;
  readonly #kernels: readonly string[];
  readonly #instance: Instance;
  readonly #workers: readonly PoolWorker[];

  constructor(
    state: Int32Array,
    kernels: readonly string[],
    instance: Instance,
    workers: readonly PoolWorker[],
  ) {
    this.threads = workers.length + 1;
    this.#state = state;
    this.#kernels = kernels;
    this.#instance = instance;
    this.#workers = workers;
  }

  /** Ends the workers. Otherwise they would keep the memory of a backend that has been removed. */
  end(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  /**
   * Runs a job on all threads and returns when it is done. The caller's thread is thread 0. If a
   * thread fails, it throws, but only after all threads are ready for the next job.
   */
  run({ kernel, args, units, scratch, scratchBytes }: Job): void {
    const state = this.#state;
    state.set([0, this.#kernels.indexOf(kernel), args, units, scratch, scratchBytes], FAILED);
    Atomics.store(state, UNFINISHED, this.threads - 1);
    Atomics.add(state, JOB, 1);
    Atomics.notify(state, JOB);
    const past = Math.floor(units / this.threads);
    try {
      if (past > 0) this.#instance.exports[kernel](args, 0, past, scratch);
    } finally {
      this.#wait();
    }
    if (Atomics.load(state, FAILED) !== 0) {
      throw new Error(`wasm: expected kernel ${kernel} to finish, got an error in a thread`);
    }
  }

  /**
   * Waits until the other threads have finished. The caller first checks repeatedly, and then
   * sleeps. The main thread of a page may not sleep, so it keeps checking.
   */
  #wait(): void {
    const state = this.#state;
    for (let tries = 0; ; tries++) {
      const unfinished = Atomics.load(state, UNFINISHED);
      if (unfinished === 0) return;
      if (tries > SPINS && MAY_BLOCK) Atomics.wait(state, UNFINISHED, unfinished);
    }
  }
}

/**
 * The number of times that the caller checks before it sleeps. Falling asleep takes some
 * microseconds.
 */
const SPINS = 2000;

/** Whether this thread may sleep, which the main thread of a page may not. */
const MAY_BLOCK = typeof document === 'undefined';

/** Starts `threads − 1` workers and resolves to the pool when all are ready. */
export async function startPool(
  threads: number,
  instance: Instance,
  reserve: (bytes: number) => number,
  stack: () => number,
): Promise<Pool> {
  const { memory, module } = instance;
  const cells = reserve(4 * CELLS);
  const state = new Int32Array(memory.buffer, cells, CELLS).fill(0);
  const kernels = Object.keys(instance.exports).filter((name) => !name.startsWith('__'));
  const workers = Array.from({ length: threads - 1 }, (_, k): Promise<PoolWorker> => {
    const data = { module, memory, cells, stack: stack(), thread: k + 1, threads, kernels };
    return isNode() ? startInNode(data) : startInBrowser(data);
  });
  return new Pool(state, kernels, instance, await Promise.all(workers));
}

function isNode(): boolean {
  return typeof process !== 'undefined' && process.versions?.node !== undefined;
}

/**
 * This name has the type `string`, because a bundler for the browser would try to resolve a
 * literal.
 */
const WORKERS: string = 'node:worker_threads';

async function startInNode(data: object): Promise<PoolWorker> {
  const { Worker } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ WORKERS
  )) as typeof workerThreads;
  const worker = new Worker(IN_NODE, { eval: true, execArgv: [], workerData: data });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  // A waiting worker does not keep the process alive.
  worker.unref();
  return worker;
}

/** The parts of a browser's worker that this file needs. */
interface BrowserWorker extends PoolWorker {
  onmessage: (() => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  postMessage(data: object): void;
}

async function startInBrowser(data: object): Promise<PoolWorker> {
  const { Worker } = globalThis as unknown as { Worker: new (url: string) => BrowserWorker };
  const url = URL.createObjectURL(new Blob([IN_BROWSER], { type: 'text/javascript' }));
  const worker = new Worker(url);
  await new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => reject(new Error(`wasm: a thread did not start: ${message}`));
    worker.postMessage(data);
  });
  URL.revokeObjectURL(url);
  return worker;
}
