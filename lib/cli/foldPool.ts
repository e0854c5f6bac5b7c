import { Worker } from 'node:worker_threads';
import type { Question, Reply, WorkerSetup } from './foldWorker.ts';

/**
 * Worker threads that each train one fold at a time. A thread that ends by itself, for memory or because the user's file ends
 * it, has failed the fold it was at, and another takes its place.
 */
export class FoldPool {
  readonly #setup: WorkerSetup;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, (error: Error) => void>();
  #stopped: Error | undefined;

  constructor(setup: WorkerSetup) {
    this.#setup = setup;
  }

  /** Starts a thread if none is idle. Rejects if the pool is stopped meanwhile. */
  async run(question: Question): Promise<Reply> {
    if (this.#stopped) throw this.#stopped;
    const worker = this.#idle.pop() ?? this.#start();
    return new Promise<Reply>((resolve, reject) => {
      const end = () => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        this.#busy.delete(worker);
      };
      const onMessage = (reply: Reply) => {
        end();
        this.#idle.push(worker);
        resolve(reply);
      };
      const onError = (error: Error) => {
        end();
        resolve({ failed: `the worker thread failed: ${error.message.replace(/\s*\n\s*/g, ' ')}` });
      };
      const onExit = (code: number) => {
        end();
        resolve({ failed: `the worker thread ended with ${code}` });
      };
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
    const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./foldWorker.${kind}`, import.meta.url), { workerData: this.#setup });
    // An idle one that fails is only lost.
    worker.on('error', () => this.#drop(worker)).on('exit', () => this.#drop(worker));
    return worker;
  }

  #drop(worker: Worker): void {
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
  }
}
