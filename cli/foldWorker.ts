import { parentPort, workerData } from 'node:worker_threads';
import { useBackend } from '../lib/backend/useBackend.ts';
import { BoxpropError, show } from '../lib/errors.ts';
import { READY, type Question, type Reply, type WorkerSetup } from './foldMessages.ts';
import { openFolds, prepareFold, trainFold, type Fold } from './trainFold.ts';

const { common, folds, seed } = workerData as WorkerSetup;

/** Opens the data when first asked, and keeps it, as each fold prepares it in each way. */
let opened: Promise<Fold[]> | undefined;
const seen = new Map<string, Promise<Fold>>();

async function answer({ options, fold }: Question): Promise<Reply> {
  const { backend, threads, prepare = [] } = options;
  try {
    await useBackend(backend, threads === undefined ? {} : { threads });
    const started = performance.now();
    opened ??= openFolds(common, { folds, seed });
    const parts = await opened;
    const key = JSON.stringify([fold, prepare]);
    const data = seen.get(key) ?? prepareFold(parts[fold], prepare);
    seen.set(key, data);
    const score = await trainFold(options, await data, fold);
    return { ...score, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    if (error instanceof BoxpropError) return { failed: error.message };
    // The user's own file, or memory.
    const message = error instanceof Error ? `${error.name}: ${error.message}` : show(error);
    return { failed: message.replace(/\s*\n\s*/g, ' ') };
  }
}

parentPort?.on('message', (question: Question) => {
  void answer(question).then((reply) => parentPort?.postMessage(reply));
});
parentPort?.postMessage(READY);
