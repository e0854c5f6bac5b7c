import { Worker } from 'node:worker_threads';

/**
 * Ends this process with SIGTERM once one piece of work has used too much processor time. Processor
 * time is measured, not time by the clock, because a busy machine makes any function slow. A second
 * thread watches, because an endless loop never returns to the event loop of the main thread.
 *
 *     const limit = new CpuLimit();
 *     const answer = limit.during(5, () => solve());
 */
export class CpuLimit {
  readonly #until = new Float64Array(new SharedArrayBuffer(8)).fill(Infinity);

  constructor() {
    const watch = `
      const until = require('node:worker_threads').workerData;
      setInterval(() => {
        const { user, system } = process.cpuUsage();
        if ((user + system) / 1e6 > until[0]) process.kill(process.pid, 'SIGTERM');
      }, 50);
    `;
    // `execArgv` is empty, because the thread needs no TypeScript loader.
    new Worker(watch, { eval: true, workerData: this.#until, execArgv: [] }).unref();
  }

  /** Runs `work`, and ends the process if it uses more than `seconds` of processor time. */
  during<T>(seconds: number, work: () => T): T {
    const { user, system } = process.cpuUsage();
    this.#until[0] = (user + system) / 1e6 + seconds;
    try {
      return work();
    } finally {
      this.#until[0] = Infinity;
    }
  }
}
