import { Worker } from 'node:worker_threads';

/**
 * Ends the process with SIGTERM once one piece of work has used so many seconds of processor time. By the clock a busy
 * machine would make a loop without end of a slow function. A thread, for such a loop leaves the main one no time to look.
 */
export class Watch {
  readonly #until = new Float64Array(new SharedArrayBuffer(8)).fill(Infinity);

  constructor() {
    const look = `
      const until = require('node:worker_threads').workerData;
      setInterval(() => {
        const { user, system } = process.cpuUsage();
        if ((user + system) / 1e6 > until[0]) process.kill(process.pid, 'SIGTERM');
      }, 50);
    `;
    // Without the process's own options: it needs no loader of TypeScript.
    new Worker(look, { eval: true, workerData: this.#until, execArgv: [] }).unref();
  }

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
