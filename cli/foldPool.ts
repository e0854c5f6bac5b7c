import { Worker } from 'node:worker_threads';
import { InputError } from '../lib/errors.ts';
import { oneLine } from '../lib/oneLine.ts';
import { READY, type FoldRequest, type Reply, type WorkerSetup } from './foldMessages.ts';

/**
 * A pool of worker threads, each of which trains one fold at a time. A thread may end unexpectedly,
 * because it runs out of memory or because the user's file exits. In that case its fold has failed,
 * and a new thread replaces it.
 */
export class FoldPool {
  readonly #setup: WorkerSetup;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, (error: Error) => void>();
  readonly #ready = new WeakSet<Worker>();
  #stopped: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#setup = setup;
  }

  /**
   * Trains a fold on an idle or a new thread. Rejects if the pool is stopped before the fold is
   * done.
   */
  async run(request: FoldRequest): Promise<Reply> {
    if (this.#stopped) throw this.#stopped;
    const worker = this.#idle.pop() ?? this.#start();
    return new Promise<Reply>((resolve, reject) => {
      const lose = (problem: string) => {
        end();
        // If the thread did not even start, the trial has not failed.
        if (this.#ready.has(worker)) resolve({ failed: `the worker thread ${problem}` });
        else reject(new InputError(`a worker thread ${problem} before it was ready`));
      };
      const end = () => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        this.#busy.delete(worker);
      };
      const onMessage = (reply: Reply | typeof READY) => {
        if (reply === READY) {
          this.#ready.add(worker);
          return;
        }
        end();
        this.#idle.push(worker);
        resolve(reply);
      };
      const onError = (error: Error) => lose(`failed: ${oneLine(error.message)}`);
      const onExit = (code: number) => lose(`ended with ${code}`);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      this.#busy.set(worker, (error) => {
        end();
        reject(error);
      });
      worker.postMessage(request);
    });
  }

  /** Ends all threads. The promises of the running folds reject with the reason. */
  async stop(reason: Error): Promise<void> {
    this.#stopped ??= reason;
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    for (const reject of [...this.#busy.values()]) reject(reason);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const options = { workerData: this.#setup };
    const worker = import.meta.url.endsWith('.ts')
      ? new Worker(fromSource(new URL('./foldWorker.ts', import.meta.url)), {
          ...options,
          eval: true,
        })
      : new Worker(new URL('./foldWorker.js', import.meta.url), options);
    // A thread that fails or ends is removed from the pool, even if it was idle.
    worker.on('error', () => this.#drop(worker)).on('exit', () => this.#drop(worker));
    return worker;
  }

  #drop(worker: Worker): void {
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
  }
}

/**
 * Returns code that loads a TypeScript file, because threads of Node 20 do not inherit tsx from the
 * main program.
 */
function fromSource(url: URL): string {
  const tsx = import.meta.resolve('tsx/esm/api');
  return `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;
}
