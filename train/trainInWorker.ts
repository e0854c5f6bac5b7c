import { checkOptions } from '../lib/check.ts';
import { BoxError, InputError } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { buffersOf, readWeights, setWeights } from './networkWeights.ts';
import type { EpochEvent, StepEvent, TrainResult } from './trainer.ts';
import type { StartMessage, TrainingHost, WorkerError, WorkerMessage } from './workerMessages.ts';

/** The options of `trainInWorker`. */
export interface TrainInWorkerOptions<Settings> {
  /**
   * The network of the page. The worker starts with its weights. After each epoch and at the end,
   * the trained weights are copied to it, so the page can predict during the training.
   */
  readonly network: Pick<Module, 'params' | 'buffers'>;
  /**
   * The first argument of the worker's function. It may be anything that can be sent to a worker.
   */
  readonly settings: Settings;
  /** Stops the training after the current step when it is aborted. */
  readonly signal?: AbortSignal;
  /** This function is called for each step. The events of about one frame arrive together. */
  readonly onStep?: (event: StepEvent) => void;
  /** This function is called after each epoch, when `network` has the weights of the epoch. */
  readonly onEpoch?: (event: EpochEvent) => void;
}

/**
 * Trains in a Web Worker that has called `serveTraining`. Weights are moved between the threads
 * without a copy. Resolves to the result of the worker's `Trainer`.
 *
 *     const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
 *     const { ended } = await trainInWorker(worker, { network, settings: { epochs: 5 }, signal });
 *
 * Errors: those of the worker's function and its trainer; a worker that does not load; a network in
 *         the worker that differs from the page's.
 */
export async function trainInWorker<Settings>(
  worker: TrainingHost,
  options: TrainInWorkerOptions<Settings>,
): Promise<TrainResult> {
  checkOptions('trainInWorker', options, ['network', 'settings', 'signal', 'onStep', 'onEpoch']);
  const { network, settings, signal, onStep, onEpoch } = options;
  const weights = await readWeights(network);
  const { port1, port2 } = new MessageChannel();
  const abort = () => port1.postMessage('abort');
  let fail: (event: { readonly message?: string }) => void = () => undefined;
  try {
    return await new Promise<TrainResult>((resolve, reject) => {
      fail = ({ message = 'it sent what cannot be read' }) =>
        reject(new InputError(`trainInWorker: the worker failed: ${message}`));
      const receive = (message: WorkerMessage) => {
        switch (message.type) {
          case 'steps':
            return message.events.forEach((event) => onStep?.(event));
          case 'epoch':
            setWeights(network, message.weights, 'trainInWorker');
            return onEpoch?.(message.event);
          case 'end':
            setWeights(network, message.weights, 'trainInWorker');
            return resolve(message.result);
          case 'error':
            return reject(asError(message));
        }
      };
      port1.onmessage = ({ data }: { data: WorkerMessage }) => {
        try {
          receive(data);
        } catch (error) {
          // A callback of the page has thrown.
          abort();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      worker.addEventListener('error', fail);
      signal?.addEventListener('abort', abort);
      const aborted = signal?.aborted ?? false;
      const start: StartMessage = { boxprop: 'train', settings, weights, aborted, port: port2 };
      worker.postMessage(start, [port2, ...buffersOf(weights)]);
    });
  } finally {
    worker.removeEventListener('error', fail);
    signal?.removeEventListener('abort', abort);
    port1.close();
  }
}

/** Converts an error message from the worker back to an error. */
function asError({ name, message, box }: WorkerError): Error {
  if (box !== undefined) return new BoxError(box.path, box.problem);
  return name === InputError.name ? new InputError(message) : new Error(message);
}
