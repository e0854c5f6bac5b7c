import { Worker } from 'node:worker_threads';
import { InputError } from '../lib/errors.ts';
import { READY, type Question, type Reply, type WorkerSetup } from './foldMessages.ts';

/**
 * Worker threads that each train one fold at a time. A thread that ends by itself, for memory or because the user's file ends
 * it, has failed the fold it was at, and another takes its place.
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

  /** Starts a thread if none is idle. Rejects if the pool is stopped meanwhile. */
  async run(question: Question): Promise<Reply> {
    if (this.#stopped) throw this.#stopped;
    const worker = this.#idle.pop() ?? this.#start();
    return new Promise<Reply>((resolve, reject) => {
      const lose = (problem: string) => {
        end();
        // That a thread does not start has nothing to do with the trial.
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
      const onError = (error: Error) => lose(`failed: ${error.message.replace(/\s*\n\s*/g, ' ')}`);
      const onExit = (code: number) => lose(`ended with ${code}`);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      this.#busy.set(worker, (error) => {
        end();
        reject(error);
      });
      worker.postMessage(question);
    });
  }

  /** Ends all threads; what they were at rejects with the reason. */
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
    // An idle one that fails is only lost.
    worker.on('error', () => this.#drop(worker)).on('exit', () => this.#drop(worker));
    return worker;
  }

  #drop(worker: Worker): void {
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
  }
}

/** Threads of Node 20 do not see the tsx that the program was started with. */
function fromSource(url: URL): string {
  const tsx = import.meta.resolve('tsx/esm/api');
  return `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;
}
