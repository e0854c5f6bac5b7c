import { parentPort, workerData } from 'node:worker_threads';
import { useBackend } from '../lib/backend/useBackend.ts';
import { backendOptions } from './backendOptions.ts';
import { BoxpropError, show } from '../lib/errors.ts';
import { oneLine } from '../lib/oneLine.ts';
import { READY, type FoldRequest, type Reply, type WorkerSetup } from './foldMessages.ts';
import { openFolds, preprocessFold, trainFold, type Fold } from './trainFold.ts';

const { common, folds, seed } = workerData as WorkerSetup;

/**
 * `opened` holds the folds as soon as the first request has arrived. `preprocessed` holds the
 * preprocessed folds; its key names the fold and the preprocessing.
 */
let opened: Promise<Fold[]> | undefined;
const preprocessed = new Map<string, Promise<Fold>>();

async function answer({ options, fold }: FoldRequest): Promise<Reply> {
  const { backend, preprocess = [] } = options;
  try {
    await useBackend(backend, backendOptions(options));
    const started = performance.now();
    opened ??= openFolds(common, { folds, seed });
    const parts = await opened;
    const key = JSON.stringify([fold, preprocess]);
    const data = preprocessed.get(key) ?? preprocessFold(parts[fold], preprocess);
    preprocessed.set(key, data);
    const score = await trainFold(options, await data, fold);
    return { ...score, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    if (error instanceof BoxpropError) return { failed: error.message };
    // The error comes from the user's file or from the system, for example because memory has run
    // out.
    const message = error instanceof Error ? `${error.name}: ${error.message}` : show(error);
    return { failed: oneLine(message) };
  }
}

parentPort?.on('message', (request: FoldRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
parentPort?.postMessage(READY);
