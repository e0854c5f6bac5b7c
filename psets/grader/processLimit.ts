import { Worker } from 'node:worker_threads';

/** This process. The global `process` is later hidden from the submission. */
const grader = process;

/**
 * Ends this process as soon as a piece of work has used too much processor time (SIGTERM), or the
 * process uses too much memory (SIGKILL, as the system itself would send). A limit on elapsed time
 * would mistake a slow function on a busy machine for an endless loop. Node's own memory limit does
 * not include typed arrays. The limits are checked in a thread, because an endless loop never
 * returns to the event loop of the main thread.
 *
 *     const limit = new ProcessLimit(256);
 *     const answer = limit.during(5, () => solve());
 */
export class ProcessLimit {
  readonly #until = new Float64Array(new SharedArrayBuffer(8)).fill(Infinity);

  /**
   * @param memory the limit for JavaScript objects, in MiB. Typed arrays may use the same amount in
   *               addition, so the process may grow by twice this number.
   */
  constructor(memory: number) {
    const watch = `
      const { until, most } = require('node:worker_threads').workerData;
      setInterval(() => {
        const { user, system } = process.cpuUsage();
        if ((user + system) / 1e6 > until[0]) process.kill(process.pid, 'SIGTERM');
        if (process.memoryUsage.rss() > most) process.kill(process.pid, 'SIGKILL');
      }, 50);
    `;
    const most = process.memoryUsage.rss() + 2 * memory * 2 ** 20;
    // The thread does not inherit the options of the process, because it needs no TypeScript
    // loader.
    const workerData = { until: this.#until, most };
    new Worker(watch, { eval: true, workerData, execArgv: [] }).unref();
  }

  /** Runs `work`, and ends the process if it uses more than `seconds` of processor time. */
  during<T>(seconds: number, work: () => T): T {
    const { user, system } = grader.cpuUsage();
    this.#until[0] = (user + system) / 1e6 + seconds;
    try {
      return work();
    } finally {
      this.#until[0] = Infinity;
    }
  }
}
