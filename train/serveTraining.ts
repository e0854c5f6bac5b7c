import { BoxError } from '../lib/errors.ts';
import type { EpochEvent, StepEvent, Trainer } from './trainer.ts';
import { buffersOf, readWeights, setWeights } from './networkWeights.ts';
import {
  isStart,
  type StartMessage,
  type TrainingHost,
  type WorkerError,
  type WorkerMessage,
} from './workerMessages.ts';

/** The options of a `Trainer` that connect it to the page. */
export interface TrainingHooks {
  /** A signal that is aborted when the page aborts the training. */
  readonly signal: AbortSignal;
  /** Sends the event to the page. */
  readonly onStep: (event: StepEvent) => void;
  /** Sends the event and the weights to the page. */
  readonly onEpoch: (event: EpochEvent) => Promise<void>;
}

/**
 * The time, in milliseconds, for which steps are collected before they are sent. It is about one
 * frame of a page.
 */
const FRAME = 16;

/**
 * Waits in a Web Worker for calls of `trainInWorker`, and trains. The worker does the computations,
 * so the page stays responsive.
 *
 *     serveTraining(async ({ epochs }: Settings, hooks) => {
 *       await useBackend('wasm');
 *       const network = buildNetwork();
 *       const optimizer = new SGD(network.params, { learningRate: 0.1 });
 *       const data = { train, batchSize: 64 };
 *       return new Trainer({ network, optimizer, cost, ...data, epochs, rng, ...hooks });
 *     });
 *
 * @param build creates the trainer, with `hooks` among its options. `settings` come from the page.
 *   Afterwards, the network gets the weights of the page's network.
 * @param host the global scope of the worker.
 */
export function serveTraining<Settings>(
  build: (settings: Settings, hooks: TrainingHooks) => Trainer | Promise<Trainer>,
  host: TrainingHost = globalThis as unknown as TrainingHost,
): void {
  host.addEventListener('message', ({ data }) => {
    if (isStart(data)) void serve(data, (hooks) => build(data.settings as Settings, hooks));
  });
}

async function serve(
  { port, weights, aborted }: StartMessage,
  build: (hooks: TrainingHooks) => Trainer | Promise<Trainer>,
): Promise<void> {
  const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  const abort = new AbortController();
  if (aborted) abort.abort();
  // After the start, the page sends only one kind of message, which aborts the training.
  port.addEventListener('message', () => abort.abort());
  port.start();
  let steps: StepEvent[] = [];
  let sent = performance.now();
  const sendSteps = () => {
    if (steps.length > 0) send({ type: 'steps', events: steps });
    steps = [];
    sent = performance.now();
  };
  try {
    const trainer = await build({
      signal: abort.signal,
      onStep(event) {
        steps.push(event);
        if (performance.now() - sent >= FRAME) sendSteps();
      },
      async onEpoch(event) {
        sendSteps();
        const weights = await readWeights(network);
        send({ type: 'epoch', event, weights }, buffersOf(weights));
      },
    });
    const { network } = trainer.options;
    setWeights(network, weights, 'trainInWorker');
    const result = await trainer.run();
    sendSteps();
    const trained = await readWeights(network);
    send({ type: 'end', result, weights: trained }, buffersOf(trained));
  } catch (error) {
    send(errorMessage(error));
  } finally {
    port.close();
  }
}

function errorMessage(error: unknown): WorkerError {
  if (!(error instanceof Error)) return { type: 'error', name: '', message: String(error) };
  const { name, message } = error;
  if (!(error instanceof BoxError)) return { type: 'error', name, message };
  const { path, problem } = error;
  return { type: 'error', name, message, box: { path, problem } };
}
