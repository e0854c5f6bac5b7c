import cluster from 'node:cluster';
import { once } from 'node:events';

/**
 * Keeps worker processes running, which share one port.
 *
 *   SIGHUP            replaces each worker by a new one, which loads the weights anew. The old one
 *                     ends when the new one is ready and its own requests are answered. If the new
 *                     one does not start, the old one goes on.
 *   SIGTERM, SIGINT   ends all workers when their requests are answered. A second one does not wait.
 *   a crash           a new worker starts. One that ends before it was ever ready ends everything.
 */
export function supervise({ workers, patience }) {
  const retired = new Set();
  let isStopping = false;

  /** Starts a worker and returns it when it is ready, or undefined if it has failed. */
  async function start() {
    const worker = cluster.fork();
    const failed = once(worker, 'exit').then(() => false);
    const isReady = await Promise.race([once(worker, 'listening').then(() => true), failed]);
    if (!isReady) return undefined;
    worker.once('exit', (code, signal) => {
      if (retired.has(worker) || isStopping) return;
      console.error(`worker ${worker.process.pid} ended with ${signal ?? code}: starting another`);
      void startOrStop();
    });
    if (isStopping) retire(worker);
    return worker;
  }

  async function startOrStop() {
    if ((await start()) !== undefined || isStopping) return;
    console.error('a worker does not start: stopping');
    process.exitCode = 1;
    stop();
  }

  function retire(worker) {
    retired.add(worker);
    if (worker.isConnected()) worker.send('close');
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), patience);
    worker.once('exit', () => clearTimeout(timer));
  }

  function current() {
    return Object.values(cluster.workers).filter((worker) => !retired.has(worker));
  }

  async function replaceAll() {
    for (const old of current()) {
      const replacement = await start();
      if (replacement === undefined) return console.error('restart failed: the old worker goes on');
      retire(old);
    }
    console.log('restarted');
  }

  function stop() {
    if (isStopping) process.exit(1);
    isStopping = true;
    for (const worker of current()) retire(worker);
  }

  let restarts = Promise.resolve();
  process.on('SIGHUP', () => (restarts = restarts.then(replaceAll)));
  process.on('SIGTERM', stop).on('SIGINT', stop);
  cluster.once('listening', (_, { address, port }) => {
    console.log(`listening at http://${address}:${port}, supervisor ${process.pid}`);
  });
  for (let n = 0; n < workers; n++) void startOrStop();
}
